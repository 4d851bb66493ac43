/*
 * The time that runs are measured and limited by: CLOCK_MONOTONIC's nanoseconds at about the cost
 * of reading the processor's counter.
 *
 * Until the watchdog has measured the counter's rate, and on machines whose counter may stop or
 * change its rate, it is clock_gettime(). The rate is measured once and kept: the clock may drift
 * from CLOCK_MONOTONIC by some parts in a million, so that only differences of it mean anything.
 */
#ifndef CYCLE_CLOCK_H
#define CYCLE_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How ticks become nanoseconds. Immutable once published. */
struct clock_rate {
	uint64_t base_ticks, base_ns; // one moment in both
	uint64_t ns_per_tick;         // in units of 2^-32 ns
};

extern const struct clock_rate *_Atomic clock_rate; // watchdog: wo; NULL until it has measured

uint64_t clock_monotonic_ns(void);
/* Measures on: to be called now and then by one thread, until it returns true. */
bool clock_calibrate(void);

static inline uint64_t clock_now_ns(void)
{
	const struct clock_rate *rate = atomic_load_explicit(&clock_rate, memory_order_acquire);

	if (rate == NULL)
		return clock_monotonic_ns();
	return rate->base_ns +
	       (uint64_t)((unsigned __int128)(__builtin_ia32_rdtsc() - rate->base_ticks) *
			      rate->ns_per_tick >>
			  32);
}

#endif
