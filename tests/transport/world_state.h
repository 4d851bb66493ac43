/* What the parts of the world share: the clockwork, its users, the observer and the saboteur. */
#ifndef WORLD_STATE_H
#define WORLD_STATE_H

#include "random.h"
#include "wire.h"
#include "world.h"

#define WORLD_NODES_MAX 8
#define WORLD_MESSAGES_MAX 256
#define REJECTION_CODE 4711

enum told { TOLD_NOTHING, TOLD_SENT, TOLD_FAILED };

/* One message of the plan, and all that happened to it. */
struct planned {
	uint64_t send_ns;
	uint64_t accept_delay_ns;
	uint64_t body_bytes;
	uint8_t *body;
	uint8_t *received; /* the receiver's buffer, NULL before acceptance */
	uint64_t offer;
	uint64_t answer_ns; /* when the offer is answered; UINT64_MAX: nothing to answer */
	uint32_t head_bytes;
	uint32_t order; /* of sending, in its flow */
	uint8_t from;
	uint8_t to;
	uint8_t flow;
	bool reject;
	bool sending; /* given to the transport */
	bool offered;
	bool accepted;
	bool rejected;
	bool delivered;
	bool lost;
	bool orphan;  /* its sender restarted after sending it */
	bool wronged; /* its receiver restarted: it may fail */
	enum told told;
	/* As seen on the wire. */
	uint64_t wire_id;
	uint64_t wire_incarnation; /* of the sender */
	uint32_t wire_session;
	uint32_t chunk_bytes;
	uint32_t unscheduled;
	uint32_t granted;
	uint64_t credit_bytes;
};

struct node {
	struct transport *transport;
	void *memory;
	size_t memory_bytes;
	uint64_t incarnation;
	uint64_t retransmits; /* of former selves */
	uint32_t flow_sent[WORLD_NODES_MAX][MR_FLOWS_MAX];
	uint32_t flow_delivered[WORLD_NODES_MAX]
			       [MR_FLOWS_MAX]; /* order + 1 of the last, by sender */
};

struct world {
	const struct world_config *config;
	struct world_result *result;
	struct sim_network *network;
	struct sim_random random;
	struct node nodes[WORLD_NODES_MAX];
	uint32_t message_count;
	struct planned messages[WORLD_MESSAGES_MAX];
	uint64_t restart_ns;
	uint32_t restart_node;
};

void world_violation(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* world_user.c */
void user_plan(struct world *w);
void user_plan_after_restart(struct world *w);
void user_act(struct world *w, uint32_t node, uint64_t now_ns);
uint64_t user_next(struct world *w, uint32_t node);
void user_event(struct world *w, uint32_t node, const struct transport_event *event);
void user_restart(struct world *w, uint32_t node);
void user_check_end(struct world *w);
void user_free(struct world *w);

/* world_observe.c: what crosses the wire keeps the rules of credit. */
void observe_frame(struct world *w, uint32_t node, const uint8_t *frame, uint32_t bytes);
void observe_credit(struct world *w, uint32_t node);

/* world_sabotage.c */
void sabotage_frame(struct world *w, struct sim_frame *frame);
/* True when the event is kept from the user. */
bool sabotage_event(struct world *w, uint32_t node, struct transport_event *event);

#endif
