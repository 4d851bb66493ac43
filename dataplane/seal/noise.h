/*
 * The handshakes of the Noise Protocol Framework, revision 34 (noiseprotocol.org), that two nodes
 * use: IK, IKpsk2 and NNpsk0 over X25519 and SHA-256. Pure: randomness is given, messages are
 * bytes.
 *
 *   IK:      <- s  ...  -> e, es, s, ss   <- e, ee, se
 *   IKpsk2:  the same, and a pre-shared key mixed in at the end of the second message
 *   NNpsk0:  -> psk, e   <- e, ee
 *
 * Both messages carry a payload. NNpsk0 is for nodes that share a key and have none of their own:
 * KKpsk0 would need static keys, which are what these nodes lack.
 */
#ifndef NOISE_H
#define NOISE_H

#include <stdbool.h>

#include "primitive.h"

enum noise_pattern { NOISE_IK = 1, NOISE_IK_PSK2, NOISE_NN_PSK0 };

struct noise_keys {
	uint8_t private_key[SEAL_KEY_BYTES]; /* our static key: IK */
	uint8_t public_key[SEAL_KEY_BYTES];
	uint8_t psk[SEAL_KEY_BYTES]; /* IKpsk2, NNpsk0 */
};

struct noise {
	enum noise_pattern pattern;
	enum seal_cipher cipher;
	bool initiator;
	bool has_key;
	int rc;            /* -ENOMEM once libcrypto had no memory: nothing after it counts */
	uint32_t messages; /* written and read so far */
	uint64_t counter;  /* of the cipher's nonces */
	const struct noise_keys *keys;
	uint8_t hash[SEAL_KEY_BYTES];
	uint8_t chaining_key[SEAL_KEY_BYTES];
	uint8_t cipher_key[SEAL_KEY_BYTES];
	uint8_t ephemeral_private[SEAL_KEY_BYTES];
	uint8_t ephemeral_public[SEAL_KEY_BYTES];
	uint8_t remote_static[SEAL_KEY_BYTES]; /* the initiator's is known after its message */
	uint8_t remote_ephemeral[SEAL_KEY_BYTES];
};

/* Bytes that the message number (0 or 1) of a pattern has beside its payload. */
uint32_t noise_message_bytes(enum noise_pattern pattern, uint32_t message);

/* keys outlive the handshake; remote_static is the responder's public key, for an initiator of IK,
 * else NULL. */
void noise_start(struct noise *noise, enum noise_pattern pattern, enum seal_cipher cipher,
		 bool initiator, const struct noise_keys *keys,
		 const uint8_t remote_static[SEAL_KEY_BYTES], const void *prologue,
		 size_t prologue_bytes);
/* Writes the next message, noise_message_bytes() longer than its payload. ephemeral is 32 random
 * bytes never used before. 0, -EBADMSG (keys of low order) or -ENOMEM. */
int noise_write(struct noise *noise, const uint8_t ephemeral[SEAL_KEY_BYTES], const void *payload,
		size_t payload_bytes, uint8_t *message);
/* Reads the next message; payload has room for what it carries. 0; -EBADMSG when it is not one that
 * the holder of the right keys made: then the handshake is over, and payload is not to be used. */
int noise_read(struct noise *noise, const uint8_t *message, size_t bytes, uint8_t *payload);
/* After both messages: the keys of data, by who sends. 0 or -ENOMEM. */
int noise_split(const struct noise *noise, uint8_t initiator_key[SEAL_KEY_BYTES],
		uint8_t responder_key[SEAL_KEY_BYTES]);

#endif
