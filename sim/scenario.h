/*
 * A scenario: loads of messages between transports on the simulated network, measured.
 *
 * A load sends messages of one size from one endpoint to another, at once when earlier ones have
 * been delivered (outstanding), or at times of its own (every_us). Goodput and latencies are those
 * of virtual time: a host's processing takes none, so what is measured is the protocol's.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "network.h"
#include "transport.h"

struct sim_load {
	uint32_t from;
	uint32_t to;
	uint32_t message_bytes;
	uint32_t outstanding; /* messages sent and not ended, kept up: a closed loop */
	uint32_t every_us;    /* mean time between sends, outstanding being 0: an open loop */
};

struct sim_scenario {
	const struct sim_config *network;
	uint32_t endpoints;
	const struct sim_load *loads;
	uint32_t load_count;
	uint32_t warm_us;    /* before measurement */
	uint32_t measure_us; /* what is delivered in this time counts */
	/* An endpoint that stands still during all of the measurement, when paused is true. */
	bool paused;
	uint32_t paused_endpoint;
};

struct sim_load_result {
	uint64_t messages; /* delivered during measurement */
	uint64_t bytes;
	uint64_t failed;
	uint64_t p50_ns; /* from send to delivery */
	uint64_t p99_ns;
	uint64_t max_ns;
};

struct sim_scenario_result {
	struct sim_stats network;
	struct transport_counters transport; /* of all endpoints */
};

/* Runs it; results has load_count elements. 0, -EINVAL or -ENOMEM. */
int sim_scenario_run(const struct sim_scenario *scenario, struct sim_load_result *results,
		     struct sim_scenario_result *total);

/* Bytes of messages that a link of that rate can carry in full packets, in Mbit/s. */
double sim_payload_mbps(uint32_t rate_mbps, uint32_t mtu);
/* Jain's index of fairness: 1 when all are equal, 1/count when one has everything.
 * Source: Jain, Chiu, Hawe, DEC-TR-301 (1984). */
double sim_fairness(const double *shares, uint32_t count);

#endif
