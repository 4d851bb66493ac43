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

int daemon_keys_backend(struct daemon_keys *keys, const struct daemon_options *options, char *note,
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

void daemon_keys_wipe(struct daemon_keys *keys)
{
	secret_wipe(keys, sizeof(*keys));
}
