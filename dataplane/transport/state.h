/*
 * The transport's state: what one object, its peers and their messages hold. Private to the folder.
 *
 * Memory is one block: struct transport with its array of peers. Nothing here is touched before it
 * is used, so that an idle node costs few pages.
 */
#ifndef STATE_H
#define STATE_H

#include <string.h>
#include <sys/queue.h>

#include "bitmap.h"
#include "net.h"
#include "timer.h"
#include "transport.h"
#include "transport_stats.h"
#include "wire.h"

#define NS_PER_US 1000ull
#define NS_PER_MS 1000000ull

#define CONTAINER_OF(pointer, type, member) \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

struct peer;

/* --- Events: a place in the queue, inside the object the event tells about ------------------- */

enum event_source { EVENT_OF_OUT, EVENT_OF_IN, EVENT_OF_PEER };

struct event_node {
	TAILQ_ENTRY(event_node) link;
	enum event_source source;
	bool queued;
};

/* --- Next hops: who answers for an IP address on our Ethernet (hop.c) ------------------------ */

struct hop {
	struct timer retry;
	uint64_t expires_ns; /* then it is asked for again, and still used meanwhile */
	uint64_t asked_ns;   /* first, since the last answer */
	uint32_t retry_ms;   /* until it is asked again, the next time; 0: it is not asked now */
	uint32_t ip;
	uint8_t mac[NET_MAC_BYTES];
	bool used;
	bool resolved;
	bool request_due;
};

/* --- Classes by size (credit.c, ready.c) ------------------------------------------------------ */

#define CREDIT_CLASSES 35 /* of the logarithm of bytes: a message's last chunk may be short */

static inline uint32_t class_of_bytes(uint64_t bytes)
{
	return bytes == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(bytes);
}

/* --- Messages being sent (send.c, chunks.c, answers.c)
 * ------------------------------------------------------------ */

enum out_state { OUT_QUEUED, OUT_STARTED, OUT_ENDED };
enum out_list { OUT_UNLISTED, OUT_READY, OUT_PROBING };

struct out_message {
	TAILQ_ENTRY(out_message) link; /* as list says */
	struct event_node event;
	struct timer quiet; /* since then nothing was heard of it, and it has nothing to send */
	struct peer *peer;
	const uint8_t *body;
	void *owner;
	uint64_t cookie;
	uint64_t id;
	uint64_t queued_ns; /* transport_send() was called */
	struct wire_shape shape;
	uint32_t flow;
	uint32_t flow_seq;
	uint32_t next;       /* first chunk never sent */
	uint32_t cumulative; /* chunks below it arrived */
	uint32_t grant;      /* chunks below it may be sent */
	uint32_t lost;       /* chunks to send again: bits set in lost_map */
	uint32_t acked;      /* bits set in acked_map */
	uint32_t flight_bytes;
	uint32_t probes;        /* unanswered, in a row */
	uint32_t again;         /* chunks sent again since any arrived, ... */
	uint64_t again_ns;      /* ... the first of them then */
	enum wire_state remote; /* as last heard; 0: nothing heard */
	enum out_state state;
	enum out_list list;
	enum transport_reason reason;
	uint16_t code;
	uint8_t ready_class;                      /* when it is ready */
	uint64_t acked_map[MR_CHUNK_WINDOW / 64]; /* bit chunk % MR_CHUNK_WINDOW, chunks of    */
	uint64_t lost_map[MR_CHUNK_WINDOW / 64];  /* [cumulative, cumulative + MR_CHUNK_WINDOW) */
	uint8_t head[TRANSPORT_HEAD_BYTES_MAX];
};

/* --- Messages being received (receive.c and what it calls) ------------------------------------ */

enum in_state {
	IN_OFFERED,
	IN_ACCEPTED,
	IN_WHOLE,    /* waits for its turn in its flow */
	IN_REJECTED, /* the same */
	IN_READY,    /* EVENT_MESSAGE is queued */
	IN_LOST,     /* EVENT_LOST is queued */
};

struct in_message {
	TAILQ_ENTRY(in_message) link; /* in its class, when it wants credit */
	TAILQ_ENTRY(in_message) age;  /* among all that do not have all of their credit */
	struct event_node event;
	struct peer *peer;
	uint8_t *body;
	uint64_t cookie;
	uint64_t id;
	uint64_t opened_ns; /* its first packet came */
	struct wire_shape shape;
	struct wire_data data; /* as all its packets say, but for the chunk's number */
	uint64_t credit_bytes; /* granted above the unscheduled, not yet here */
	uint32_t cumulative;   /* chunks below it are here */
	uint32_t received;     /* chunks here */
	uint32_t grant;
	uint32_t generation; /* makes stale offers recognisable */
	enum in_state state;
	enum transport_reason reason;
	bool shown;       /* EVENT_OFFER was drained */
	bool accepted;    /* the cookie is the user's */
	bool detached;    /* its session is gone: nobody is told any more */
	bool waiting;     /* listed by age */
	uint8_t granting; /* its class of credit + 1; 0: wants none now */
	uint16_t code;
	uint16_t stash; /* index + 1 of the chunk kept until acceptance */
	uint64_t received_map[MR_CHUNK_WINDOW / 64]; /* bit chunk % MR_CHUNK_WINDOW */
	uint8_t head[TRANSPORT_HEAD_BYTES_MAX];
};

/* What became of a message id in the receiver's window. */
enum slot_state { SLOT_UNSEEN, SLOT_OPEN, SLOT_DELIVERED, SLOT_REJECTED };

struct slot {
	uint8_t state;
	bool ack_due;
	uint16_t value; /* open: index of the in_message; rejected: code */
};

/* --- Small messages (lane_out.c, lane_in.c) --------------------------------------------------- */

enum small_state { SMALL_WAITS, SMALL_IN_FLIGHT, SMALL_ARRIVED, SMALL_FAILED };

struct small_message {
	const uint8_t *body;
	uint64_t cookie;
	uint64_t queued_ns;
	uint32_t packet; /* it last went in */
	uint32_t flow_seq;
	uint16_t body_bytes;
	uint16_t head_bytes;
	uint8_t flow;
	uint8_t state;  /* enum small_state */
	uint8_t reason; /* enum transport_reason */
};

/* Indexes of messages, in this order: shown <= oldest <= sent <= next. */
struct lane_out {
	uint64_t base;   /* number 0 of the session */
	uint64_t shown;  /* the ends of those before it were told */
	uint64_t oldest; /* those before it have ended */
	uint64_t sent;   /* those before it were sent at least once */
	uint64_t next;
	uint64_t lost_from; /* none before it is lost */
	uint32_t lost; /* to send again: bits set in lost_map, of index % MR_MESSAGES_OUT_MAX */
	bool listed;   /* in transport->lanes_ended: some were not shown */
	uint64_t lost_map[MR_MESSAGES_OUT_MAX / 64];
};

struct lane_in {
	uint32_t cumulative; /* numbers below it were delivered */
	uint32_t above;      /* bits set in map: delivered ones beyond */
	uint64_t map[MR_MESSAGES_OUT_MAX / 64];
};

/* A packet of small messages, in a frame that is still there. */
struct inbox_packet {
	struct peer *peer;
	uint64_t incarnation;
	const uint8_t *next; /* message */
	uint32_t bytes;      /* from there on */
	uint32_t session;
	bool repeats; /* it brought what was here already */
};

/* The most that is around a small message in a packet. */
#define LANE_HEADERS_BYTES                                                                       \
	(NET_IP_BYTES + NET_UDP_BYTES + WIRE_HEADER_BYTES + WIRE_ECHO_BYTES + WIRE_SMALL_BYTES + \
	 WIRE_ECHO_WORDS_MAX * 8)

/* --- Packets in flight (flight.c) ------------------------------------------------------------ */

#define FLIGHT_LANE (1u << 31) /* in chunk: small messages, from a number on so many of them */

struct flight_packet {
	uint64_t sent_ns;
	uint32_t message; /* low half of the id */
	uint32_t chunk;
};

struct rtt {                /* rtt.c */
	uint64_t smooth_ns; /* 0: no sample yet */
	uint64_t var_ns;
	uint64_t last_ns;      /* the latest sample */
	uint64_t rto_ns;       /* without back-off */
	uint64_t base_now_ns;  /* the least of the present span, */
	uint64_t base_last_ns; /* and of the one before */
	uint64_t base_until_ns;
	uint64_t floor_ns;       /* of the timeout, above the general one, ... */
	uint64_t floor_until_ns; /* ... halved then */
};

struct congestion { /* congestion.c */
	uint64_t window_bytes;
	uint64_t threshold_bytes; /* above it the window grows linearly */
	uint64_t round_delay_ns;  /* the least of this round trip */
	uint32_t round_first;     /* packets of this round trip */
	uint32_t round_end;       /* the first one after it */
	uint32_t round_marks;
	uint32_t marks; /* packets that arrived with one, as last told */
	uint32_t alpha;
	uint32_t losses;     /* of the packets ... */
	uint32_t loss_first; /* ... from this one on */
};

struct flight {
	uint32_t next;          /* number of the next packet; numbers wrap */
	uint32_t oldest;        /* first one not yet judged arrived or lost */
	uint32_t heard;         /* highest one the peer said it saw */
	uint32_t recovery;      /* losses below it have shrunk the window already */
	uint32_t backoff;       /* timeouts in a row */
	uint32_t doublings;     /* of the timeout, in that row */
	uint32_t reorder;       /* steps of patience with packets that overtake; 0: none was seen */
	bool timed_out;         /* the window shrank last for a timeout */
	bool told;              /* duplicates is set */
	uint16_t duplicates;    /* as last told */
	uint32_t again;         /* packets sent again, and not told to have been duplicates */
	uint64_t undo_bytes;    /* the window before it shrank for a loss; 0: nothing to undo */
	uint64_t timeout_ns;    /* when the last timeout of a row was; 0: the row has not begun */
	uint64_t unanswered_ns; /* timeouts of this row, together */
	bool stalled;           /* they, or a message, were too many */
	uint8_t jitter;         /* parts in 1024 that this timeout is shorter by */
	uint64_t bytes;         /* in flight */
	uint64_t unasked;       /* bytes sent since a packet asked for an answer */
	uint64_t asked_ns;      /* when that one did */
	struct rtt rtt;
	struct congestion congestion;
};

/* --- The path: how long a packet may be (pmtu.c, shrink.c) ------------------------------------ */

enum path_search { PATH_QUIET, PATH_SEARCH, PATH_SUSPECT };

struct suspicion {          /* that the path has shrunk */
	uint32_t step;      /* questions asked */
	uint32_t ask_bytes; /* length of the next one; 0: as short as can be */
	uint32_t asked;     /* of the shortest, */
	uint32_t answered;  /* and answered */
	uint32_t silent;    /* rounds without an answer, in a row */
	uint32_t next;      /* place in the table of lengths */
	uint32_t sweeps;    /* through it */
	bool open;          /* the last short one has no answer yet */
};

struct path {
	struct timer round;  /* of a search, once there is contact */
	uint64_t raise_ns;   /* then a search for more is worth it */
	uint32_t bytes;      /* of an IP packet: new messages are cut by it */
	uint32_t lost;       /* packets as long, since one arrived */
	uint32_t top;        /* the search: longest length asked for */
	uint32_t best;       /* longest that arrived */
	uint32_t asked;      /* rounds done */
	uint32_t next;       /* place in the table of lengths to ask next */
	uint32_t remote_mtu; /* of the peer's port; 0: not known */
	enum path_search search;
	struct suspicion suspicion;
	bool known; /* a search has ended with an answer */
};

/* --- Peers (peer.c) -------------------------------------------------------------------------- */

enum control { /* packets a peer is to get */
	       CONTROL_HELLO = 1,
	       CONTROL_WELCOME = 2,
	       CONTROL_RESET = 4,
	       CONTROL_ACK = 8,
	       CONTROL_PROBE = 16,
};

TAILQ_HEAD(out_messages, out_message);
TAILQ_HEAD(in_messages, in_message);

/* A peer's messages that want credit, of one class; listed when there are any. */
struct credit_class {
	TAILQ_ENTRY(credit_class) link;
	struct in_messages messages;
};

TAILQ_HEAD(credit_classes, credit_class);

/* Messages that have chunks to send. */
struct ready {
	uint64_t used; /* a bit for each class that is not empty */
	uint32_t turns;
	uint32_t next; /* class, in the turn of classes */
	struct out_messages classes[CREDIT_CLASSES];
};

/* Indexes of free objects, the last freed first: its memory is warm. Fresh ones are not touched. */
struct pool {
	uint16_t free; /* index + 1 */
	uint16_t fresh;
};

static inline int pool_take(struct pool *pool, const uint16_t *links, uint32_t limit)
{
	uint16_t index = pool->free;

	if (index == 0)
		return pool->fresh < limit ? pool->fresh++ : -1;
	pool->free = links[index - 1];
	return index - 1;
}

static inline void pool_give(struct pool *pool, uint16_t *links, uint32_t index)
{
	links[index] = pool->free;
	pool->free = (uint16_t)(index + 1);
}

#define FLOW_TURNS MR_MESSAGES_IN_MAX /* the sender starts no more, so a turn is within */

struct peer {
	TAILQ_ENTRY(peer) link; /* of transport->active, when active */
	struct transport *transport;
	struct event_node event;
	struct timer silent; /* a quarter of the timeout, while something is owed or watched */
	struct timer retry;  /* HELLO without contact, retransmission with it */
	struct hop *hop;
	struct net_address address;
	struct net_route route; /* to that address */
	uint32_t node;
	bool active;
	bool contact;         /* both know the other's incarnation, and it is alive */
	bool down_due;        /* EVENT_PEER_DOWN is to be shown */
	uint8_t control;      /* enum control */
	uint64_t incarnation; /* the highest seen; 0: none */
	uint64_t shown_incarnation;
	uint64_t welcome_to;         /* incarnation that gets the WELCOME */
	uint32_t welcome_path_bytes; /* of the HELLO it answers; 0: of something else */
	uint32_t sleep_us;           /* a packet may wait so long at the peer's port */
	uint64_t heard_ns;           /* the last valid packet */
	uint64_t hello_ns;           /* interval of the next HELLO */
	uint64_t answers_ns;         /* answers to whom we don't know: when the next is free */
	uint64_t spread_ns;          /* the first quarter of a silence is longer by that */
	uint32_t quarters;           /* of the timeout that passed in silence */
	bool watched;
	uint32_t owed; /* messages the other side must do something for */
	uint32_t reset_session;
	struct transport_peer_counters counters;
	struct path path;

	/* Toward the peer. */
	uint32_t out_session;
	uint32_t out_started;
	uint64_t out_next;  /* id of the next message */
	uint64_t out_base;  /* the oldest not ended */
	uint64_t out_start; /* the oldest not started */
	struct pool out_pool;
	struct ready ready;
	struct out_messages probing;
	struct flight flight;
	TAILQ_ENTRY(peer) lane_link; /* of transport->lanes_ended */
	struct lane_out lane_out;
	uint16_t out_flow_chunked[MR_FLOWS_MAX]; /* unfinished messages that go in chunks */

	/* From the peer. */
	uint32_t in_session; /* 0: none yet */
	bool in_dead;        /* this session was given up */
	bool in_heard;       /* in_packet is set */
	uint32_t in_packet;  /* highest packet number seen in this session */
	uint32_t in_packet_told;
	uint32_t in_ce;        /* packets of this session that came marked CE */
	uint64_t in_packet_ns; /* when the highest came */
	uint32_t in_open;      /* slots that are SLOT_OPEN */
	uint64_t in_base;      /* the oldest id not finished */
	uint64_t in_highest;   /* id seen */
	struct pool in_pool;
	struct pool stash_pool;
	uint64_t credit_bytes;     /* granted and not yet here */
	uint32_t granting_classes; /* that are not empty */
	struct credit_class granting[CREDIT_CLASSES];
	struct lane_in lane_in;
	uint32_t ack_first; /* of the queue of slots whose ack is due */
	uint32_t ack_count;

	/* When answers to it are due (acknowledge.c). */
	uint32_t in_gap;              /* packets after a gap still to be answered at once */
	uint64_t in_untold_bytes;     /* came since the last answer */
	uint64_t credit_untold_bytes; /* granted since then */

	/* Cleared at first use or by a new session. */
	uint32_t out_flow_seq[MR_FLOWS_MAX];
	uint32_t in_flow_seq[MR_FLOWS_MAX];
	uint16_t out_slots[MR_MESSAGES_OUT_MAX]; /* index + 1 of the message with that id % max */
	struct slot in_slots[MR_MESSAGES_OUT_MAX];
	uint16_t in_turns[MR_FLOWS_MAX][FLOW_TURNS]; /* index + 1 of what waits for its turn */

	/* Never cleared. */
	uint16_t ack_queue[MR_MESSAGES_OUT_MAX];
	uint16_t out_free[MR_MESSAGES_OUT_MAX];
	uint16_t in_free[MR_MESSAGES_IN_MAX];
	uint16_t stash_free[MR_STASH_CHUNKS];
	struct flight_packet packets[MR_FLIGHT_PACKETS];
	struct out_message out[MR_MESSAGES_OUT_MAX];
	struct in_message in[MR_MESSAGES_IN_MAX];
	struct small_message small[MR_MESSAGES_OUT_MAX];
	uint8_t small_heads[MR_MESSAGES_OUT_MAX][TRANSPORT_HEAD_BYTES_MAX];
	uint8_t stash[MR_STASH_CHUNKS][MR_MTU_MAX];
};

struct arp_answer {
	uint8_t mac[NET_MAC_BYTES];
	uint32_t ip;
};

struct transport {
	struct transport_config config;
	struct net_self self;
	uint64_t now_ns;    /* as last told */
	uint64_t empty_ns;  /* when the owner's port had nothing; 0: never told */
	uint64_t waited_ns; /* so long the frames now taken may have waited there */
	uint64_t random;
	uint64_t peers_known; /* a bit for each node that was added */
	uint32_t chunk_bytes;
	bool offered;              /* by the frame just taken */
	bool marked;               /* the packet now taken came with a mark of congestion */
	struct peer *touched;      /* the burst's last packet is from it */
	struct in_message *run;    /* the last chunks are of it, and not yet accounted for */
	uint64_t run_credit_bytes; /* that they used */
	struct in_message *fresh; /* an offer whose first chunk is in a frame that is still there */
	const uint8_t *fresh_bytes;
	struct transport_counters counters;
	struct transport_histograms histograms;
	struct timer_wheel timers;
	TAILQ_HEAD(, event_node) events;
	TAILQ_HEAD(, peer) active;      /* peers with something to send */
	TAILQ_HEAD(, peer) lanes_ended; /* peers with ends of small messages to show */
	struct peer *late_peer;         /* whose echo is not looked at yet; NULL: there is none */
	struct wire_echo late_echo;
	uint32_t inbox_first;
	uint32_t inbox_count;
	uint32_t inbox_bytes; /* of messages, when they came */
	struct inbox_packet inbox[MR_INBOX_PACKETS];
	uint64_t credit_bytes; /* granted and not yet here, all messages */
	uint64_t credit_limit_bytes;
	uint64_t granting_classes; /* a bit for each class that is not empty */
	uint32_t granting_peers;   /* that want credit */
	uint32_t grants;
	uint32_t credit_alpha; /* part of packets that come marked, smoothed */
	uint32_t credit_round_packets;
	uint32_t credit_round_marks;
	struct credit_classes granting[CREDIT_CLASSES];
	struct in_messages granting_oldest;
	uint32_t arp_answer_count;
	uint32_t hops_due;
	struct arp_answer arp_answers[MR_ARP_REPLIES_MAX];
	struct hop hops[MR_NODES_MAX];
	struct peer peers[MR_NODES_MAX];
};

_Static_assert(MR_NODES_MAX <= 64, "peers_known");

static inline bool peer_known(const struct transport *t, uint32_t node)
{
	return node < MR_NODES_MAX && (t->peers_known >> node & 1) != 0;
}

/* Counts an event for the transport and for the peer: a name both have. */
#define COUNT_PEER(peer, name, amount)                        \
	do {                                                  \
		(peer)->counters.name += (amount);            \
		(peer)->transport->counters.name += (amount); \
	} while (0)

/* Knuth's MMIX: its low bits repeat soon. */
static inline uint32_t random_next(struct transport *t)
{
	t->random = t->random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(t->random >> 32);
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Packet numbers wrap: how far a is ahead of b. */
static inline int32_t packet_ahead(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

#endif
