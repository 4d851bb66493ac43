/*
 * The time, cheap enough to be asked for at each turn of a loop that polls: the processor's time
 * stamp counter, read without waiting for what comes before it, and CLOCK_MONOTONIC every
 * MR_CLOCK_LOOK_US to say what it means. Where the counter will not do, it is CLOCK_MONOTONIC.
 *
 * Nanoseconds of CLOCK_MONOTONIC, a few microseconds off at most, and never going back. A clock is
 * one thread's.
 *
 * Source: Intel's Software Developer's Manual, volume 3B, "Invariant TSC".
 */
#ifndef POLL_CLOCK_H
#define POLL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <x86intrin.h>

/* Zeroed, it is the system's clock. */
struct poll_clock {
	bool counts;         /* the counter will do */
	uint64_t ticks;      /* of the counter when it was looked at last, 0: never; ... */
	uint64_t ns;         /* what this clock said then, ... */
	uint64_t system_ns;  /* and the system's */
	uint64_t ticks_span; /* so many ticks later it is looked at again; 0: each time */
	uint64_t ns_per_tick_q32;
};

/* Finds out whether the counter will do: its rate is constant, and the kernel keeps time by it. */
void poll_clock_init(struct poll_clock *clock);
/* Looks at the system's clock. */
uint64_t poll_clock_look(struct poll_clock *clock);

static inline uint64_t poll_clock_now_ns(struct poll_clock *clock)
{
	uint64_t ticks = __rdtsc() - clock->ticks;

	if (ticks >= clock->ticks_span)
		return poll_clock_look(clock);
	return clock->ns + (ticks * clock->ns_per_tick_q32 >> 32);
}

#endif
