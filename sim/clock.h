/*
 * A node's own clock: it began at another time than the network's, and runs at another rate.
 *
 * Source of the rates: RFC 5905, appendix A.1.1: crystals are off by up to some 100 ppm.
 */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stdint.h>

#include "random.h"

struct sim_clock {
	uint64_t offset_ns;
	int32_t drift_ppm; /* the clock gains so much; above -1000000 */
};

/* A clock that is off by at most so much. */
void sim_clock_init(struct sim_clock *clock, struct sim_random *random, uint32_t drift_ppm_max);
/* What the clock shows at a time of the network. */
uint64_t sim_clock_read(const struct sim_clock *clock, uint64_t now_ns);
/* The first time of the network at which the clock shows that or more; UINT64_MAX stays so. */
uint64_t sim_clock_when(const struct sim_clock *clock, uint64_t shown_ns);

#endif
