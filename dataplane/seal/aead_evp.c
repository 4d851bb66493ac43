/* Bursts by libcrypto: one context per key, made once, given a nonce for each operation. */
#include "aead.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

struct evp_key {
	EVP_CIPHER_CTX *context;
	enum seal_cipher cipher;
};

static void evp_key_destroy(struct aead_backend *backend, void *destroyed)
{
	struct evp_key *key = destroyed;

	EVP_CIPHER_CTX_free(key->context);
	free(key);
}

static int evp_key_create(struct aead_backend *backend, enum seal_cipher cipher,
			  const uint8_t bytes[SEAL_KEY_BYTES], bool seals, void **created)
{
	const EVP_CIPHER *type =
	    cipher == SEAL_AES_GCM ? EVP_aes_256_gcm() : EVP_chacha20_poly1305();
	struct evp_key *key = calloc(1, sizeof(*key));

	if (key == NULL)
		return -ENOMEM;
	key->cipher = cipher;
	key->context = EVP_CIPHER_CTX_new();
	if (key->context == NULL ||
	    EVP_CipherInit_ex(key->context, type, NULL, bytes, NULL, seals) != 1) {
		evp_key_destroy(backend, key);
		return -ENOMEM;
	}
	*created = key;
	return 0;
}

static bool evp_nonce(const struct aead_op *op, int encrypt)
{
	const struct evp_key *key = op->key;
	uint8_t nonce[SEAL_NONCE_BYTES];

	nonce_write(nonce, key->cipher, op->counter);
	return EVP_CipherInit_ex(key->context, NULL, NULL, NULL, nonce, encrypt) == 1;
}

static void evp_seal_one(struct aead_op *op)
{
	EVP_CIPHER_CTX *context = ((struct evp_key *)op->key)->context;
	uint8_t *out = op->out;
	int n;

	op->good = evp_nonce(op, 1);
	for (uint32_t i = 0; i < AEAD_PIECES; i++) {
		if (op->in[i].bytes == 0)
			continue;
		op->good &=
		    EVP_EncryptUpdate(context, out, &n, op->in[i].data, (int)op->in[i].bytes) == 1;
		out += op->in[i].bytes;
	}
	op->good &= EVP_EncryptFinal_ex(context, out, &n) == 1;
	op->good &= EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, out) == 1;
}

static void evp_open_one(struct aead_op *op)
{
	EVP_CIPHER_CTX *context = ((struct evp_key *)op->key)->context;
	const uint8_t *in = op->in[0].data;
	uint8_t tag[SEAL_TAG_BYTES], end[SEAL_TAG_BYTES];
	uint32_t bytes;
	int n;

	op->good = op->in[0].bytes >= SEAL_TAG_BYTES && evp_nonce(op, 0);
	if (!op->good)
		return;
	bytes = op->in[0].bytes - SEAL_TAG_BYTES;
	memcpy(tag, in + bytes, sizeof(tag)); /* libcrypto's parameter is not const */
	if (bytes > 0)
		op->good = EVP_DecryptUpdate(context, op->out, &n, in, (int)bytes) == 1;
	op->good &= EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, tag) == 1;
	op->good &= EVP_DecryptFinal_ex(context, end, &n) == 1;
}

static void evp_seal(struct aead_backend *backend, struct aead_op *ops, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		evp_seal_one(&ops[i]);
}

static void evp_open(struct aead_backend *backend, struct aead_op *ops, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		evp_open_one(&ops[i]);
}

static void evp_destroy(struct aead_backend *backend)
{
	free(backend);
}

static const struct aead_ops evp_ops = {
    .key_create = evp_key_create,
    .key_destroy = evp_key_destroy,
    .seal = evp_seal,
    .open = evp_open,
    .destroy = evp_destroy,
};

int aead_evp_create(struct aead_backend **created)
{
	struct aead_backend *backend = calloc(1, sizeof(*backend));

	if (backend == NULL)
		return -ENOMEM;
	backend->ops = &evp_ops;
	snprintf(backend->name, sizeof(backend->name), "libcrypto");
	*created = backend;
	return 0;
}

void aead_destroy(struct aead_backend **backend)
{
	if (*backend != NULL)
		(*backend)->ops->destroy(*backend);
	*backend = NULL;
}

enum seal_cipher aead_cipher_default(void)
{
	return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") ? SEAL_AES_GCM
										 : SEAL_CHACHA_POLY;
}
