/*
 * encrypt and decrypt: values nobody else reads or changes, by AES-256-GCM.
 *
 *   value   "MRE1", salt (16 bytes), number (8 bytes, big-endian, below 2^56), chunks
 *   chunk   up to 65,536 bytes of plaintext, encrypted; its tag (16 bytes)
 *   key     HKDF-SHA256 of the job's key, salt, and "millrace encrypt 1"
 *   nonce   number (7 bytes), the chunk's index (4 bytes), 1 for the last chunk or 0 (1 byte)
 *
 * All chunks but the last are full, and only that of an empty value is empty. So chunks that are
 * missing, cut, exchanged or of another value are found, as is any change. Values as a whole can be
 * exchanged or left out: rows do not know of each other.
 *
 * Sources: NIST SP 800-38D (GCM), RFC 5869 (HKDF); Hoang, Reyhanitabar, Rogaway, Vizár, "Online
 * Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance" (CRYPTO 2015): STREAM. Pure.
 */
#ifndef ENCRYPT_H
#define ENCRYPT_H

#include "table_bytes.h"
#include "table_stream.h"
#include "table_text.h"

#define ENCRYPT_KEY_BYTES 32
#define ENCRYPT_SALT_BYTES 16
#define ENCRYPT_HEAD_BYTES (4 + ENCRYPT_SALT_BYTES + 8)
#define ENCRYPT_CHUNK_BYTES 65536
#define ENCRYPT_TAG_BYTES 16

/* A key as users give it: 32 bytes, or 64 hexadecimal digits, which a line's end may follow. 0, or
 * -EINVAL with error, which tells nothing of it. */
int encrypt_key_parse(const uint8_t *text, size_t bytes, uint8_t key[ENCRYPT_KEY_BYTES],
		      struct table_error *error);

struct encryptor;
/* 0 or -ENOMEM. The key is copied, and wiped in the end. */
int encryptor_create(const uint8_t key[ENCRYPT_KEY_BYTES], struct encryptor **encryptor);
void encryptor_destroy(struct encryptor **encryptor);
/* Whether the next value, of so many bytes, needs a salt before it: the first one does. */
bool encryptor_wants_salt(const struct encryptor *encryptor, size_t bytes);
/* Random bytes, which no other values under this key have. 0 or -ENOMEM. */
int encryptor_salt(struct encryptor *encryptor, const uint8_t salt[ENCRYPT_SALT_BYTES]);
/* Appends the value, encrypted. 0, -ENOMEM, or -E2BIG where out would pass 2 GiB. */
int encrypt_value(struct encryptor *encryptor, const uint8_t *value, size_t bytes,
		  struct table_bytes *out);

struct decryptor;
int decryptor_create(const uint8_t key[ENCRYPT_KEY_BYTES], struct decryptor **decryptor);
void decryptor_destroy(struct decryptor **decryptor);
/* Appends the plaintext. 0; -EBADMSG when it was not encrypted so, with another key, or changed;
 * -ENOMEM; with error. Then nothing is appended. */
int decrypt_value(struct decryptor *decryptor, const uint8_t *value, size_t bytes,
		  struct table_bytes *out, struct table_error *error);

#endif
