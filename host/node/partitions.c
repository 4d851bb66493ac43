/* Partitions: ranges of key groups, as many as let each one's input fit an invocation. */
#include "node_internal.h"

#include <stdlib.h>

#include "run_size.h"
#include <millrace/hash.h>

/* Small enough to keep every worker busy to the end, large enough to be worth an invocation. */
#define PARTITION_BYTES_MIN (256u << 10)
#define PARTITIONS_PER_WORKER 2

static void measure(const struct job *job, uint32_t vertex, struct store_group *groups)
{
	for (uint32_t e = 0; e < job->plan->edge_count; e++) {
		const struct plan_edge *edge = &job->plan->edges[e];

		if (edge->to == vertex && edge->distribution == DIST_KEY)
			store_measure_groups(job->edges[e].store, groups);
	}
}

/* Bytes of a group in an image, with every slice of it padded: an upper bound. */
static uint64_t group_bytes(const struct store_group *group)
{
	return group->bytes + group->items * sizeof(struct mr_item) +
	       group->batches * STORE_SLICE_BYTES_EXTRA;
}

static uint64_t partition_limit(const struct job *job, uint32_t vertex, uint64_t total)
{
	const struct plan_function *function =
		&job->plan->functions[job->plan->vertices[vertex].function];
	uint32_t workers = job->node->workers.count > 0 ? job->node->workers.count : 1;
	uint64_t max = run_input_bytes_max(job, function, vertex);
	uint64_t limit = total / (PARTITIONS_PER_WORKER * workers) + 1;

	if (limit < PARTITION_BYTES_MIN)
		limit = PARTITION_BYTES_MIN;
	return limit < max ? limit : max;
}

void partitions_plan(struct job *job, uint32_t vertex)
{
	struct store_group *groups = calloc(MR_KEY_GROUPS, sizeof(*groups));
	uint16_t firsts[MR_KEY_GROUPS];
	uint64_t total = 0, held = 0, limit;
	uint32_t count = 0;

	if (groups == NULL) {
		job_fail(job, "no memory to plan partitions");
		return;
	}
	measure(job, vertex, groups);
	for (uint32_t group = 0; group < MR_KEY_GROUPS; group++)
		total += group_bytes(&groups[group]);
	limit = partition_limit(job, vertex, total);
	for (uint32_t group = 0; group < MR_KEY_GROUPS; group++) {
		uint64_t bytes = group_bytes(&groups[group]);

		if (groups[group].items == 0)
			continue;
		if (count == 0 || held + bytes > limit) {
			firsts[count++] = (uint16_t)group;
			held = 0;
		}
		held += bytes;
	}
	free(groups);
	sched_partitions(job->sched, vertex, firsts, count);
}
