/* Latencies of one run of a case, and what is reported of them. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#include "bench.h"

struct samples {
	uint32_t *ns;
	uint32_t count; // at most MR_BENCH_SAMPLES_MAX
};

/* 0 or -ENOMEM. */
int samples_create(struct samples *samples);
void samples_destroy(struct samples *samples);
void samples_add(struct samples *samples, uint64_t ns);
/* Nanoseconds; sorts. NAN without samples. */
double samples_percentile(struct samples *samples, double percent);

/* Calls once(context) for run_ms after a few that do not count, timing each. False when it returns
 * other than 0, which is *rc. */
bool samples_take(struct samples *samples, uint32_t run_ms, int (*once)(void *context),
		  void *context, int *rc);
/* Adds p50, p99 and p99.9 as samples, in microseconds, of cases NAME.p50 and so on; p99 beside p50.
 */
void samples_report(struct samples *samples, struct bench *bench, const char *name);

#endif
