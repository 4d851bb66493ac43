/* The backend: which device has which cipher, keys, and bursts cut by key. */
#include "crypto_device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_state.h"

uint32_t crypto_gather(const struct aead_op *op, uint8_t *to, bool seals)
{
	uint32_t bytes = 0;

	if (!seals) {
		bytes = op->in[0].bytes - SEAL_TAG_BYTES;
		memcpy(to, op->in[0].data, bytes);
		return bytes;
	}
	for (uint32_t i = 0; i < AEAD_PIECES; i++) {
		if (op->in[i].bytes > 0)
			memcpy(to + bytes, op->in[i].data, op->in[i].bytes);
		bytes += op->in[i].bytes;
	}
	return bytes;
}

/* --- Keys ------------------------------------------------------------------------------------ */

static int device_key_create(struct crypto_device *device, enum seal_cipher cipher,
			     const uint8_t bytes[SEAL_KEY_BYTES], bool seals, void **session)
{
	struct rte_crypto_sym_xform transform = {
	    .type = RTE_CRYPTO_SYM_XFORM_AEAD,
	    .aead = {.op = seals ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT,
		     .algo = crypto_algorithm(cipher),
		     .key = {bytes, SEAL_KEY_BYTES},
		     .iv = {CRYPTO_NONCE_OFFSET, SEAL_NONCE_BYTES},
		     .digest_length = SEAL_TAG_BYTES,
		     .aad_length = 0}};

	*session = rte_cryptodev_sym_session_create(device->id, &transform, device->sessions);
	return *session != NULL ? 0 : -ENOMEM;
}

static int key_create(struct aead_backend *base, enum seal_cipher cipher,
		      const uint8_t bytes[SEAL_KEY_BYTES], bool seals, void **created)
{
	struct crypto_backend *backend = (struct crypto_backend *)base;
	struct crypto_key *key = calloc(1, sizeof(*key));
	int rc;

	if (key == NULL)
		return -ENOMEM;
	key->cipher = cipher;
	key->device = backend->of_cipher[cipher];
	if (key->device != NULL)
		rc = device_key_create(key->device, cipher, bytes, seals, &key->session);
	else
		rc = backend->library->ops->key_create(backend->library, cipher, bytes, seals,
						       &key->session);
	if (rc < 0)
		free(key);
	else
		*created = key;
	return rc;
}

static void key_destroy(struct aead_backend *base, void *destroyed)
{
	struct crypto_backend *backend = (struct crypto_backend *)base;
	struct crypto_key *key = destroyed;

	if (key->device != NULL)
		rte_cryptodev_sym_session_free(key->device->id, key->session);
	else
		backend->library->ops->key_destroy(backend->library, key->session);
	free(key);
}

/* --- Bursts ---------------------------------------------------------------------------------- */

static void library_run(struct crypto_backend *backend, struct aead_op *ops, uint32_t count,
			bool seals)
{
	struct crypto_key *key = ops[0].key;

	for (uint32_t i = 0; i < count; i++)
		ops[i].key = key->session;
	if (seals)
		backend->library->ops->seal(backend->library, ops, count);
	else
		backend->library->ops->open(backend->library, ops, count);
	for (uint32_t i = 0; i < count; i++)
		ops[i].key = key;
}

/* A device is given operations of one session at a time; mostly a burst has one or two. */
static void bursts_run(struct aead_backend *base, struct aead_op *ops, uint32_t count, bool seals)
{
	struct crypto_backend *backend = (struct crypto_backend *)base;
	uint32_t end;

	for (uint32_t first = 0; first < count; first = end) {
		struct crypto_key *key = ops[first].key;

		for (end = first + 1;
		     end < count && ops[end].key == key && end - first < MR_PORT_BURST; end++)
			;
		if (key->device == NULL)
			library_run(backend, ops + first, end - first, seals);
		else if (key->device->cpu)
			crypto_call(key->device, ops + first, end - first, seals);
		else
			crypto_queue(key->device, ops + first, end - first, seals);
	}
}

static void backend_seal(struct aead_backend *base, struct aead_op *ops, uint32_t count)
{
	bursts_run(base, ops, count, true);
}

/* What is too short for a tag is no device's business. */
static void backend_open(struct aead_backend *base, struct aead_op *ops, uint32_t count)
{
	bursts_run(base, ops, count, false);
}

static void backend_destroy(struct aead_backend *base)
{
	struct crypto_backend *backend = (struct crypto_backend *)base;

	for (uint32_t i = 0; i < 2; i++) {
		if (backend->devices[i].open)
			crypto_device_close(&backend->devices[i]);
	}
	aead_destroy(&backend->library);
	free(backend);
}

static const struct aead_ops crypto_ops = {
    .key_create = key_create,
    .key_destroy = key_destroy,
    .seal = backend_seal,
    .open = backend_open,
    .destroy = backend_destroy,
};

/* --- Which device ---------------------------------------------------------------------------- */

#define PROBE_BYTES 100

/* Does the device seal as the library does? */
static bool probe_once(struct crypto_device *device, enum seal_cipher cipher, void *session)
{
	static const uint8_t key_bytes[SEAL_KEY_BYTES], plain[PROBE_BYTES];
	uint8_t sealed[PROBE_BYTES + SEAL_TAG_BYTES], wanted[PROBE_BYTES + SEAL_TAG_BYTES];
	struct crypto_key key = {.device = device, .cipher = cipher, .session = session};
	struct aead_op op = {
	    .key = &key, .counter = 1, .in = {{plain, sizeof(plain)}}, .out = sealed};

	(device->cpu ? crypto_call : crypto_queue)(device, &op, 1, true);
	return op.good &&
	       aead_encrypt(cipher, key_bytes, 1, "", 0, plain, sizeof(plain), wanted) == 0 &&
	       memcmp(sealed, wanted, sizeof(wanted)) == 0;
}

/* The driver of ChaCha20-Poly1305 in DPDK 22.11 says it can be called, and has a queue only. */
static bool device_probe(struct crypto_device *device, enum seal_cipher cipher)
{
	static const uint8_t key_bytes[SEAL_KEY_BYTES];
	void *session;
	bool good;

	if (!crypto_device_has(device, cipher) ||
	    device_key_create(device, cipher, key_bytes, true, &session) < 0)
		return false;
	good = probe_once(device, cipher, session);
	if (!good && device->cpu) {
		device->cpu = false;
		good = probe_once(device, cipher, session);
	}
	if (!device->stuck)
		rte_cryptodev_sym_session_free(device->id, session);
	return good;
}

static bool device_try(struct crypto_backend *backend, struct crypto_device *device,
		       const char *devargs)
{
	bool useful = false;

	if (crypto_device_open(device, devargs) < 0)
		return false;
	for (int c = SEAL_AES_GCM; c <= SEAL_CHACHA_POLY; c++) {
		if (backend->of_cipher[c] == NULL && device_probe(device, (enum seal_cipher)c)) {
			backend->of_cipher[c] = device;
			useful = true;
		}
	}
	if (!useful)
		crypto_device_close(device);
	return useful;
}

/* An engine that EAL found before drivers in software. */
static void devices_choose(struct crypto_backend *backend)
{
	uint8_t engines = rte_cryptodev_count();

	for (uint8_t id = 0; id < engines && !backend->devices[0].open; id++)
		device_try(backend, &backend->devices[0], rte_cryptodev_name_get(id));
	if (!backend->devices[0].open)
		device_try(backend, &backend->devices[0], "crypto_aesni_gcm0");
	if (backend->of_cipher[SEAL_CHACHA_POLY] == NULL)
		device_try(backend, &backend->devices[1], "crypto_aesni_mb0");
}

static void name_write(struct crypto_backend *backend)
{
	const struct crypto_device *device = backend->of_cipher[SEAL_AES_GCM];

	if (device == NULL)
		device = backend->of_cipher[SEAL_CHACHA_POLY];
	snprintf(backend->backend.name, sizeof(backend->backend.name), "%.31s", device->name);
}

int aead_cryptodev_create(struct aead_backend **created, const char *device, char *error,
			  size_t error_bytes)
{
	struct crypto_backend *backend = calloc(1, sizeof(*backend));
	int rc = backend == NULL ? -ENOMEM : aead_evp_create(&backend->library);

	if (rc < 0) {
		free(backend);
		snprintf(error, error_bytes, "out of memory for a crypto device");
		return rc;
	}
	backend->backend.ops = &crypto_ops;
	if (device != NULL)
		device_try(backend, &backend->devices[0], device);
	else
		devices_choose(backend);
	if (!backend->devices[0].open && !backend->devices[1].open) {
		snprintf(error, error_bytes,
			 "%s: no crypto device of that name that has AES-256-GCM or "
			 "ChaCha20-Poly1305 (DPDK knows crypto_aesni_gcm0, crypto_openssl0 and the "
			 "PCI devices it was given)",
			 device != NULL ? device : "DPDK's software drivers");
		backend_destroy(&backend->backend);
		return -ENODEV;
	}
	name_write(backend);
	*created = &backend->backend;
	return 0;
}
