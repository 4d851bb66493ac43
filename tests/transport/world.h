/*
 * A world of transports over the simulated network, with users who follow a plan made from a seed
 * and check everything they see and everything that crosses the wire:
 *
 * - each message is delivered exactly once, whole, unmixed, in the order of its flow
 * (world_user.c);
 * - credit is never exceeded, nothing is sent without it, no ended body is sent from
 *   (world_observe.c);
 * - a body received is not touched after its end, nor what lies around it (world_room.c);
 * - who is silent for the peer timeout is reported, then, and nobody else (world_silence.c);
 * - when the faults are over, everything pending ends, and all are idle (world.c).
 *
 * A seed chooses nodes, links, queues, faults, crashes and the mix of messages (world_seed.c).
 * Faults of the transport itself can be played by a saboteur at its boundary: the checks must find
 * them (test_transport_canary).
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "network.h"
#include "transport.h"

#define WORLD_MESSAGES_MAX 4096

/* Bugs that the checks must find, each played by changing what passes the transport's boundary. */
#define WORLD_SABOTAGES(X)                                                         \
	X(NONE, "none")                                                            \
	X(MISPLACE, "a chunk's number is changed, the CRC made right again")       \
	X(MIX, "bytes of another message are put into a chunk")                    \
	X(ACK_EARLY, "the sender is told of a delivery when its message arrives")  \
	X(ACK_NEVER, "the sender is never told of a delivery")                     \
	X(REPLAY, "the user sees a message twice")                                 \
	X(SWALLOW, "the sender's user misses an end")                              \
	X(SWALLOW_LOST, "the receiver's user misses that a message is lost")       \
	X(OVERTAKE, "two messages of a flow change places")                        \
	X(GRANT, "the sender hears of credit that nobody gave")                    \
	X(OVERGRANT, "the receiver gives more credit than it has")                 \
	X(STRANGER, "an end is told with a cookie that nobody gave")               \
	X(LATE_WRITE, "a received body changes after its end")                     \
	X(OVERRUN, "a byte is written behind a body")                              \
	X(OLD_BODY, "a frame is sent from a body that was given back")             \
	X(FALSE_DEATH, "a living peer is reported dead")                           \
	X(HIDDEN_DEATH, "a dead peer is not reported")                             \
	X(WRONG_REASON, "a failure is told with a reason that is not its own")     \
	X(FALSE_STALL, "a message is told to be stalled that was making progress") \
	X(FALSE_SHRINK, "a path is told to have shrunk that never did")

enum sabotage {
#define WORLD_SABOTAGE_ENUM(name, text) SABOTAGE_##name,
	WORLD_SABOTAGES(WORLD_SABOTAGE_ENUM)
#undef WORLD_SABOTAGE_ENUM
	    SABOTAGE_KINDS
};

const char *world_sabotage_text(enum sabotage sabotage);

struct world_config {
	struct sim_config network;
	uint32_t nodes;
	uint32_t messages;
	uint64_t body_bytes_max;
	uint32_t small_percent;   /* of the messages have 1 to 1024 bytes */
	uint32_t small_bytes_max; /* so large go without an offer, as of transport_config */
	uint32_t flows;           /* 1: all are unordered */
	uint32_t plan_us;         /* sends are spread over so much time */
	uint32_t crashes;         /* of nodes, in that time; most come back */
	uint32_t peer_timeout_ms;
	uint32_t watch_us; /* until then all watch all: the dead are reported unasked; 0: none */
	enum sabotage sabotage;
	bool print; /* the course of it, on stdout */
};

struct world_result {
	char violation[256]; /* empty: none */
	uint64_t trace;
	uint64_t virtual_ns;
	struct sim_stats network;
	struct transport_counters transport; /* of all nodes and their lives */
	uint64_t delivered;                  /* messages */
	uint64_t delivered_bytes;
	uint64_t failed;
	uint64_t crashes;
	uint64_t deaths;    /* reported */
	uint64_t sabotaged; /* how often the saboteur acted */
};

/* A plan with the faults that a seed stands for. */
void world_config_init(struct world_config *config, uint64_t seed);
/* Runs the plan until all is quiet, and checks that it ended well. */
void world_run(const struct world_config *config, struct world_result *result);

#endif
