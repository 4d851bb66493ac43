/* What the parts of the world share: the clockwork, its users, observers and the saboteur. */
#ifndef WORLD_STATE_H
#define WORLD_STATE_H

#include "random.h"
#include "station.h"
#include "wire.h"
#include "world.h"

#define WORLD_NODES_MAX SIM_ENDPOINTS_MAX
#define WORLD_CRASHES_MAX 8
#define WORLD_IDS 16384 /* slots of the hash of messages on the wire */
#define REJECTION_CODE 4711
#define NS_PER_US 1000ull
#define NS_PER_MS 1000000ull

enum told { TOLD_NOTHING, TOLD_SENT, TOLD_FAILED };

/* One message of the plan, and all that happened to it. */
struct planned {
	uint64_t send_ns;
	uint64_t accept_delay_ns;
	uint64_t body_bytes;
	const uint8_t *body; /* somewhere in the pattern, elsewhere for each message */
	uint32_t head_bytes;
	uint8_t from;
	uint8_t to;
	uint8_t flow;
	bool reject;

	/* The sender. */
	uint64_t sent_ns;
	uint64_t sender_life; /* 0: not given to the transport yet */
	uint32_t order;       /* of sending, in its flow */
	enum told told;

	/* The receiver. */
	uint64_t offer;
	uint64_t answer_ns; /* when the offer is answered; UINT64_MAX: nothing to answer */
	uint64_t accepted_ns;
	uint64_t receiver_life; /* 0: not offered yet */
	uint8_t *room;          /* world_room.c */
	uint64_t room_hash;     /* of the body when it ended otherwise than by delivery */
	struct planned *answer_next;
	bool accepted;
	bool rejected;
	bool delivered;
	bool lost;
	bool gone; /* it was lost before it was answered */

	/* The wire: world_observe.c. */
	struct wire_shape shape;
	uint64_t *arrived;     /* a bit for each chunk */
	uint64_t credit_bytes; /* announced beyond the unscheduled, and not arrived */
	uint32_t announced;    /* chunks granted, as the receiver said */
	uint32_t granted;      /* chunks granted, as the sender heard */
	uint32_t heard;        /* chunks that are there, as the sender heard, ... */
	uint64_t heard_ns;     /* ... and when that last became more */
};

struct node {
	struct sim_station *station;
	bool dead;     /* crashed, and not back yet */
	bool watching; /* all its peers */
	uint64_t born_ns;
	uint64_t resumed_ns; /* the end of its last pause */
	uint64_t credit_bytes;
	uint32_t *sends; /* indexes of its messages, in the order of sending */
	uint32_t send_count;
	uint32_t send_next;
	bool blocked;            /* the transport has no room for the next: an event comes before */
	struct planned *answers; /* offers that wait for an answer */
	uint32_t flow_sent[WORLD_NODES_MAX][MR_FLOWS_MAX];
	uint32_t flow_delivered[WORLD_NODES_MAX][MR_FLOWS_MAX]; /* order + 1 of the last */
	/* What it knows of its peers: world_silence.c. */
	uint64_t heard_ns[WORLD_NODES_MAX];
	uint64_t known_life[WORLD_NODES_MAX];
	uint64_t restarted_ns[WORLD_NODES_MAX]; /* when it last heard a new life of a peer */
	uint64_t session_ns[WORLD_NODES_MAX];   /* when it last failed all it had sent to a peer */
	uint64_t gave_up_ns[WORLD_NODES_MAX];   /* when it last reported a peer dead */
};

struct crash {
	uint64_t at_ns;
	uint64_t back_ns; /* UINT64_MAX: never */
	uint32_t node;
};

struct wire_name {
	uint64_t id;
	uint64_t incarnation; /* of the sender */
	uint32_t session;
	uint32_t index; /* of the message, + 1; 0: a free slot */
	uint8_t from;
	uint8_t to;
};

struct world {
	const struct world_config *config;
	struct world_result *result;
	struct sim_network *network;
	struct sim_random random;
	struct node nodes[WORLD_NODES_MAX];
	uint32_t message_count;
	struct planned messages[WORLD_MESSAGES_MAX];
	uint32_t crash_count;
	struct crash crashes[WORLD_CRASHES_MAX];
	uint64_t progress_ns; /* when a user was told or did something, or a chunk arrived */
	uint64_t sweep_ns;    /* when silence is looked for next */
	struct wire_name names[WORLD_IDS];
};

static inline uint64_t world_now(const struct world *w)
{
	return sim_network_now(w->network);
}

static inline uint32_t message_index(const struct world *w, const struct planned *m)
{
	return (uint32_t)(m - w->messages);
}

/* Given to the transport, not told of its end, by a sender that still lives that life. */
bool message_pending(const struct world *w, const struct planned *m);
/* Accepted, and neither delivered nor lost, by a receiver that still lives that life. */
bool message_awaited(const struct world *w, const struct planned *m);

/* world.c: a world step by step. */
struct world *world_open(const struct world_config *config, struct world_result *result);
/* Lets time pass, with all that is to happen. */
void world_advance(struct world *w, uint64_t until_ns);
/* Lets all come to its end, and checks that it ended well. */
void world_settle(struct world *w);
void world_close(struct world **world);
void node_crash(struct world *w, uint32_t node);
void node_return(struct world *w, uint32_t node);
void world_violation(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void world_print(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
uint64_t node_life(const struct world *w, uint32_t node);

/* world_plan.c */
void plan_make(struct world *w);
/* A message to be sent now; m has what the plan says of it, but for its body. */
void plan_now(struct world *w, const struct planned *m);
void plan_afterwards(struct world *w);
void plan_free(struct world *w);

/* world_user.c */
void user_act(struct world *w, uint32_t node);
uint64_t user_next(const struct world *w, uint32_t node);
void user_event(struct world *w, uint32_t node, const struct transport_event *event);
void user_crash(struct world *w, uint32_t node);
void user_check_end(struct world *w);

/* world_room.c: where a body is received. */
void room_open(struct planned *m);
/* The body is whole: is it the one that was sent, and nothing else? */
bool room_good(const struct planned *m);
/* The body will never be whole, and must not change from now on. */
void room_abandon(struct planned *m);
/* Was it left alone since, with what lies around it? */
bool room_untouched(const struct planned *m);
void room_close(struct planned *m);
uint8_t *room_body(const struct planned *m);

/* world_observe.c */
void observe_out(struct world *w, uint32_t node, const struct transport_frame *frame);
void observe_in(struct world *w, uint32_t node, const uint8_t *frame, uint32_t bytes);
/* The message has no credit any more: it ended for its receiver. */
void observe_end(struct world *w, struct planned *m);
struct planned *observe_find(struct world *w, const struct wire_header *header, uint64_t id,
			     bool of_sender);

/* world_silence.c */
void silence_heard(struct world *w, uint32_t node, const struct wire_header *header);
bool silence_lasts(const struct world *w, uint32_t node, uint32_t peer);
void silence_check_failed(struct world *w, const struct planned *m, enum transport_reason reason);
void silence_check_lost(struct world *w, const struct planned *m);
void silence_check_down(struct world *w, uint32_t node, uint32_t peer);
void silence_sweep(struct world *w);
/* Begins and ends watching, as planned, for a node that runs. */
void silence_watch(struct world *w, uint32_t node);
/* When it is to end; UINT64_MAX: the node does not watch. */
uint64_t silence_watch_end(const struct world *w, uint32_t node);

/* world_sabotage.c */
void sabotage_in(struct world *w, uint8_t *frame, uint32_t bytes);
void sabotage_out(struct world *w, uint32_t node, struct transport_frame *frame);
/* True when the event is kept from the user. */
bool sabotage_event(struct world *w, uint32_t node, struct transport_event *event);

#endif
