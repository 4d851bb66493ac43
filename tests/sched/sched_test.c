/* A scheduler over a plan made from text, for the tests of this folder. */
#include "sched_test.h"

struct plan *plan_make(const char *text)
{
	struct compose_error error;
	struct plan *plan;
	int rc = compose_plan("test.mr", text, strlen(text), NULL, &plan, &error);

	CHECK(rc == 0, "%s:%u: %s", error.file, error.line, error.message);
	return plan;
}

struct sched *sched_make(const struct sched_config *config, char *error, size_t error_bytes)
{
	size_t bytes = (sched_bytes(config) + 63) / 64 * 64;
	void *memory = aligned_alloc(64, bytes);
	struct sched *sched;

	CHECK(memory != NULL);
	memset(memory, 0, bytes);
	if (sched_init(&sched, memory, config, error, error_bytes) == 0)
		return sched;
	free(memory);
	return NULL;
}

void sched_drop(struct sched **sched)
{
	free(*sched); /* its memory begins with itself */
	*sched = NULL;
}

uint32_t vertex_find(const struct plan *plan, const char *name)
{
	for (uint32_t v = 0; v < plan->vertex_count; v++)
		if (strcmp(plan->vertices[v].name, name) == 0)
			return v;
	CHECK(false, "no vertex %s", name);
	return UINT32_MAX;
}

uint32_t edge_find(const struct plan *plan, const char *name)
{
	for (uint32_t e = 0; e < plan->edge_count; e++) {
		char text[2 * MR_NAME_BYTES_MAX];

		snprintf(text, sizeof(text), "%s>%s", plan->vertices[plan->edges[e].from].name,
			 plan->vertices[plan->edges[e].to].name);
		if (strcmp(text, name) == 0)
			return e;
	}
	CHECK(false, "no edge %s", name);
	return UINT32_MAX;
}
