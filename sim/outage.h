/*
 * Outages that come and go by themselves: the network falls apart into two, a node stands still.
 *
 * They come as a Poisson process would; each takes a uniform time around its mean, so none lasts
 * longer than twice that.
 */
#ifndef SIM_OUTAGE_H
#define SIM_OUTAGE_H

#include "network.h"
#include "random.h"

struct sim_outages {
	const struct sim_config *config;
	struct sim_random random;
	struct sim_stats *stats;
	uint32_t endpoints;
	uint64_t cut_ns;     /* the next begins; UINT64_MAX: never */
	uint64_t cut_end_ns; /* of the last one */
	uint64_t pause_ns;   /* the next begins; UINT64_MAX: never */
	uint64_t cut_side;   /* a bit for each endpoint: in which of two sets it is */
	uint64_t resume_ns[SIM_ENDPOINTS_MAX];
};

void sim_outages_init(struct sim_outages *outages, const struct sim_config *config,
		      struct sim_stats *stats, uint32_t endpoints);
/* Begins what is to begin up to then. Time never goes back. */
void sim_outages_run(struct sim_outages *outages, uint64_t now_ns);
/* Are two endpoints in different sets now? */
bool sim_outages_part(const struct sim_outages *outages, uint64_t now_ns, uint32_t a, uint32_t b);
void sim_outages_pause(struct sim_outages *outages, uint32_t endpoint, uint64_t until_ns);

#endif
