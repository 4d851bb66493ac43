/* Steps, what they wait for, and how long they take. */
#include "plan.h"

#include <string.h>

#define BELIEVED_MS 3000 /* after that, the steps' own pace is believed instead of the plan's */

static uint32_t name_find(const struct bench_plan *plan, const char *name)
{
	uint32_t i = 0;

	while (i < plan->name_count && strcmp(plan->names[i], name) != 0)
		i++;
	return i;
}

void plan_add(struct bench_plan *plan, const char *name, uint32_t expected_ms)
{
	plan->expected_ms += expected_ms;
	if (name_find(plan, name) == plan->name_count && plan->name_count < MR_BENCH_CASES_MAX)
		snprintf(plan->names[plan->name_count++], REPORT_NAME_BYTES, "%s", name);
}

void plan_beside(struct bench_plan *plan, const char *name, const char *other, const char *label)
{
	struct plan_beside *beside = &plan->besides[plan->beside_count];

	if (plan->beside_count == MR_BENCH_CASES_MAX)
		return;
	snprintf(beside->name, sizeof(beside->name), "%s", name);
	snprintf(beside->other, sizeof(beside->other), "%s", other);
	snprintf(beside->label, sizeof(beside->label), "%s", label);
	plan->beside_count++;
}

bool plan_wants(const struct bench_plan *plan, const char *name)
{
	for (uint32_t i = 0; i < plan->wanted_count; i++) {
		if (strcmp(plan->wanted[i], name) == 0)
			return true;
	}
	return plan->wanted_count == 0;
}

static void wanted_add(struct bench_plan *plan, const char *name)
{
	bool there = plan->wanted_count > 0 && plan_wants(plan, name);

	if (!there && plan->wanted_count < MR_BENCH_CASES_MAX)
		memcpy(plan->wanted[plan->wanted_count++], name, strlen(name) + 1);
}

void plan_restrict(struct bench_plan *plan, const struct report *report)
{
	for (uint32_t i = 0; i < report->bar_count; i++) {
		const struct report_bar *bar = &report->bars[i];

		wanted_add(plan, bar->name);
		for (uint32_t b = 0; b < plan->beside_count; b++) {
			if (strcmp(plan->besides[b].name, bar->name) == 0 &&
			    strcmp(plan->besides[b].label, bar->against) == 0)
				wanted_add(plan, plan->besides[b].other);
		}
	}
	plan->name_count = 0;
	plan->expected_ms = 0;
	plan->beside_count = 0;
}

void plan_begin(struct bench_plan *plan, uint32_t expected_ms)
{
	plan->begun_ms += plan->step_ms;
	plan->step_ms = expected_ms;
}

uint32_t plan_number(const struct bench_plan *plan, const char *name)
{
	return name_find(plan, name) + 1;
}

uint64_t plan_left_s(const struct bench_plan *plan, uint64_t now_ns)
{
	uint64_t elapsed_ms = (now_ns - plan->start_ns) / 1000000;
	uint64_t left_ms =
	    plan->expected_ms > plan->begun_ms ? plan->expected_ms - plan->begun_ms : 0;

	if (plan->begun_ms > BELIEVED_MS)
		left_ms = left_ms * elapsed_ms / plan->begun_ms;
	return (left_ms + 999) / 1000;
}
