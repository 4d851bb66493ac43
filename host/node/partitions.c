/* Partitions: ranges of key groups, as many as let each one's input fit an invocation. */
#include "node_internal.h"

#include "run_size.h"
#include <millrace/hash.h>

/* Small enough to keep every worker busy to the end, large enough to be worth an invocation. */
#define PARTITION_BYTES_MIN (256u << 10)
#define PARTITIONS_PER_WORKER 2

static void measure(const struct job *job, uint32_t vertex, uint32_t first, uint32_t end,
		    uint64_t *items, uint64_t *bytes)
{
	*items = *bytes = 0;
	for (uint32_t e = 0; e < job->plan->edge_count; e++) {
		const struct plan_edge *edge = &job->plan->edges[e];
		uint32_t edge_items;
		uint64_t edge_bytes;

		if (edge->to != vertex || edge->distribution != DIST_KEY)
			continue;
		store_measure(job->edges[e].store, first, end, &edge_items, &edge_bytes);
		*items += edge_items;
		*bytes += edge_bytes + (uint64_t)edge_items * sizeof(struct mr_item);
	}
}

void partitions_plan(struct job *job, uint32_t vertex)
{
	const struct plan_function *function =
	    &job->plan->functions[job->plan->vertices[vertex].function];
	uint32_t workers = job->node->workers.count > 0 ? job->node->workers.count : 1;
	uint16_t firsts[MR_KEY_GROUPS];
	uint64_t items, bytes, limit;
	uint64_t held = 0;
	uint32_t count = 0;

	measure(job, vertex, 0, MR_KEY_GROUPS, &items, &bytes);
	limit = bytes / (PARTITIONS_PER_WORKER * workers) + 1;
	if (limit < PARTITION_BYTES_MIN)
		limit = PARTITION_BYTES_MIN;
	if (limit > run_input_bytes_max(job, function, vertex))
		limit = run_input_bytes_max(job, function, vertex);
	for (uint32_t group = 0; group < MR_KEY_GROUPS; group++) {
		measure(job, vertex, group, group + 1, &items, &bytes);
		if (items == 0)
			continue;
		if (count == 0 || held + bytes > limit) {
			firsts[count++] = (uint16_t)group;
			held = 0;
		}
		held += bytes;
	}
	sched_partitions(job->sched, vertex, firsts, count);
}
