/* What a benchmark is going to measure, learned by going through it once without measuring. */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"

struct plan_beside {
	char name[REPORT_NAME_BYTES];
	char other[REPORT_NAME_BYTES];
	char label[REPORT_NAME_BYTES];
};

struct bench_plan {
	bool planning;
	char names[MR_BENCH_CASES_MAX][REPORT_NAME_BYTES]; /* of steps, in the order planned */
	uint32_t name_count;
	uint64_t expected_ms; /* all steps together */
	uint64_t begun_ms;    /* of these: the steps that have begun, without the last */
	uint32_t step_ms;     /* the last that has begun */
	uint64_t start_ns;
	uint64_t again_ms; /* spent on steps that were disturbed */
	struct plan_beside besides[MR_BENCH_CASES_MAX];
	uint32_t beside_count;
	char wanted[MR_BENCH_CASES_MAX][REPORT_NAME_BYTES]; /* by bars; none: everything is */
	uint32_t wanted_count;
};

void plan_add(struct bench_plan *plan, const char *name, uint32_t expected_ms);
void plan_beside(struct bench_plan *plan, const char *name, const char *other, const char *label);
/* From now on only the cases that the bars of this report hold, and what they hold them beside, are
 * wanted; the plan is to be made anew. */
void plan_restrict(struct bench_plan *plan, const struct report *report);
bool plan_wants(const struct bench_plan *plan, const char *name);

void plan_begin(struct bench_plan *plan, uint32_t expected_ms);
/* Which of the names it is, from 1. */
uint32_t plan_number(const struct bench_plan *plan, const char *name);
uint64_t plan_left_s(const struct bench_plan *plan, uint64_t now_ns);

#endif
