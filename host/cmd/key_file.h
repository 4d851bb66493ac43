/* Files of secrets: an X25519 private key or a pre-shared key, one line of base64 each. */
#ifndef KEY_FILE_H
#define KEY_FILE_H

#include "key_text.h"

/* Reads a key that only its owner can read. 0, or -errno with error text: file, what is wrong, what
 * to do. */
int key_file_read(const char *path, uint8_t key[SEAL_KEY_BYTES], char *error, size_t error_bytes);
/* Writes a new file of mode 0600; never over one that is there. 0 or -errno with error text. */
int key_file_write(const char *path, const uint8_t key[SEAL_KEY_BYTES], char *error,
		   size_t error_bytes);

#endif
