/* `millrace bench sandbox`: what a run costs through the sandbox's interface, backend by backend,
 * beside its floor and beside what people know the cost of. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "anchors.h"
#include "awake.h"
#include "bare_matmul.h"
#include "bench.h"
#include "floors.h"
#include "footprint.h"
#include "instances.h"
#include "load_cases.h"
#include "others.h"
#include "place.h"
#include "platform.h"
#include "samples.h"
#include "subject.h"
#include "wasm_matmul.h"
#include "worker.h"

#define MATMUL_SIDE 128
#define MATMUL_CASE "matmul.128"
#define MATMUL_MS 200    /* about what its rounds take */
#define MATMUL_ROUNDS 60 /* of which medians are taken, in turns with the bare loop */

static const char *const backends[] = {"wasm", "wasm-process", "process", "kvm"};
#define BACKEND_COUNT (sizeof(backends) / sizeof(backends[0]))

static int cold_once(void *subject)
{
	return subject_cold(subject, NULL);
}

static int warm_once(void *subject)
{
	return subject_warm(subject);
}

/* Is that case to be measured now? Not when it is only planned. */
static bool begun(struct bench *bench, uint32_t run, const struct subject *subject,
		  const char *what, uint32_t expected_ms)
{
	char name[REPORT_NAME_BYTES];

	snprintf(name, sizeof(name), "%s.%s", subject->ops->name, what);
	return bench_wants(bench, name) && bench_step(bench, name, run, expected_ms);
}

static void case_run(struct bench *bench, struct samples *samples, struct subject *subject,
		     const char *what, int (*once)(void *context), void *context)
{
	char name[REPORT_NAME_BYTES];
	int rc;

	snprintf(name, sizeof(name), "%s.%s", subject->ops->name, what);
	if (samples_take(samples, bench->options->run_ms, once, context, &rc))
		samples_report(samples, bench, name);
	else
		report_skip(bench->report, name, "%s", subject->error);
}

/* The floor, as a case; its p50 in microseconds, 0 where it cannot be measured. */
static double floor_run(struct bench *bench, struct samples *samples, struct subject *subject)
{
	char name[REPORT_NAME_BYTES], reason[REPORT_REASON_BYTES];

	snprintf(name, sizeof(name), "%s.floor", subject->ops->name);
	if (!floor_take(subject, samples, bench->options->run_ms, reason, sizeof(reason))) {
		report_skip(bench->report, name, "%s", reason);
		return 0;
	}
	samples_report(samples, bench, name);
	return samples_percentile(samples, 50) / 1e3;
}

/* Beside its floor, one right after the other. */
static void cold_run(struct bench *bench, struct samples *samples, struct subject *subject)
{
	const double floor_us = floor_run(bench, samples, subject);
	char name[REPORT_NAME_BYTES];

	case_run(bench, samples, subject, "cold", cold_once, subject);
	snprintf(name, sizeof(name), "%s.cold.p50", subject->ops->name);
	if (floor_us > 0 && report_find(bench->report, name) != NULL)
		case_against(report_case(bench->report, name, "us"), "floor", floor_us);
}

/* Through a node: called, and waited for. */
struct caller {
	struct platform platform;
	struct platform_call call;
	struct subject *subject;
};

static int platform_once(void *context)
{
	struct caller *caller = context;
	const int rc = node_call_run(caller->platform.functions[0], &caller->call.call);

	if (rc == -EAGAIN)
		return rc;
	return platform_call_right(&caller->call, caller->subject) ? 0 : -EIO;
}

/* Beside the floor, one right after the other. */
static void platform_run(struct bench *bench, struct samples *samples, struct subject *subject)
{
	char name[REPORT_NAME_BYTES], over[REPORT_NAME_BYTES], reason[REPORT_REASON_BYTES];
	struct caller caller = {.subject = subject};
	double floor_us = 0;

	snprintf(name, sizeof(name), "%s.platform.p50", subject->ops->name);
	snprintf(over, sizeof(over), "%s.platform.over", subject->ops->name);
	if (floor_take(subject, samples, bench->options->run_ms, reason, sizeof(reason)))
		floor_us = samples_percentile(samples, 50) / 1e3;
	if (platform_open(&caller.platform, &subject->ops, 1, 1) != 0) {
		report_skip(bench->report, name, "%s", caller.platform.error);
		return;
	}
	platform_call_init(&caller.call, subject);
	case_run(bench, samples, subject, "platform", platform_once, &caller);
	if (floor_us > 0 && report_find(bench->report, name) != NULL) {
		struct report_case *c = report_case(bench->report, name, "us");

		case_against(c, "floor", floor_us);
		case_sample(report_case(bench->report, over, "us"),
			    samples_percentile(samples, 50) / 1e3 - floor_us);
	}
	platform_close(&caller.platform);
}

static void latencies_run(struct bench *bench, uint32_t run, struct samples *samples,
			  struct subject *subject)
{
	const uint32_t run_ms = bench->options->run_ms;

	subject->side = 1;
	if (begun(bench, run, subject, "cold.p50", 2 * run_ms) && awake_start() == 0) {
		cold_run(bench, samples, subject);
		awake_stop();
	}
	if (begun(bench, run, subject, "warm.p50", run_ms) && awake_start() == 0) {
		if (subject_warm_begin(subject) == 0) {
			case_run(bench, samples, subject, "warm", warm_once, subject);
			subject_warm_end(subject);
		}
		awake_stop();
	}
	if (begun(bench, run, subject, "platform.over", 2 * run_ms) && awake_start() == 0) {
		platform_run(bench, samples, subject);
		awake_stop();
	}
}

/* Time inside the function, in turns with the same loop outside of any sandbox. */
static void matmul_run(struct bench *bench, uint32_t run, struct samples *samples,
		       struct subject *subject, struct samples *bare)
{
	static uint32_t product[MATMUL_SIDE * MATMUL_SIDE];
	char name[REPORT_NAME_BYTES];
	double us_per_tick;
	struct report_case *c;
	uint64_t ticks;

	/* Not for wasm: a module cannot read the clock, and its bar is another (wasm_matmul.c). */
	if (strcmp(subject->ops->code_suffix, ".elf") != 0 ||
	    !begun(bench, run, subject, MATMUL_CASE, MATMUL_MS))
		return;
	snprintf(name, sizeof(name), "%s.%s", subject->ops->name, MATMUL_CASE);
	us_per_tick = 1e6 / (double)worker_ticks_per_s();
	subject->side = MATMUL_SIDE;
	samples->count = bare->count = 0;
	for (int i = 0; i < MATMUL_ROUNDS; i++) {
		samples_add(bare, bare_matmul(subject->a, subject->b, product, MATMUL_SIDE));
		if (subject_cold(subject, &ticks) != 0) {
			report_skip(bench->report, name, "%s", subject->error);
			return;
		}
		samples_add(samples, ticks);
	}
	c = report_case(bench->report, name, "us inside");
	case_sample(c, samples_percentile(samples, 50) * us_per_tick);
	case_against(c, "bare", samples_percentile(bare, 50) * us_per_tick);
}

static void bars_add(struct bench *bench)
{
	struct report *report = bench->report;

	report_bar(report, "1: wasm, cold, p50 over its floor", "wasm.cold.p50", "floor",
		   REPORT_AT_MOST, 3);
	report_bar(report, "1: wasm, cold, p99 over p50", "wasm.cold.p99", "p50", REPORT_AT_MOST,
		   10);
	report_bar(report, "1: process, cold, p50 over its floor", "process.cold.p50", "floor",
		   REPORT_AT_MOST, 1.5);
	report_bar(report, "1: wasm, through a node, p50 beyond its floor, us",
		   "wasm.platform.over", NULL, REPORT_AT_MOST, 10);
	report_bar(report, "1: process, through a node, p50 beyond its floor, us",
		   "process.platform.over", NULL, REPORT_AT_MOST, 10);
	report_bar(report, "1: kvm, through a node, p50 beyond its floor, us", "kvm.platform.over",
		   NULL, REPORT_AT_MOST, 10);
	report_bar(report, "2: process, 128x128 matmul inside over the bare loop",
		   "process.matmul.128", "bare", REPORT_AT_MOST, 1.05);
	report_bar(report, "1: kvm, cold, p50 over its floor", "kvm.cold.p50", "floor",
		   REPORT_AT_MOST, 1.5);
	report_bar(report, "2: kvm, 128x128 matmul inside over the bare loop", "kvm.matmul.128",
		   "bare", REPORT_AT_MOST, 1.05);
	wasm_matmul_bars_add(bench);
	instances_bar_add(bench);
	load_bars_add(bench);
}

static void backend_run(struct bench *bench, uint32_t run, const char *backend,
			const char *cache_dir, struct samples *samples, struct samples *bare)
{
	struct subject subject = {.ops = sandbox_backend(backend)};
	const bool planning = bench_planning(bench);

	if (subject.ops == NULL) {
		report_skip(bench->report, backend, "this build has no such backend");
		return;
	}
	if (!planning &&
	    subject_open(&subject, backend, "matmul_timed", SUBJECT_POOL_BYTES, cache_dir) != 0) {
		report_skip(bench->report, backend, "%s", subject.error);
		return;
	}
	latencies_run(bench, run, samples, &subject);
	matmul_run(bench, run, samples, &subject, bare);
	if (!planning)
		subject_close(&subject);
}

static void runs_run(struct bench *bench, const char *cache_dir, struct samples *samples,
		     struct samples *bare)
{
	char floor_program[PATH_MAX] = "";

	place_find("process_floor", floor_program);
	for (uint32_t run = 0; run < bench->options->runs; run++) {
		anchors_run(bench, run, samples, floor_program);
		others_run(bench, run, samples);
		for (size_t i = 0; i < BACKEND_COUNT; i++)
			backend_run(bench, run, backends[i], cache_dir, samples, bare);
		wasm_matmul_run(bench, run, cache_dir, samples, bare);
		instances_run(bench, run, cache_dir, samples);
		for (size_t i = 0; i < BACKEND_COUNT; i++)
			footprint_run(bench, run, backends[i], cache_dir);
		load_cases_run(bench, run, cache_dir, samples);
	}
}

int bench_sandbox(struct bench *bench)
{
	struct samples samples = {0}, bare = {0};
	char cache_dir[PATH_MAX];
	int rc = sandbox_cache_dir(cache_dir, sizeof(cache_dir));

	if (rc == 0)
		rc = samples_create(&samples);
	if (rc == 0)
		rc = samples_create(&bare);
	if (rc == 0)
		rc = sandbox_runtime_start();
	if (rc == 0) {
		rc = sandbox_thread_enter();
		if (rc == 0) {
			runs_run(bench, cache_dir, &samples, &bare);
			sandbox_thread_leave();
		}
		sandbox_runtime_stop();
	}
	samples_destroy(&samples);
	samples_destroy(&bare);
	bars_add(bench);
	if (rc != 0)
		fprintf(stderr, "millrace bench sandbox: %s\n", strerror(-rc));
	return rc;
}
