/*
 * An I/O core beyond a node's first: a thread with a packet path of its own, which carries batches.
 *
 * The node's thread gives it requests and takes its events, over one ring each. A request that the
 * transport has no room for comes back as CORE_AGAIN. Events wait in the transport while their ring
 * is full, so that none is lost. Offers that it may, a core accepts by itself (admission.h).
 *
 * Doorbells: who is about to sleep stores its flag and then looks at the rings; who has published
 * loads the flag. All four are sequentially consistent, so that one of the two sees the other.
 */
#ifndef IO_CORE_H
#define IO_CORE_H

#include <pthread.h>

#include "core_ring.h"
#include "message.h"
#include "node.h"
#include "packet_path.h"

enum core_request_kind { CORE_SEND, CORE_ACCEPT, CORE_REJECT };

struct core_request {
	enum core_request_kind kind;
	uint32_t peer; /* SEND */
	uint16_t code; /* REJECT */
	struct message_head head;
	struct region *region; /* SEND: the body, kept by who asks until its event */
	void *body;            /* ACCEPT */
	uint64_t offer;        /* ACCEPT, REJECT */
	uint64_t cookie;       /* SEND, ACCEPT */
};

enum core_event_kind {
	CORE_TRANSPORT,  /* an event of the transport */
	CORE_ACCEPTED,   /* an offer, by the core itself: the cookie is its struct incoming */
	CORE_AGAIN,      /* SEND: no room to that peer now */
	CORE_UNSENDABLE, /* SEND: rc says why */
	CORE_UNACCEPTED, /* ACCEPT: the offer had gone */
};

struct core_event {
	enum core_event_kind kind;
	int rc;
	uint64_t cookie;
	/* CORE_TRANSPORT: as in struct transport_event, with a head of ours only. */
	enum transport_event_kind what;
	enum transport_reason reason;
	uint32_t node;
	uint32_t head_bytes;
	uint16_t code;
	uint64_t offer;
	uint64_t body_bytes;
	uint64_t incarnation;
	struct message_head head;
};

/* What a core's thread publishes ten times a second. */
struct core_shown {
	struct node_core_metrics metrics;
	struct transport_histograms messages;
	struct histogram frame_wait_ns;
	struct transport_peer_stats peers[MR_NODES_MAX]; /* by node; .ip 0: not a peer */
};

struct io_core {
	uint32_t number; /* 1 and on */
	struct node *node;
	struct packet_path path; /* its thread's, once it runs */
	struct core_ring requests;
	struct core_ring events;
	struct port_poll poll;
	int epoll_fd;
	int wake_fd; // eventfd: the node's thread rings
	uint64_t now_ns;
	uint64_t looked_ns;           /* at the port, last */
	uint64_t published_ns;        /* what is shown */
	atomic_uint_fast64_t busy_ns; // core: wo, node: ro; in turns that had something to do
	struct histogram frame_wait_ns;
	bool unpublished; /* something happened since */
	bool behind;      /* events wait for room in their ring */
	pthread_t thread;
	bool running;
	alignas(CORE_RING_LINE_BYTES) atomic_bool asleep; // set by the core; who clears it rings
	atomic_bool stop;                                 // node: wo, core: ro
	atomic_bool parked; // node: wo, core: ro; it is given nothing, and sleeps in any mode
	alignas(CORE_RING_LINE_BYTES) pthread_mutex_t lock; /* of what is shown */
	struct core_shown shown;
};

/* Takes the port and the ciphers of config->io_cores[number - 1], whatever happens. 0 or -errno. */
int io_core_create(struct io_core **core, struct node *node, const struct node_config *config,
		   uint32_t number, uint64_t now_ns);
/* Starts its thread. 0 or -errno. */
int io_core_start(struct io_core *core);
/* Ends its thread; what was under way stays where it is. */
void io_core_stop(struct io_core *core);
/* Stopped. Nulls *core; *core may be NULL. */
void io_core_destroy(struct io_core **core);

/* The node's thread: a request to fill in, or NULL while there is no room; and send it off. */
struct core_request *io_core_claim(struct io_core *core);
void io_core_submit(struct io_core *core);

#endif
