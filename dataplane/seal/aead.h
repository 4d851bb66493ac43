/*
 * Ciphers of bulk data: bursts of AEAD operations, by whatever the machine has.
 *
 * Every backend gives the same bytes: the ciphertext, and SEAL_TAG_BYTES of tag behind it, with the
 * nonce that Noise makes of a counter (primitive.h) and no associated data. A backend belongs to
 * one thread. Here is libcrypto's; dataplane/cryptodev has DPDK's.
 */
#ifndef AEAD_H
#define AEAD_H

#include <stdbool.h>

#include "primitive.h"

#define AEAD_PIECES 2 /* of what is sealed: what the transport wrote, and a message's bytes */

struct aead_piece {
	const void *data;
	uint32_t bytes;
};

/* in and out do not overlap; in is never written. */
struct aead_op {
	void *key;
	uint64_t counter;
	struct aead_piece in[AEAD_PIECES]; /* open: the first, its tag at the end */
	uint8_t *out;                      /* seal: room for all pieces and a tag; open: for in */
	bool good;                         /* set: sealed, or authentic */
};

struct aead_backend;

struct aead_ops {
	/* A key for one direction of one session. 0, -ENOMEM, or -ENOTSUP for the cipher. */
	int (*key_create)(struct aead_backend *backend, enum seal_cipher cipher,
			  const uint8_t key[SEAL_KEY_BYTES], bool seals, void **created);
	void (*key_destroy)(struct aead_backend *backend, void *key);
	void (*seal)(struct aead_backend *backend, struct aead_op *ops, uint32_t count);
	void (*open)(struct aead_backend *backend, struct aead_op *ops, uint32_t count);
	void (*destroy)(struct aead_backend *backend); /* its keys are gone already */
};

/* Implementations embed this as their first member. */
struct aead_backend {
	const struct aead_ops *ops;
	char name[32];
};

/* libcrypto's. 0 or -ENOMEM. */
int aead_evp_create(struct aead_backend **backend);
/* Nulls *backend; *backend may be NULL. */
void aead_destroy(struct aead_backend **backend);

/* The cipher that is fast on this machine. */
enum seal_cipher aead_cipher_default(void);

#endif
