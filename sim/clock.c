/* A node's own clock. */
#include "clock.h"

#define PPM 1000000
#define OFFSET_NS_MAX (1ull << 40) /* some minutes: machines start when they start */

void sim_clock_init(struct sim_clock *clock, struct sim_random *random, uint32_t drift_ppm_max)
{
	*clock = (struct sim_clock){0};
	if (drift_ppm_max == 0)
		return;
	clock->offset_ns = sim_random_below(random, OFFSET_NS_MAX);
	clock->drift_ppm =
	    (int32_t)sim_random_below(random, 2 * drift_ppm_max + 1) - (int32_t)drift_ppm_max;
}

/* In two parts, so that products stay below 2^64 for days of virtual time. */
static uint64_t scale(uint64_t ns, uint64_t times, uint64_t by)
{
	return ns / by * times + ns % by * times / by;
}

uint64_t sim_clock_read(const struct sim_clock *clock, uint64_t now_ns)
{
	return clock->offset_ns + scale(now_ns, (uint64_t)(PPM + clock->drift_ppm), PPM);
}

uint64_t sim_clock_when(const struct sim_clock *clock, uint64_t shown_ns)
{
	uint64_t now_ns;

	if (shown_ns == UINT64_MAX)
		return UINT64_MAX;
	if (shown_ns <= clock->offset_ns)
		return 0;
	now_ns = scale(shown_ns - clock->offset_ns, PPM, (uint64_t)(PPM + clock->drift_ppm));
	while (sim_clock_read(clock, now_ns) < shown_ns) /* what rounding lost: a step or two */
		now_ns++;
	return now_ns;
}
