/* Measuring: which cases are asked for, what is put beside what, and how far it is. */
#include "bench.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan.h"
#include "process.h"

bool bench_wants(const struct bench *bench, const char *name)
{
	if (bench->options->pattern != NULL && fnmatch(bench->options->pattern, name, 0) != 0)
		return false;
	return plan_wants(bench->plan, name);
}

bool bench_planning(const struct bench *bench)
{
	return bench->plan->planning;
}

void bench_beside(struct bench *bench, const char *name, const char *other, const char *label)
{
	const struct report_case *c = report_find(bench->report, name);
	const struct report_case *limit = report_find(bench->report, other);

	if (bench->plan->planning)
		plan_beside(bench->plan, name, other, label);
	if (c == NULL || limit == NULL)
		return;
	for (uint32_t i = 0; i < limit->own.sample_count; i++)
		case_against((struct report_case *)c, label, limit->own.samples[i]);
}

static void line_print(const struct bench *bench, const char *name, uint32_t run)
{
	uint64_t left_s = plan_left_s(bench->plan, process_now_ns());

	fprintf(stderr, "\r\033[K%s: case %u of %u, run %u of %u, about %llu:%02llu left", name,
		plan_number(bench->plan, name), bench->plan->name_count, run + 1,
		bench->options->runs, (unsigned long long)left_s / 60,
		(unsigned long long)left_s % 60);
	fflush(stderr);
}

bool bench_step(struct bench *bench, const char *name, uint32_t run, uint32_t expected_ms)
{
	if (bench->plan->planning) {
		plan_add(bench->plan, name, expected_ms);
		return false;
	}
	plan_begin(bench->plan, expected_ms);
	if (isatty(STDERR_FILENO))
		line_print(bench, name, run);
	return true;
}

bool bench_again(struct bench *bench, uint32_t expected_ms)
{
	struct bench_plan *plan = bench->plan;

	if (bench->options->quick || plan->again_ms + expected_ms > plan->expected_ms)
		return false;
	plan->again_ms += expected_ms;
	return true;
}

/* Goes through all steps without doing them; of what is reported meanwhile only the bars are of
 * use. */
static int steps_plan(struct bench *bench, int (*run)(struct bench *bench), bool by_bars)
{
	struct report *kept = bench->report;
	int rc = report_create(&bench->report, "");

	if (rc == 0) {
		bench->plan->planning = true;
		rc = run(bench);
		bench->plan->planning = false;
		if (by_bars)
			plan_restrict(bench->plan, bench->report);
		report_destroy(&bench->report);
	}
	bench->report = kept;
	return rc;
}

/* --check without --case: what the bars need is learned first, and only that is planned then. */
static int plan_make(struct bench *bench, int (*run)(struct bench *bench))
{
	int rc = 0;

	if (bench->options->check && bench->options->pattern == NULL)
		rc = steps_plan(bench, run, true);
	return rc == 0 ? steps_plan(bench, run, false) : rc;
}

int bench_measure(struct bench *bench, int (*run)(struct bench *bench))
{
	int rc;

	bench->plan = calloc(1, sizeof(*bench->plan));
	if (bench->plan == NULL)
		return -ENOMEM;
	rc = plan_make(bench, run);
	bench->plan->start_ns = process_now_ns();
	if (rc == 0)
		rc = run(bench);
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	free(bench->plan);
	bench->plan = NULL;
	return rc;
}
