/*
 * Which cores do I/O and which compute: a PI controller, after Dandelion's control plane (Kuchler
 * et al., "Unlocking True Elasticity for the Cloud-Native Era with Dandelion", arXiv 2505.01603),
 * which moves cores between its communication and compute engines.
 *
 * Pure: what was measured over an interval in, how many cores change sides out. The error is how
 * many cores the split is away from the one that could do the most, if both sides keep the
 * proportion in which they were busy; it is 0 where that would be hardly more than now, so that a
 * right split rests, and while the side that would gain still has time to spare.
 */
#ifndef CORE_CONTROL_H
#define CORE_CONTROL_H

#include <stdint.h>

enum core_side { CORE_SIDE_IO, CORE_SIDE_COMPUTE, CORE_SIDES };

struct core_control {
	uint32_t cores[CORE_SIDES]; /* of each side, now */
	uint32_t least[CORE_SIDES];
	uint32_t most[CORE_SIDES];
	double integral;     /* in cores, to the I/O side */
	uint64_t stepped_ns; /* last; 0: never */
	uint64_t moves;      /* cores moved so far */
};

/* Of the last interval. */
struct core_sample {
	uint64_t busy_ns[CORE_SIDES]; /* all cores of the side together */
};

/* cores of each side to begin with, between least and most. */
void core_control_init(struct core_control *control, const uint32_t cores[CORE_SIDES],
		       const uint32_t least[CORE_SIDES], const uint32_t most[CORE_SIDES]);
/* The interval ends at now_ns. Cores that go from compute to I/O (negative: the other way), already
 * taken into control->cores. */
int32_t core_control_step(struct core_control *control, uint64_t now_ns,
			  const struct core_sample *sample);

#endif
