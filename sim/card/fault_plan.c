/* Faults by rate or number, from a seed. */
#include "fault_plan.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Atomic uint64_t fault_counts[FAULT_KINDS];

static const char *const fault_names[FAULT_KINDS] = {"hang", "address", "sync", "lost", "bank"};

static bool rate_parse(const char *text, double *rate)
{
	char *end;

	*rate = strtod(text, &end);
	return end != text && *end == '\0' && *rate >= 0 && *rate <= 1;
}

static bool number_parse(const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *text != '-';
}

static bool entry_parse(struct fault_plan *plan, const char *name, const char *value)
{
	if (strcmp(name, "seed") == 0)
		return number_parse(value, &plan->seed);
	for (int i = 0; i < FAULT_KINDS; i++) {
		if (strcmp(name, fault_names[i]) != 0)
			continue;
		if (*value == '@')
			return number_parse(value + 1, &plan->kinds[i].at) && plan->kinds[i].at > 0;
		return rate_parse(value, &plan->kinds[i].rate);
	}
	return false;
}

int fault_plan_parse(struct fault_plan *plan, const char *text, char *error, size_t error_bytes)
{
	char *copy = strdup(text != NULL ? text : ""), *rest = copy, *entry;
	int rc = copy != NULL ? 0 : -ENOMEM;

	memset(plan, 0, sizeof(*plan));
	while (rc == 0 && (entry = strsep(&rest, ",")) != NULL) {
		char *value = strchr(entry, '=');

		if (*entry == '\0')
			continue;
		if (value != NULL)
			*value++ = '\0';
		if (value == NULL || !entry_parse(plan, entry, value)) {
			snprintf(error, error_bytes,
				 FAULT_PLAN_VARIABLE
				 ": \"%.60s\" is not allowed: seed=NUMBER, and hang, address, "
				 "sync, lost or bank, each with =RATE from 0 to 1 or =@NUMBER",
				 entry);
			rc = -EINVAL;
		}
	}
	free(copy);
	return rc;
}

/* Splitmix64's last steps: neighbouring numbers give unrelated ones. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
	x = (x ^ x >> 27) * 0x94D049BB133111EBu;
	return x ^ x >> 31;
}

bool fault_plan_take(struct fault_plan *plan, enum fault_kind kind)
{
	const uint64_t number = ++plan->kinds[kind].occasions;
	const uint64_t random = mix(mix(plan->seed * FAULT_KINDS + (uint64_t)kind) + number);
	const bool taken = plan->kinds[kind].at != 0
			       ? number == plan->kinds[kind].at
			       : (double)(random >> 11) * 0x1p-53 < plan->kinds[kind].rate;

	if (taken)
		atomic_fetch_add(&fault_counts[kind], 1);
	return taken;
}

__attribute__((visibility("default"))) void card_faults_count(uint64_t counts[FAULT_KINDS])
{
	for (int i = 0; i < FAULT_KINDS; i++)
		counts[i] = atomic_load(&fault_counts[i]);
}
