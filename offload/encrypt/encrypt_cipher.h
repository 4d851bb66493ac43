/* What both ways share: the key of a salt, and one chunk. */
#ifndef ENCRYPT_CIPHER_H
#define ENCRYPT_CIPHER_H

#include <openssl/evp.h>

#include "encrypt.h"

#define ENCRYPT_MAGIC "MRE1"

struct encrypt_cipher {
	EVP_CIPHER_CTX *context;
	EVP_KDF_CTX *kdf;
	bool seals;
	uint8_t key[ENCRYPT_KEY_BYTES]; /* the job's */
};

/* 0 or -ENOMEM; free it after either. */
int cipher_open(struct encrypt_cipher *cipher, const uint8_t key[ENCRYPT_KEY_BYTES], bool seals);
void cipher_close(struct encrypt_cipher *cipher);
/* Chunks are of values with this salt from now on. 0 or -ENOMEM. */
int cipher_salt(struct encrypt_cipher *cipher, const uint8_t salt[ENCRYPT_SALT_BYTES]);

/* Which chunk of which value. */
struct encrypt_chunk {
	uint64_t number;
	uint32_t index;
	bool last;
};
/* bytes of in become as many of out, and the tag. 0 or -ENOMEM. */
int cipher_seal(struct encrypt_cipher *cipher, const struct encrypt_chunk *chunk, const uint8_t *in,
		size_t bytes, uint8_t *out);
/* bytes of in, which the tag follows. 0, or -EBADMSG: out is nothing to use then. */
int cipher_open_chunk(struct encrypt_cipher *cipher, const struct encrypt_chunk *chunk,
		      const uint8_t *in, size_t bytes, uint8_t *out);

#endif
