/*
 * The simulated network: a learning switch in virtual time, whose faults come from a seed.
 *
 * Each frame sent is delayed, and lost, duplicated, held back behind later ones, or changed in one
 * to four bits, with the probabilities given. The same seed and the same calls give the same frames
 * at the same times, and the same trace hash. One thread; allocates, unlike what it tests.
 */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <millrace/limits.h>

#define SIM_ENDPOINTS_MAX 256
#define SIM_ETHERNET_BYTES 14
#define SIM_FRAME_BYTES_MAX (MR_MTU_MAX + SIM_ETHERNET_BYTES)
#define SIM_QUEUE_US_MAX 20000 /* with rate_mbps: a frame that would wait longer is lost */

struct sim_config {
	uint64_t seed;
	double loss; /* probabilities, 0..1, for each frame */
	double dup;
	double reorder;
	double corrupt;
	uint32_t delay_us;
	uint32_t jitter_us; /* up to so much is added at random: frames may overtake */
	uint32_t rate_mbps; /* of each endpoint's link into the switch; 0: no limit */
	uint32_t mtu;       /* bytes of an IP packet; longer ones are lost */
};

/* Reads "SEED[,loss=P][,dup=P][,reorder=P][,corrupt=P][,delay_us=N][,jitter_us=N][,rate_mbps=N]
 * [,mtu=N]". 0, or -EINVAL with error saying what was wrong. */
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
/* When the next frame is due; the present when one can be received; UINT64_MAX when none is. */
uint64_t sim_network_next_time(const struct sim_network *network);

uint32_t sim_network_endpoints(const struct sim_network *network);
uint32_t sim_network_mtu(const struct sim_network *network);

/* The frame is copied. One above the MTU or without addresses is lost. */
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

/* Cuts an endpoint off, or joins it again: what it sends and what is due to it is lost. */
void sim_network_cut(struct sim_network *network, uint32_t endpoint, bool cut);

struct sim_stats {
	uint64_t sent;
	uint64_t delivered;
	uint64_t lost; /* at random, by a full queue, or cut off */
	uint64_t duplicated;
	uint64_t reordered;
	uint64_t corrupted;
	uint64_t trace; /* hash of every frame sent and delivered, with its time */
};

void sim_network_stats(const struct sim_network *network, struct sim_stats *stats);

#endif
