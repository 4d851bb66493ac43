/* What a backend of cryptodev is made of; only for the files of this folder. */
#ifndef CRYPTO_STATE_H
#define CRYPTO_STATE_H

#include <rte_crypto.h>
#include <rte_cryptodev.h>
#include <rte_mbuf.h>

#include <millrace/limits.h>

#include "crypto_device.h"

#define CRYPTO_NONCE_OFFSET (sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))

struct crypto_device {
	uint8_t id;
	bool open;
	bool cpu;   /* called as a function, else polled: probed, as drivers report it wrongly */
	bool stuck; /* an operation did not come back: nothing is given to it any more */
	bool ours;  /* a virtual device that we made */
	char name[RTE_CRYPTODEV_NAME_MAX_LEN];
	struct rte_mempool *sessions;
	struct rte_mempool *op_pool;
	struct rte_mempool *mbuf_pool;
	struct rte_crypto_op *ops[MR_PORT_BURST]; /* for the queue, with their mbufs */
	struct rte_mbuf *mbufs[MR_PORT_BURST];
};

struct crypto_key {
	struct crypto_device *device; /* NULL: the library's */
	enum seal_cipher cipher;
	void *session; /* the device's, or the library's key */
};

struct crypto_backend {
	struct aead_backend backend;
	struct aead_backend *library;
	struct crypto_device devices[2];
	struct crypto_device *of_cipher[SEAL_CHACHA_POLY + 1]; /* NULL: the library's */
};

/* crypto_open.c: makes a device ready. 0 or -errno. */
int crypto_device_open(struct crypto_device *device, const char *devargs);
void crypto_device_close(struct crypto_device *device);
bool crypto_device_has(const struct crypto_device *device, enum seal_cipher cipher);
enum rte_crypto_aead_algorithm crypto_algorithm(enum seal_cipher cipher);

/* crypto_call.c, crypto_queue.c: operations of one key, at most MR_PORT_BURST. */
void crypto_call(struct crypto_device *device, struct aead_op *ops, uint32_t count, bool seals);
void crypto_queue(struct crypto_device *device, struct aead_op *ops, uint32_t count, bool seals);

/* The pieces of an operation, one behind the other; returns their bytes without a tag. */
uint32_t crypto_gather(const struct aead_op *op, uint8_t *to, bool seals);

#endif
