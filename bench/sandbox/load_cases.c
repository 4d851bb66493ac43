/* The cases of a node under load: its peak beside what its workers could do, and latencies at parts
 * of that peak beside those of a queue that loses nothing. */
#include "load_cases.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "floors.h"
#include "ideal_queue.h"
#include "load.h"
#include "steal.h"

#define SIDE 128
#define WORKERS 2 /* what the bars are about */
#define STOLEN_PERCENT_MAX 10
#define AGAIN_MAX 3
#define LONG_LOAD 80 /* the one with a bar: its p99 is of as many more calls */
#define LONG_FACTOR 4

static const uint32_t loads[] = {10, 30, 50, 70, 80, 90, 95, 100, 110}; /* percent of the peak */
#define LOAD_COUNT (sizeof(loads) / sizeof(loads[0]))

static const struct series {
	const char *name;
	const char *backends[PLATFORM_FUNCTIONS_MAX];
	uint32_t count;
} all_series[] = {
    {"wasm", {"wasm"}, 1},
    {"process", {"process"}, 1},
    {"kvm", {"kvm"}, 1},
    {"mixed", {"wasm", "process", "kvm"}, 3},
};
#define SERIES_COUNT (sizeof(all_series) / sizeof(all_series[0]))

/* A series while it is measured. */
struct sweep {
	struct bench *bench;
	const struct series *series;
	struct subject subjects[PLATFORM_FUNCTIONS_MAX];
	uint32_t opened;
	double floor_ns[PLATFORM_FUNCTIONS_MAX]; /* beside the time inside: none for wasm */
	double peak;                             /* calls a second */
	double around_ns; /* of a worker for each call at the peak, beside function and floor */
	struct load load;
};

static void case_name(char name[REPORT_NAME_BYTES], const struct series *series, uint32_t load,
		      const char *what)
{
	if (load == 0)
		snprintf(name, REPORT_NAME_BYTES, "%s.load.peak", series->name);
	else
		snprintf(name, REPORT_NAME_BYTES, "%s.load.%u.%s", series->name, load, what);
}

static bool load_wanted(const struct bench *bench, const struct series *series, uint32_t load)
{
	char name[REPORT_NAME_BYTES];

	case_name(name, series, load, "p99");
	return bench_wants(bench, name);
}

static bool series_wanted(const struct bench *bench, const struct series *series)
{
	bool wanted = load_wanted(bench, series, 0);

	for (size_t i = 0; i < LOAD_COUNT; i++)
		wanted |= load_wanted(bench, series, loads[i]);
	return wanted;
}

static void sweep_skip(const struct sweep *sweep, const char *reason)
{
	char name[REPORT_NAME_BYTES];

	case_name(name, sweep->series, 0, NULL);
	report_skip(sweep->bench->report, name, "%s", reason);
	case_name(name, sweep->series, LONG_LOAD, "p99");
	report_skip(sweep->bench->report, name, "%s", reason);
}

static void sweep_close(struct sweep *sweep)
{
	load_close(&sweep->load);
	while (sweep->opened > 0)
		subject_close(&sweep->subjects[--sweep->opened]);
}

static bool subjects_open(struct sweep *sweep, const char *cache_dir, struct samples *samples)
{
	char reason[REPORT_REASON_BYTES];

	for (uint32_t i = 0; i < sweep->series->count; i++) {
		struct subject *subject = &sweep->subjects[i];

		if (subject_open(subject, sweep->series->backends[i], "matmul_timed",
				 SUBJECT_POOL_BYTES, cache_dir) != 0) {
			sweep_skip(sweep, subject->error);
			return false;
		}
		sweep->opened++;
		sweep->floor_ns[i] = 0;
		if (strcmp(subject->ops->name, "wasm") != 0) {
			if (!floor_take(subject, samples, sweep->bench->options->run_ms / 3, reason,
					sizeof(reason))) {
				sweep_skip(sweep, reason);
				return false;
			}
			sweep->floor_ns[i] = samples_percentile(samples, 50);
		}
		subject->side = SIDE;
	}
	return true;
}

static bool sweep_open(struct sweep *sweep, const char *cache_dir, struct samples *samples)
{
	struct subject *subjects[PLATFORM_FUNCTIONS_MAX];

	if (!subjects_open(sweep, cache_dir, samples))
		return false;
	for (uint32_t i = 0; i < sweep->series->count; i++)
		subjects[i] = &sweep->subjects[i];
	if (load_open(&sweep->load, subjects, sweep->series->count, WORKERS) == 0)
		return true;
	sweep_skip(sweep, sweep->load.platform.error);
	return false;
}

/* --- The peak
 * ---------------------------------------------------------------------------------------- */

/* What workers that did nothing else would take for a call, functions in turns. */
static double least_ns(const struct sweep *sweep)
{
	double sum = 0;

	for (uint32_t i = 0; i < sweep->series->count; i++)
		sum += sweep->load.inside_ns[i] + sweep->floor_ns[i];
	return sum / sweep->series->count;
}

static bool disturbed(struct sweep *sweep, uint64_t stolen_ns, uint32_t ms, uint32_t tries)
{
	const uint64_t share = (steal_ns() - stolen_ns) * 100 / (WORKERS * ms * 1000000ull);

	return share > STOLEN_PERCENT_MAX && tries < AGAIN_MAX && bench_again(sweep->bench, ms);
}

static void sweep_around(struct sweep *sweep)
{
	double sum = 0;

	for (uint32_t i = 0; i < sweep->series->count; i++)
		sum += sweep->load.inside_mean_ns[i] + sweep->floor_ns[i];
	sweep->around_ns = fmax(0, WORKERS * 1e9 / sweep->peak - sum / sweep->series->count);
}

static void peak_run(struct sweep *sweep)
{
	const uint32_t ms = sweep->bench->options->run_ms;
	char name[REPORT_NAME_BYTES];
	struct report_case *c;
	uint64_t stolen_ns;
	uint32_t tries = 0;

	do {
		stolen_ns = steal_ns();
		sweep->peak = load_peak(&sweep->load, ms);
	} while (disturbed(sweep, stolen_ns, ms + ms / 3, tries++));
	if (isnan(sweep->peak)) {
		sweep_skip(sweep, sweep->subjects[0].error);
		return;
	}
	sweep_around(sweep);
	case_name(name, sweep->series, 0, NULL);
	c = report_case(sweep->bench->report, name, "calls/s");
	case_sample(c, sweep->peak);
	case_against(c, "workers / least", WORKERS * 1e9 / least_ns(sweep));
}

/* --- Parts of the peak
 * ------------------------------------------------------------------------------- */

static void percentiles_report(struct sweep *sweep, uint32_t load, const uint64_t *latency_ns,
			       uint32_t count, struct samples *samples, const char *against)
{
	static const struct {
		const char *name;
		double percent;
	} percentiles[] = {{"p50", 50}, {"p99", 99}};

	samples->count = 0;
	for (uint32_t i = 0; i < count; i++)
		samples_add(samples, latency_ns[i]);
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++) {
		const double us = samples_percentile(samples, percentiles[i].percent) / 1e3;
		char name[REPORT_NAME_BYTES];
		struct report_case *c;

		case_name(name, sweep->series, load, percentiles[i].name);
		c = report_case(sweep->bench->report, name, "us");
		if (against == NULL)
			case_sample(c, us);
		else
			case_against(c, against, us);
	}
}

/* The same arrivals before as many servers, each of which takes what a call took of a worker: in
 * the function, in the mean of this very run, and around it, at the peak. */
static void ideal_report(struct sweep *sweep, uint32_t load, const struct load_result *result,
			 struct samples *samples)
{
	uint64_t *service_ns = calloc(result->count, sizeof(*service_ns));
	uint64_t *latency_ns = calloc(result->count, sizeof(*latency_ns));

	for (uint32_t i = 0; service_ns != NULL && i < result->count; i++) {
		const uint32_t f = result->function[i];

		service_ns[i] = (uint64_t)(sweep->load.inside_mean_ns[f] + sweep->floor_ns[f] +
					   sweep->around_ns);
	}
	if (service_ns != NULL && latency_ns != NULL) {
		ideal_queue(result->arrival_ns, service_ns, result->count, WORKERS, latency_ns);
		percentiles_report(sweep, load, latency_ns, result->count, samples, "ideal queue");
	}
	free(service_ns);
	free(latency_ns);
}

static uint32_t load_ms(const struct bench *bench, uint32_t load)
{
	return bench->options->run_ms * (load == LONG_LOAD ? LONG_FACTOR : 1);
}

/* A part of a peak taken right before: a shared machine's speed is not the same for long. */
static int load_try(struct sweep *sweep, uint32_t load, uint32_t ms, uint64_t seed,
		    struct load_result *result)
{
	const double peak = load_peak(&sweep->load, sweep->bench->options->run_ms / 3);

	if (isnan(peak))
		return -EIO;
	sweep->peak = peak;
	sweep_around(sweep);
	return load_offer(&sweep->load, peak * load / 100, ms, seed, result);
}

static void load_run(struct sweep *sweep, uint32_t run, uint32_t load, struct samples *samples)
{
	const uint32_t ms = load_ms(sweep->bench, load);
	struct load_result result = {0};
	char name[REPORT_NAME_BYTES];
	uint64_t stolen_ns;
	uint32_t tries = 0;
	int rc;

	do {
		load_result_free(&result);
		stolen_ns = steal_ns();
		rc = load_try(sweep, load, ms, run * 1000 + load + 1, &result);
	} while (rc == 0 && disturbed(sweep, stolen_ns, ms, tries++));
	case_name(name, sweep->series, load, "p99");
	if (rc != 0) {
		report_skip(sweep->bench->report, name, "%s: %s", strerror(-rc),
			    sweep->subjects[0].error);
		return;
	}
	percentiles_report(sweep, load, result.latency_ns, result.count, samples, NULL);
	ideal_report(sweep, load, &result, samples);
	case_name(name, sweep->series, load, "rate");
	case_sample(report_case(sweep->bench->report, name, "calls/s"), result.rate);
	load_result_free(&result);
}

/* --- All of it
 * --------------------------------------------------------------------------------------- */

static void series_run(struct bench *bench, uint32_t run, const struct series *series,
		       const char *cache_dir, struct samples *samples)
{
	struct sweep sweep = {.bench = bench, .series = series};
	const uint32_t run_ms = bench->options->run_ms;
	char name[REPORT_NAME_BYTES];
	bool open;

	if (!series_wanted(bench, series))
		return;
	case_name(name, series, 0, NULL);
	open = bench_step(bench, name, run, 2 * run_ms) && sweep_open(&sweep, cache_dir, samples);
	if (open)
		peak_run(&sweep);
	for (size_t i = 0; i < LOAD_COUNT; i++) {
		case_name(name, series, loads[i], "p99");
		if (load_wanted(bench, series, loads[i]) &&
		    bench_step(bench, name, run, load_ms(bench, loads[i])) && open &&
		    sweep.peak > 0)
			load_run(&sweep, run, loads[i], samples);
	}
	sweep_close(&sweep);
}

void load_cases_run(struct bench *bench, uint32_t run, const char *cache_dir,
		    struct samples *samples)
{
	for (size_t i = 0; i < SERIES_COUNT; i++)
		series_run(bench, run, &all_series[i], cache_dir, samples);
}

void load_bars_add(struct bench *bench)
{
	char text[REPORT_REASON_BYTES], name[REPORT_NAME_BYTES];

	for (size_t i = 0; i < SERIES_COUNT; i++) {
		if (all_series[i].count > 1)
			continue;
		case_name(name, &all_series[i], 0, NULL);
		snprintf(text, sizeof(text), "3: %s, peak over workers / (in-function time%s)",
			 all_series[i].name, i == 0 ? "" : " + floor");
		report_bar(bench->report, text, name, "workers / least", REPORT_AT_LEAST, 0.9);
		case_name(name, &all_series[i], LONG_LOAD, "p99");
		snprintf(text, sizeof(text), "3: %s, at 80 %% of the peak, p99 over M/D/2's",
			 all_series[i].name);
		report_bar(bench->report, text, name, "ideal queue", REPORT_AT_MOST, 1.5);
	}
}
