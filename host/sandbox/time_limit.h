/*
 * When a run is out of time. Limits are of processor time, so that a run which shares its core with
 * others gets what it was promised. One that takes hardly any is asleep, as no function is to be:
 * for it the clock counts. Included by the zygote, which has no libc.
 */
#ifndef TIME_LIMIT_H
#define TIME_LIMIT_H

#include <stdint.h>

#define TIME_AWAKE_SHARE 32    /* a part of the clock's time: twice the runs that share a core */
#define TIME_LOOK_NS_MIN 50000 /* between looks: one costs a microsecond */

/* How much longer a run may take, by the clock, before it is looked at again; 0: it is out of time.
 * used_ns is processor time, as far as is known at least as much as it has had; elapsed_ns is by
 * the clock. */
static inline uint64_t time_left_ns(uint64_t limit_ns, uint64_t used_ns, uint64_t elapsed_ns)
{
	uint64_t left_ns;

	if (elapsed_ns < limit_ns)
		return limit_ns - elapsed_ns; /* it cannot have used more */
	if (used_ns >= limit_ns || used_ns < elapsed_ns / TIME_AWAKE_SHARE)
		return 0;
	left_ns = limit_ns - used_ns;
	return left_ns > TIME_LOOK_NS_MIN ? left_ns : TIME_LOOK_NS_MIN;
}

#endif
