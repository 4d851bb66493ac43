/*
 * The simulated network: a learning switch in virtual time, whose faults come from a seed.
 *
 * A frame passes its sender's link, the switch, an output queue, the receiver's link, and a delay:
 *
 *     endpoint --up_mbps--> switch --queue_bytes, ecn_bytes--> --down_mbps--> delay --> endpoint
 *
 * On the way it may be lost, duplicated, held back behind later ones, or changed in one to four
 * bits; endpoints may be cut off from others or stand still for a time. The same seed and the same
 * calls give the same frames at the same times, and the same trace hash. Every fault is counted.
 * One thread; allocates, unlike what it tests.
 *
 * Sources: Gilbert, "Capacity of a burst-noise channel" (1960) for bursts of loss; RFC 3168 for the
 * marks, set above a queue threshold as DCTCP does (RFC 8257, section 3.1).
 */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <millrace/limits.h>

#include "clock.h"

#define SIM_ENDPOINTS_MAX MR_NODES_MAX
#define SIM_ETHERNET_BYTES 14
#define SIM_FRAME_BYTES_MAX (MR_MTU_MAX + SIM_ETHERNET_BYTES)
#define SIM_GAP_BYTES 24           /* a link spends on each frame beside: preamble, FCS, gap */
#define SIM_NIC_BYTES 32768        /* a sender's NIC queues so much before its link */
#define SIM_RX_FRAMES_MAX 4096     /* a receiver's NIC keeps so many while its node stands still */
#define SIM_LOSSY_MAX 16           /* pairs with a loss of their own in a text */
#define SIM_QUEUE_BYTES (1u << 20) /* of an output queue when queue_bytes is 0: a deep switch */

struct sim_config {
	uint64_t seed;

	/* Probabilities, 0..1, for each frame. */
	double loss;
	double dup;
	double reorder;
	double corrupt;
	double burst; /* that frames to its receiver begin to be lost, burst_frames of them */

	uint32_t burst_frames; /* in the mean; 0: 16 */
	uint32_t delay_us;
	uint32_t jitter_us;   /* up to so much is added at random: frames may overtake */
	uint32_t up_mbps;     /* of each endpoint's link into the switch; 0: no limit */
	uint32_t down_mbps;   /* of each endpoint's link out of the switch; 0: no limit, no queue */
	uint32_t queue_bytes; /* of the output queue of each endpoint; what does not fit is lost */
	uint32_t ecn_bytes;   /* queued, above which frames that allow it are marked; 0: never */
	uint32_t mtu;         /* bytes of an IP packet; longer ones are lost */

	/* Outages come at random, one of a kind at a time: the means of the time between two, and
	 * of how long one takes. Every 0: none. */
	uint32_t cut_every_ms; /* the endpoints fall into two sets that do not hear each other */
	uint32_t cut_ms;
	uint32_t pause_every_ms; /* a node stands still */
	uint32_t pause_ms;

	struct sim_lossy {
		uint32_t from;
		uint32_t to;
		double loss;
	} lossy[SIM_LOSSY_MAX]; /* pairs that lose frames in that direction, beside all else */
	uint32_t lossy_count;

	uint32_t skew_ppm; /* clocks of nodes run so much too fast or too slow, at most */
	uint32_t calm_ms;  /* of virtual time: no more faults and outages from then on; 0: never */
};

/* Reads "SEED[,NAME=VALUE]...": the names above, rate_mbps for both links,
 * lossy=FROM:TO:PROBABILITY for a pair. 0, or -EINVAL with error saying what was wrong. */
int sim_config_parse(const char *text, struct sim_config *config, char *error, size_t error_bytes);

struct sim_network;

/* 0, -EINVAL or -ENOMEM. */
int sim_network_create(struct sim_network **network, const struct sim_config *config,
		       uint32_t endpoints);
/* Nulls *network; NULL is allowed inside. */
void sim_network_destroy(struct sim_network **network);

/* Virtual time, which the owner moves, never back. Frames whose time has come can be received. */
void sim_network_set_now(struct sim_network *network, uint64_t now_ns);
uint64_t sim_network_now(const struct sim_network *network);
/* When a frame is due or a full NIC that refused has room; the present when a frame can be received
 * by a node that runs; UINT64_MAX when there is nothing of it. */
uint64_t sim_network_next_time(const struct sim_network *network);

uint32_t sim_network_endpoints(const struct sim_network *network);
uint32_t sim_network_mtu(const struct sim_network *network);

/* --- Frames ---------------------------------------------------------------------------------- */

/* For how many frames the NIC of an endpoint has room; without, sim_network_next_time() says when.
 */
uint32_t sim_network_room(struct sim_network *network, uint32_t endpoint);
/* The frame is copied. One above the MTU, without addresses or without room is lost. */
void sim_network_send(struct sim_network *network, uint32_t endpoint, const uint8_t *frame,
		      uint32_t bytes);

struct sim_frame {
	uint32_t bytes;
	const uint8_t *data; /* until the frame is released */
	struct sim_frame *next;
};

/* The oldest frame waiting at an endpoint, or NULL; the caller releases it. */
struct sim_frame *sim_network_receive(struct sim_network *network, uint32_t endpoint);
void sim_frame_release(struct sim_frame *frame);
bool sim_network_waiting(const struct sim_network *network, uint32_t endpoint);

/* --- Faults on request ----------------------------------------------------------------------- */

/* Cuts an endpoint off, or joins it again: what it sends and what is due to it is lost. */
void sim_network_cut(struct sim_network *network, uint32_t endpoint, bool cut);
/* Endpoints of different groups do not hear each other; all begin in group 0. */
void sim_network_set_group(struct sim_network *network, uint32_t endpoint, uint32_t group);
/* What is to happen to a frame, beside what config asks for. */
struct sim_fate {
	bool lose;
	bool twice;
	bool flip; /* the bit flip_bit, modulo the frame's bits */
	uint32_t flip_bit;
	uint64_t delay_ns; /* more than usual */
};
/* Asks for the fate of every frame to every endpoint from now on; NULL: asks no more. */
void sim_network_set_judge(struct sim_network *network,
			   struct sim_fate (*judge)(void *opaque, uint32_t from, uint32_t to),
			   void *opaque);
/* The node of an endpoint stands still until then; its owner asks and does not run it. */
void sim_network_pause(struct sim_network *network, uint32_t endpoint, uint64_t until_ns);
/* When the node runs (again): not after the present unless it stands still. */
uint64_t sim_network_resume_time(const struct sim_network *network, uint32_t endpoint);

/* The clock of the node at an endpoint, as skew_ppm made it. */
const struct sim_clock *sim_network_clock(const struct sim_network *network, uint32_t endpoint);

/* --- Counters -------------------------------------------------------------------------------- */

#define SIM_COUNTERS(X)                                                                     \
	X(sent)                                                                             \
	X(delivered)                                                                        \
	X(lost)         /* the sum of those below */                                        \
	X(lost_random)  /* by loss */                                                       \
	X(lost_burst)   /* by burst */                                                      \
	X(lost_pair)    /* by lossy */                                                      \
	X(lost_judged)  /* by a judge */                                                    \
	X(lost_cut)     /* cut off, or in another group */                                  \
	X(lost_queue)   /* the output queue was full */                                     \
	X(lost_nic)     /* the sender's NIC was full, and it did not ask */                 \
	X(lost_rx)      /* the receiver's NIC was full: its node stood still */             \
	X(lost_invalid) /* too long or too short to be a frame here, or no memory for it */ \
	X(duplicated)                                                                       \
	X(reordered)                                                                        \
	X(corrupted)                                                                        \
	X(marked) /* congestion experienced */                                              \
	X(cuts)                                                                             \
	X(pauses)                                                                           \
	X(queue_bytes_max) /* the fullest output queue there was */

struct sim_stats {
#define SIM_COUNTER_FIELD(name) uint64_t name;
	SIM_COUNTERS(SIM_COUNTER_FIELD)
#undef SIM_COUNTER_FIELD
	uint64_t trace; /* hash of every frame sent and delivered, with its time */
};

void sim_network_stats(const struct sim_network *network, struct sim_stats *stats);

#endif
