/* What a seal is made of; only for the files of this folder. */
#ifndef SEAL_STATE_H
#define SEAL_STATE_H

#include "replay.h"
#include "seal.h"

#define NS_PER_MS 1000000ull
#define SESSIONS_MAX                                                                 \
	(MR_NODES_MAX * MR_SEAL_PEER_SESSIONS) /* a slot is the low byte of an index \
						*/
_Static_assert(SESSIONS_MAX == 256, "the slot of a session is one byte of its index");

/* The keys of two directions, and the index by which the peer names them. */
struct session {
	uint32_t index; /* ours; 0: free */
	uint32_t remote_index;
	bool keyed; /* else a handshake of ours waits for its answer */
	bool initiator;
	void *seal_key;
	void *open_key;
	uint64_t born_ns;
	uint64_t incarnation; /* of the peer */
	uint64_t frames;      /* sealed: the next counter */
	uint64_t bytes;
	struct replay replay;
};

enum due { DUE_RESPONSE = 1, DUE_INITIATION = 2, DUE_DATA = 4, DUE_HINT = 8 };

struct peer {
	uint32_t node;
	uint8_t public_key[SEAL_KEY_BYTES];
	uint8_t mac_key[SEAL_KEY_BYTES]; /* of handshake messages to it */
	struct net_address address;      /* where its handshakes go */
	struct session sessions[MR_SEAL_PEER_SESSIONS];
	struct session *current;  /* seals */
	struct session *previous; /* opens what was under way */
	struct session *next;     /* becomes current when the peer has shown that it has the keys */
	struct session *pending;  /* our handshake */
	struct noise noise;       /* pending's */
	uint8_t due;              /* enum due */
	bool confirmed;           /* in this burst: next is to become current */
	uint64_t sequence;        /* of our initiations */
	uint64_t
	    heard_incarnation;   /* of its latest initiation, and that one's sequence: no older */
	uint64_t heard_sequence; /* one is taken */
	uint64_t heard_initiation_ns;
	uint32_t ip;           /* where it is by our configuration; 0: not told */
	uint64_t hint_out_ns;  /* when it was last hinted at; 0: never */
	uint64_t hint_in_ns;   /* when a hint of it was last believed; 0: never */
	struct seal_head hint; /* to be sent */
	struct net_address hint_to;
	uint64_t wanted_ns;  /* when a frame to it last wanted out */
	uint64_t unheard_ns; /* the first frame out since one came in; 0: none */
	bool silent; /* that was too long ago, and none has come since: it may have other keys */
	uint64_t
	    answer_ns; /* when an empty frame says that what came was heard; UINT64_MAX: never */
	uint64_t initiation_ns; /* when to initiate (again); UINT64_MAX: not */
	uint32_t retry_ms;
	uint32_t response_bytes;
	uint32_t held_bytes;
	struct net_address response_to;
	uint8_t response[SEAL_HANDSHAKE_BYTES_MAX];
	uint8_t held[MR_SEAL_HELD_BYTES];
};

struct seal {
	uint32_t node;
	uint64_t incarnation;
	enum noise_pattern pattern;
	enum seal_cipher cipher;
	uint32_t core;
	struct aead_backend *aead;
	void (*random)(void *opaque, uint8_t *bytes, uint32_t count);
	void *opaque;
	struct noise_keys keys;
	uint8_t mac_key[SEAL_KEY_BYTES]; /* of handshake messages to us */
	uint64_t peers_known;            /* bit per node */
	uint64_t peers_due;              /* that have something to send */
	uint64_t deadline_ns;
	uint64_t initiations;    /* that may still be taken: a bucket, refilled by time */
	uint64_t initiations_ns; /* when it was last refilled */
	struct seal_counters counters;
	struct peer peers[MR_NODES_MAX];
};

static inline bool peer_known(const struct seal *seal, uint32_t node)
{
	return node < MR_NODES_MAX && (seal->peers_known >> node & 1);
}

/* seal.c: it has something to send. */
void peer_due(struct seal *seal, struct peer *peer, enum due what);
/* Keys are wanted, and a handshake begins unless one is under way. */
void peer_want(struct seal *seal, struct peer *peer, uint64_t now_ns);
void deadline_add(struct seal *seal, uint64_t when_ns);

/* burst.c: the session that seals now, or NULL; a new one is wanted when there is none, that is
 * worn, or the peer is silent. */
struct session *session_to_seal(struct seal *seal, struct peer *peer, uint64_t now_ns);
/* The next frame of the session: its head is written, op says how to seal the rest. */
void session_op(struct session *session, const struct aead_piece in[AEAD_PIECES], uint8_t *out,
		struct aead_op *op);

/* session.c */
struct session *session_find(struct seal *seal, uint32_t index, struct peer **peer);
/* A free one with an index. Always there is one: a role is given up before a session is taken for
 * it, and there are as many sessions as roles. */
struct session *session_take(struct seal *seal, struct peer *peer);
void session_free(struct seal *seal, struct session **session);
/* Gives the session its keys. 0 or -errno of the backend. */
int session_key(struct seal *seal, struct session *session, const struct noise *noise,
		uint64_t now_ns);
bool session_expired(const struct session *session, uint64_t now_ns);
/* Our handshake was answered: pending becomes current. */
void session_established(struct seal *seal, struct peer *peer);
/* The peer used next: it becomes current. */
void session_confirmed(struct seal *seal, struct peer *peer);

/* hint.c: data of a session that is not there came; that is to be told, if it may be. */
void hint_consider(struct seal *seal, uint64_t now_ns, const struct seal_head *head,
		   const struct net_address *from);
/* Writes the hint that is due; returns its length, 0 when it could not be made. */
uint32_t hint_output(struct seal *seal, const struct peer *peer, uint8_t out[SEAL_HINT_BYTES]);
void hint_input(struct seal *seal, uint64_t now_ns, const struct seal_rx *frame);

/* handshake.c */
/* 0 or -ENOMEM. */
int handshake_mac_key(uint8_t mac_key[SEAL_KEY_BYTES], const uint8_t secret[SEAL_KEY_BYTES]);
/* Writes the next initiation; returns its length, 0 when it could not be made. */
uint32_t handshake_initiate(struct seal *seal, struct peer *peer,
			    uint8_t out[SEAL_HANDSHAKE_BYTES_MAX]);
/* The MAC that ends handshakes and hints. */
int mac_write(const uint8_t mac_key[SEAL_KEY_BYTES], uint8_t *message, uint32_t bytes);
bool mac_good(const uint8_t mac_key[SEAL_KEY_BYTES], const uint8_t *message, uint32_t bytes);
void handshake_input(struct seal *seal, uint64_t now_ns, const struct seal_rx *frame);

#endif
