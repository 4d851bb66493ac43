/* Two transports joined by a wire without time, for tests of one behaviour each. */
#ifndef PAIR_H
#define PAIR_H

#include "transport.h"

#define PAIR_NODES 2
#define PAIR_TIMEOUT_MS 1000
#define PAIR_FRAME_BYTES_MAX (MR_MTU_MAX + 14)

struct pair {
	struct transport *t[PAIR_NODES];
	void *memory[PAIR_NODES];
	struct transport_config config[PAIR_NODES];
	uint64_t now_ns;
	bool cut;                            /* frames are lost */
	uint32_t path_bytes;                 /* longer IP packets are lost; 0: none */
	uint8_t lost_type;                   /* of the wire: such packets are lost; 0: none */
	void (*drain)(uint32_t node);        /* events, before their frame goes away; or NULL */
	uint64_t frames;                     /* carried */
	uint8_t frame[PAIR_FRAME_BYTES_MAX]; /* the last one carried */
	uint32_t frame_bytes;
};

/* Both started, in one subnet, knowing each other. */
void pair_start(struct pair *pair, uint32_t mtu);
void pair_stop(struct pair *pair);
/* A new self of a node, with a higher incarnation. */
void pair_restart(struct pair *pair, uint32_t node);
/* One frame from a node to the other; false when it has none. */
bool pair_carry(struct pair *pair, uint32_t from);
/* All frames, until neither has any. */
void pair_carry_all(struct pair *pair);
/* Lets time pass, timers and frames included. */
void pair_pass(struct pair *pair, uint64_t ms);
/* The next event of a node, which must be of that kind. */
void pair_expect(struct pair *pair, uint32_t node, enum transport_event_kind kind,
		 struct transport_event *event);
/* No event is waiting. */
void pair_expect_none(struct pair *pair, uint32_t node);
/* First contact is made and its events are drained. */
void pair_meet(struct pair *pair);

#endif
