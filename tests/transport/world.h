/*
 * A world of transports over the simulated network, with users who follow a plan made from a seed
 * and check everything they see. Faults of the transport itself can be played by a saboteur between
 * it and its network or user: the checks must find them (test_transport_canary).
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "network.h"
#include "transport.h"

enum sabotage {
	SABOTAGE_NONE,
	SABOTAGE_MISPLACE,  /* a chunk's number is changed, the CRC made right again */
	SABOTAGE_ACK_EARLY, /* the sender is told "delivered" when its message leaves */
	SABOTAGE_REPLAY,    /* the user sees a message twice */
	SABOTAGE_SWALLOW,   /* the user misses an event */
	SABOTAGE_OVERTAKE,  /* two messages of a flow change places */
	SABOTAGE_GRANT,     /* the sender is told of credit nobody gave */
	SABOTAGE_KINDS,
};

struct world_config {
	struct sim_config network;
	uint32_t nodes;
	uint32_t messages;
	uint64_t body_bytes_max;
	bool restart; /* one node, in the middle */
	enum sabotage sabotage;
};

struct world_result {
	char violation[256]; /* empty: none */
	uint64_t trace;
	uint64_t virtual_ns;
	uint64_t retransmits;
	uint64_t delivered; /* messages */
	uint64_t delivered_bytes;
	uint64_t sabotaged; /* how often the saboteur acted */
};

/* A plan with the faults that a seed stands for. */
void world_config_init(struct world_config *config, uint64_t seed);
/* Runs the plan until all is quiet, and checks that it ended well. */
void world_run(const struct world_config *config, struct world_result *result);

#endif
