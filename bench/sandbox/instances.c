/* Thousands of live wasm instances: each has its region, which is laid out, run and checked again
 * whenever its turn comes. */
#include "instances.h"

#include <errno.h>
#include <stdlib.h>

#include "awake.h"
#include "random.h"
#include "subject.h"

#define COUNT 10000
#define POOL_BYTES (1ull << 30) /* of which only what they use is touched */
#define CASE_ALL "wasm.instances.10000"
#define CASE_ONE "wasm.instances.1"

struct instances {
	struct subject subject;
	struct region **regions;
	uint32_t count; /* of them that are picked from */
	struct sim_random random;
};

static int instance_once(void *context)
{
	struct instances *instances = context;
	const uint64_t picked = sim_random_below(&instances->random, instances->count);

	return subject_again(&instances->subject, instances->regions[picked]);
}

static void instances_close(struct instances *instances)
{
	for (uint32_t i = 0; instances->regions != NULL && i < COUNT; i++)
		region_unref(&instances->regions[i]);
	free(instances->regions);
	subject_close(&instances->subject);
}

static int instances_open(struct instances *instances, const char *cache_dir)
{
	struct subject *subject = &instances->subject;
	int rc = subject_open(subject, "wasm", "matmul_timed", POOL_BYTES, cache_dir);

	if (rc != 0)
		return rc;
	instances->regions = calloc(COUNT, sizeof(struct region *));
	rc = instances->regions != NULL ? 0 : -ENOMEM;
	for (uint32_t i = 0; rc == 0 && i < COUNT; i++)
		rc = subject_create(subject, &instances->regions[i]);
	for (uint32_t i = 0; rc == 0 && i < COUNT; i++) /* all have lived */
		rc = subject_again(subject, instances->regions[i]);
	if (rc != 0)
		instances_close(instances);
	return rc;
}

static bool instances_take(struct instances *instances, uint32_t count, struct bench *bench,
			   struct samples *samples)
{
	int rc;

	instances->count = count;
	return samples_take(samples, bench->options->run_ms, instance_once, instances, &rc);
}

/* Both in one run, one right after the other. */
static void instances_measure(struct instances *instances, struct bench *bench,
			      struct samples *samples)
{
	double one_us;

	if (!instances_take(instances, 1, bench, samples)) {
		report_skip(bench->report, CASE_ALL ".p50", "%s", instances->subject.error);
		return;
	}
	samples_report(samples, bench, CASE_ONE);
	one_us = samples_percentile(samples, 50) / 1e3;
	if (!instances_take(instances, COUNT, bench, samples)) {
		report_skip(bench->report, CASE_ALL ".p50", "%s", instances->subject.error);
		return;
	}
	samples_report(samples, bench, CASE_ALL);
	case_against(report_case(bench->report, CASE_ALL ".p50", "us"), "one instance", one_us);
}

void instances_run(struct bench *bench, uint32_t run, const char *cache_dir,
		   struct samples *samples)
{
	struct instances instances = {.random = {.state = run + 1}};

	if (!bench_wants(bench, CASE_ALL ".p50") ||
	    !bench_step(bench, CASE_ALL ".p50", run, 2 * bench->options->run_ms))
		return;
	if (instances_open(&instances, cache_dir) != 0) {
		report_skip(bench->report, CASE_ALL ".p50", "%s",
			    instances.subject.error[0] != 0 ? instances.subject.error
							    : "no memory");
		return;
	}
	if (awake_start() == 0) {
		instances_measure(&instances, bench, samples);
		awake_stop();
	}
	instances_close(&instances);
}

void instances_bar_add(struct bench *bench)
{
	report_bar(bench->report, "1: wasm, 10,000 live instances picked at random, over one",
		   CASE_ALL ".p50", "one instance", REPORT_AT_MOST, 5);
}
