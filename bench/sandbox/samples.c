/* Latencies of one run of a case, and what is reported of them. */
#include "samples.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "process.h"

#define WARM_RUNS 50 /* zygotes, caches and branch predictors have seen it by then */

int samples_create(struct samples *samples)
{
	samples->count = 0;
	samples->ns = malloc(MR_BENCH_SAMPLES_MAX * sizeof(*samples->ns));
	return samples->ns != NULL ? 0 : -ENOMEM;
}

void samples_destroy(struct samples *samples)
{
	free(samples->ns);
}

void samples_add(struct samples *samples, uint64_t ns)
{
	if (samples->count < MR_BENCH_SAMPLES_MAX)
		samples->ns[samples->count++] = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

static int compare(const void *a, const void *b)
{
	const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

double samples_percentile(struct samples *samples, double percent)
{
	if (samples->count == 0)
		return NAN;
	qsort(samples->ns, samples->count, sizeof(*samples->ns), compare);
	return samples->ns[(uint32_t)((samples->count - 1) * percent / 100)];
}

bool samples_take(struct samples *samples, uint32_t run_ms, int (*once)(void *context),
		  void *context, int *rc)
{
	uint64_t end_ns;

	samples->count = 0;
	for (int i = 0; i < WARM_RUNS; i++) {
		*rc = once(context);
		if (*rc != 0)
			return false;
	}
	end_ns = process_now_ns() + run_ms * 1000000ull;
	while (samples->count < MR_BENCH_SAMPLES_MAX) {
		const uint64_t start_ns = process_now_ns();

		if (start_ns >= end_ns)
			break;
		*rc = once(context);
		if (*rc != 0)
			return false;
		samples_add(samples, process_now_ns() - start_ns);
	}
	return true;
}

void samples_report(struct samples *samples, struct bench *bench, const char *name)
{
	static const struct {
		const char *name;
		double percent;
	} percentiles[] = {{"p50", 50}, {"p99", 99}, {"p99.9", 99.9}};
	const double p50 = samples_percentile(samples, 50);

	for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++) {
		char full[REPORT_NAME_BYTES];
		struct report_case *c;

		snprintf(full, sizeof(full), "%s.%s", name, percentiles[i].name);
		c = report_case(bench->report, full, "us");
		case_sample(c, samples_percentile(samples, percentiles[i].percent) / 1e3);
		if (i == 1)
			case_against(c, "p50", p50 / 1e3);
	}
}
