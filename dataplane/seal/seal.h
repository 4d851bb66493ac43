/*
 * Sealing: frames between nodes that only these two can read or make.
 *
 * A state machine: (payload, now) in, payloads out; no clock, thread or system call inside, and
 * randomness is the caller's. What travels is a UDP payload; whoever owns the port puts headers
 * around it. The packet path allocates nothing; a handshake does, inside of libcrypto. One thread
 * owns an object.
 *
 * - Each pair of nodes agrees on keys by a handshake of Noise (noise.h), started by who has
 * something to send, and again after MR_SEAL_REKEY_MS or _FRAMES or _BYTES, or when nothing is
 * heard: the old keys serve until the new ones do.
 * - A frame is the AEAD of a whole inner payload, with a counter of 64 bits as its nonce and a
 * window against replays. Any frame that fails a check is counted by its reason and changes nothing
 * else.
 * - The first payload to a peer waits for keys; others are dropped meanwhile, and are for the
 *   transport to send again.
 * - Nothing larger than it sent goes to an address that has not proved to be a peer's.
 *
 * Sources: Noise Protocol Framework rev. 34; WireGuard (Donenfeld, NDSS 2017) for indexes, key
 * rotation and timers; RFC 6479 (replay); RFC 9001, 6.6 (limits of one key).
 */
#ifndef SEAL_H
#define SEAL_H

#include <stdbool.h>
#include <stdint.h>

#include <millrace/limits.h>

#include "aead.h"
#include "net.h"
#include "seal_wire.h"

struct seal;

struct seal_config {
	uint32_t node;
	uint64_t incarnation;       /* larger at each start of the same node */
	const uint8_t *private_key; /* X25519, SEAL_KEY_BYTES; NULL: only the pre-shared key */
	const uint8_t *psk;         /* SEAL_KEY_BYTES; NULL: only keys of nodes */
	enum seal_cipher cipher;    /* of handshakes we begin */
	struct aead_backend *aead;  /* outlives the seal */
	uint32_t core; /* of the node, which seals by itself: it agrees on keys with the same core
			* of a peer only */
	void (*random)(void *opaque, uint8_t *bytes, uint32_t count);
	void *opaque;
};

/* 0; -EINVAL without any key; -ENOMEM. Copies the keys. */
int seal_create(struct seal **seal, const struct seal_config *config);
/* Wipes all keys. Nulls *seal; *seal may be NULL. */
void seal_destroy(struct seal **seal);
/* Names another node, and its public key (NULL where there is only the pre-shared key). 0 or
 * -EINVAL. */
int seal_peer_add(struct seal *seal, uint32_t node, const uint8_t *public_key);
/* Where that peer is: it is told when it seals with keys that we do not have. Without it, it learns
 * that by our silence. 0 or -EINVAL. */
int seal_peer_at(struct seal *seal, uint32_t node, uint32_t ip);

/* --- Bursts ---------------------------------------------------------------------------------- */

struct seal_tx {
	uint32_t node;
	struct net_address to;             /* for a handshake, should one be needed */
	struct aead_piece in[AEAD_PIECES]; /* the payload */
	uint8_t *out;                      /* room for it and SEAL_OVERHEAD_BYTES */
	uint32_t out_bytes;                /* set; 0: nothing to send now, see the counters */
};

/* At most MR_PORT_BURST payloads. */
void seal_burst(struct seal *seal, uint64_t now_ns, struct seal_tx *frames, uint32_t count);

struct seal_rx {
	const uint8_t *in; /* what came as UDP payload: anything at all */
	uint32_t in_bytes;
	struct net_address from;
	uint8_t *out;         /* room for in_bytes; only what is good counts */
	uint32_t out_bytes;   /* set; 0: nothing for the transport in it */
	uint32_t node;        /* set with out_bytes: who made it */
	uint64_t incarnation; /* and in which life */
};

/* At most MR_PORT_BURST payloads. */
void seal_open_burst(struct seal *seal, uint64_t now_ns, struct seal_rx *frames, uint32_t count);

/* --- Handshakes ------------------------------------------------------------------------------ */

#define SEAL_OUTPUT_BYTES_MAX (MR_SEAL_HELD_BYTES + SEAL_OVERHEAD_BYTES)

/* The next payload of our own to send; returns its length, 0 for none. */
uint32_t seal_output(struct seal *seal, uint64_t now_ns, uint8_t out[SEAL_OUTPUT_BYTES_MAX],
		     struct net_address *to);
bool seal_output_pending(const struct seal *seal);
void seal_tick(struct seal *seal, uint64_t now_ns);
/* When seal_tick() must next be called; UINT64_MAX when nothing is pending. */
uint64_t seal_deadline(const struct seal *seal);

/* --- Counters -------------------------------------------------------------------------------- */

#define SEAL_COUNTERS(X)                                                                      \
	X(sealed)                                                                             \
	X(opened)                                                                             \
	X(handshakes) /* that gave keys */                                                    \
	X(initiations_out)                                                                    \
	X(initiations_in) /* answered */                                                      \
	X(keepalives_in)                                                                      \
	X(hints_out)          /* a peer seals with keys that we do not have */                \
	X(hints_in)           /* a peer does not have the keys that we seal with: believed */ \
	X(held)               /* payloads that waited for keys */                             \
	X(drop_clear)         /* in: not sealed */                                            \
	X(drop_malformed)     /* in: no length, version or type that there is */              \
	X(drop_unknown_index) /* in: keys that we do not have, or no longer */                \
	X(drop_auth)          /* in: not made by the holder of the key, or changed */         \
	X(drop_replay)        /* in: came before, or too old to tell */                       \
	X(drop_expired)       /* in: keys older than MR_SEAL_REJECT_MS */                     \
	X(drop_identity)      /* in: a peer that speaks in another's name */                  \
	X(drop_mac)           /* in: a handshake by who does not know whom it is for */       \
	X(drop_handshake)     /* in: a handshake that fails: wrong keys, or changed */        \
	X(drop_unknown_peer)  /* in: a handshake of a node or key that is no peer's */        \
	X(drop_stale)         /* in: an initiation that came before */                        \
	X(drop_hint)          /* in: a hint that is wrong, or too soon after another */       \
	X(drop_rate)          /* in: initiations beyond what we take */                       \
	X(drop_no_session)    /* out: no keys yet */                                          \
	X(drop_failed)        /* out: the cipher failed, or has no room for a key */

struct seal_counters {
#define SEAL_COUNTER_FIELD(name) uint64_t name;
	SEAL_COUNTERS(SEAL_COUNTER_FIELD)
#undef SEAL_COUNTER_FIELD
};

const struct seal_counters *seal_counters(const struct seal *seal);
/* For a check above the seal: what a peer sealed names another as its sender. */
void seal_count_identity(struct seal *seal);

#endif
