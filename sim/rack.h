/*
 * The patterns of traffic that a transport is held to, on a simulated rack: incast, small messages
 * beside bulk, all to all, and a receiver that stands still.
 *
 * Source: Montazeri et al., "Homa" (SIGCOMM'18), section 5, for the small message beside the
 * incast.
 */
#ifndef SIM_RACK_H
#define SIM_RACK_H

#include <stdint.h>

#include "scenario.h"

struct sim_rack {
	uint64_t seed;
	uint32_t rate_mbps;
	uint32_t queue_bytes;
	uint32_t ecn_bytes;
	uint32_t delay_us;
	uint32_t mtu;
	uint32_t warm_us;
	uint32_t measure_us;
};

/* 10 Gbit/s, 128 KiB of buffer for each output of the switch, marks from a quarter of it. */
void sim_rack_init(struct sim_rack *rack);

struct sim_incast_config {
	struct sim_rack rack;
	uint32_t senders;        /* to one receiver, */
	uint32_t message_bytes;  /* each so large, */
	uint32_t outstanding;    /* so many at once; */
	uint32_t small_bytes;    /* and one sender more, of messages so small, */
	uint32_t small_every_us; /* to the same receiver; 0: none */
};

/* 16 senders of 64 KiB messages, one of 1 KiB messages. */
void sim_incast_config_init(struct sim_incast_config *config);

struct sim_incast_result {
	double goodput; /* of the incast, as a part of the link's payload rate */
	double goodput_mbps;
	double fairness; /* between senders, by bytes */
	uint64_t messages;
	uint64_t message_p99_ns; /* the worst of the senders' */
	uint64_t small_messages;
	uint64_t small_p50_ns;
	uint64_t small_p99_ns;
	uint64_t unloaded_p50_ns; /* the same small messages alone */
	uint64_t unloaded_p99_ns;
	struct sim_scenario_result total;
};

/* All return 0, -EINVAL or -ENOMEM. */
int sim_incast(const struct sim_incast_config *config, struct sim_incast_result *result);

/* Small messages from a node that also sends bulk to the same receiver: what an incast of one
 * sender is, with the small messages on its own link. */
int sim_small_beside_bulk(const struct sim_rack *rack, struct sim_incast_result *result);

struct sim_all_result {
	double goodput;  /* of all, as a part of the sum of all links' payload rates */
	double fairness; /* Jain's index over pairs, by bytes */
	double fairness_senders;
	struct sim_scenario_result total;
};

/* Each of so many nodes sends messages of that size to each other. */
int sim_all_to_all(const struct sim_rack *rack, uint32_t nodes, uint32_t message_bytes,
		   struct sim_all_result *result);

struct sim_paused_result {
	double before; /* goodput from one sender to the others, as a part of its payload rate */
	double during; /* with one of them standing still; it has no part in it */
	struct sim_scenario_result total;
};

/* One node sends to so many receivers, of which one stands still. */
int sim_paused_receiver(const struct sim_rack *rack, uint32_t receivers, uint32_t message_bytes,
			struct sim_paused_result *result);

#endif
