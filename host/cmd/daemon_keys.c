/* Keys from files, ciphers from devices. */
#include "daemon_keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "crypto_device.h"
#include "key_file.h"

int daemon_keys_read(struct daemon_keys *keys, const struct daemon_options *options, char *error,
		     size_t error_bytes)
{
	int rc = 0;

	*keys = (struct daemon_keys){.keys.cipher = options->cipher != 0 ? options->cipher
									 : aead_cipher_default()};
	if (options->key_file != NULL) {
		rc = key_file_read(options->key_file, keys->private_key, error, error_bytes);
		keys->keys.private_key = keys->private_key;
	}
	if (rc == 0 && options->psk_file != NULL) {
		rc = key_file_read(options->psk_file, keys->psk, error, error_bytes);
		keys->keys.psk = keys->psk;
	}
	keys->sealed = options->key_file != NULL || options->psk_file != NULL;
	return rc;
}

static int first_backend(struct daemon_keys *keys, const struct daemon_options *options, char *note,
			 size_t note_bytes, char *error, size_t error_bytes)
{
	const char *device = options->crypto;
	char reason[512];
	int rc;

	note[0] = '\0';
	if (device != NULL && strcmp(device, "library") == 0)
		return aead_evp_create(&keys->keys.aead);
	rc = aead_cryptodev_create(&keys->keys.aead, device, reason, sizeof(reason));
	if (rc == 0)
		return 0;
	if (device != NULL) {
		snprintf(error, error_bytes, "--crypto: %s", reason);
		return rc;
	}
	snprintf(note, note_bytes, "frames are sealed by libcrypto, which is slower: %s", reason);
	return aead_evp_create(&keys->keys.aead);
}

/* A software device of its own, where the first core has one; an engine has one queue, which is the
 * first core's: then the library. */
static int further_backend(struct daemon_keys *keys, const struct daemon_options *options,
			   uint32_t core, struct aead_backend **aead)
{
	bool chacha = keys->keys.cipher == SEAL_CHACHA_POLY;
	char device[32], reason[512];

	snprintf(device, sizeof(device), "crypto_aesni_%s%u", chacha ? "mb" : "gcm", core);
	if (options->crypto == NULL &&
	    aead_cryptodev_create(aead, device, reason, sizeof(reason)) == 0)
		return 0;
	return aead_evp_create(aead);
}

int daemon_keys_backends(struct daemon_keys *keys, const struct daemon_options *options,
			 struct node_io_core *cores, char *note, size_t note_bytes, char *error,
			 size_t error_bytes)
{
	int rc = first_backend(keys, options, note, note_bytes, error, error_bytes);

	for (uint32_t i = 1; rc == 0 && i < options->io_cores; i++) {
		rc = further_backend(keys, options, i, &cores[i].aead);
		if (rc < 0)
			snprintf(error, error_bytes, "no cipher for I/O core %u: %s", i,
				 strerror(-rc));
	}
	if (rc < 0) {
		for (uint32_t i = 1; i < options->io_cores; i++)
			aead_destroy(&cores[i].aead);
		aead_destroy(&keys->keys.aead);
	}
	return rc;
}

void daemon_keys_wipe(struct daemon_keys *keys)
{
	secret_wipe(keys, sizeof(*keys));
}
