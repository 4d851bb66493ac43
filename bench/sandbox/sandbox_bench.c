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
#include "place.h"
#include "samples.h"
#include "subject.h"
#include "worker.h"

#define MATMUL_SIDE 128
#define MATMUL_ROUNDS 60 /* of which medians are taken, in turns with the bare loop */

static const char *const backends[] = {"wasm", "process", "kvm"};
#define BACKEND_COUNT (sizeof(backends) / sizeof(backends[0]))

static int cold_once(void *subject)
{
	return subject_cold(subject, NULL);
}

static int warm_once(void *subject)
{
	return subject_warm(subject);
}

static bool wanted(const struct bench *bench, const char *backend, const char *what)
{
	char name[REPORT_NAME_BYTES];

	snprintf(name, sizeof(name), "%s.%s.p50", backend, what);
	return bench_wants(bench, name);
}

static void case_run(struct bench *bench, struct samples *samples, struct subject *subject,
		     const char *what, int (*once)(void *subject))
{
	char name[REPORT_NAME_BYTES];
	int rc;

	snprintf(name, sizeof(name), "%s.%s", subject->ops->name, what);
	bench_progress("%s", name);
	if (samples_take(samples, bench->options->run_ms, once, subject, &rc))
		samples_report(samples, bench, name);
	else
		report_skip(bench->report, name, "%s", subject->error);
}

/* The floor, as a case and beside cold's p50. */
static double floor_run(struct bench *bench, struct samples *samples, struct subject *subject)
{
	char name[REPORT_NAME_BYTES], reason[REPORT_REASON_BYTES];

	snprintf(name, sizeof(name), "%s.floor", subject->ops->name);
	bench_progress("%s", name);
	if (!floor_take(subject, samples, bench->options->run_ms, reason, sizeof(reason))) {
		report_skip(bench->report, name, "%s", reason);
		return 0;
	}
	samples_report(samples, bench, name);
	return samples_percentile(samples, 50) / 1e3;
}

static void latencies_run(struct bench *bench, struct samples *samples, struct subject *subject)
{
	const char *backend = subject->ops->name;
	char name[REPORT_NAME_BYTES];
	double floor_us;

	subject->side = 1;
	if (wanted(bench, backend, "cold")) {
		floor_us = floor_run(bench, samples, subject);
		case_run(bench, samples, subject, "cold", cold_once);
		snprintf(name, sizeof(name), "%s.cold.p50", backend);
		if (floor_us > 0 && report_find(bench->report, name) != NULL)
			case_against(report_case(bench->report, name, "us"), "floor", floor_us);
	}
	if (wanted(bench, backend, "warm") && subject_warm_begin(subject) == 0) {
		case_run(bench, samples, subject, "warm", warm_once);
		subject_warm_end(subject);
	}
}

/* Time inside the function, in turns with the same loop outside of any sandbox. */
static void matmul_run(struct bench *bench, struct samples *samples, struct subject *subject,
		       struct samples *bare)
{
	static uint32_t product[MATMUL_SIDE * MATMUL_SIDE];
	const double us_per_tick = 1e6 / (double)worker_ticks_per_s();
	char name[REPORT_NAME_BYTES];
	struct report_case *c;
	uint64_t ticks;

	snprintf(name, sizeof(name), "%s.matmul.128", subject->ops->name);
	/* Not for wasm: a module cannot read the clock, and its bar is another (docs/bench.md). */
	if (strcmp(subject->ops->code_suffix, ".elf") != 0 || !bench_wants(bench, name))
		return;
	bench_progress("%s", name);
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
	report_bar(report, "2: process, 128x128 matmul inside over the bare loop",
		   "process.matmul.128", "bare", REPORT_AT_MOST, 1.05);
	report_bar(report, "1: kvm, cold, p50 over its floor", "kvm.cold.p50", "floor",
		   REPORT_AT_MOST, 1.5);
	report_bar(report, "2: kvm, 128x128 matmul inside over the bare loop", "kvm.matmul.128",
		   "bare", REPORT_AT_MOST, 1.05);
}

static void backend_run(struct bench *bench, const char *backend, const char *cache_dir,
			struct samples *samples, struct samples *bare)
{
	struct subject subject;

	if (subject_open(&subject, backend, cache_dir) != 0) {
		report_skip(bench->report, backend, "%s", subject.error);
		return;
	}
	if (awake_start() == 0) {
		latencies_run(bench, samples, &subject);
		awake_stop();
	}
	matmul_run(bench, samples, &subject, bare);
	subject_close(&subject);
}

static void runs_run(struct bench *bench, const char *cache_dir, struct samples *samples,
		     struct samples *bare)
{
	char floor_program[PATH_MAX] = "";

	place_find("process_floor", floor_program);
	for (uint32_t run = 0; run < bench->options->runs; run++) {
		if (bench_wants(bench, "anchor.p50") && awake_start() == 0) {
			anchors_run(bench, samples, floor_program);
			awake_stop();
		}
		for (size_t i = 0; i < BACKEND_COUNT; i++)
			backend_run(bench, backends[i], cache_dir, samples, bare);
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
