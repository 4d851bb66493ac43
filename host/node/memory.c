/* Memory pressure: stores spill before anything has to wait long, and what can never fit fails. */
#include "node_internal.h"

#include <string.h>

#define STALL_NS 2000000000ull /* nothing moved for so long: nothing will */

static void spill_check(struct job *job, struct store *store)
{
	int rc = store_spill_error(store);

	if (rc != 0)
		job_fail(job,
			 "node %u cannot spill to disk: %s; free space, give --spill another "
			 "folder or raise --memory",
			 job->node->id, strerror(-rc));
}

static uint64_t spill_stores(struct node *node, uint64_t want, bool *spilling)
{
	struct store *stores[EDGE_STORES_MAX];
	uint64_t started = 0;
	struct job *job;

	TAILQ_FOREACH (job, &node->jobs, link) {
		for (uint32_t e = 0; !job->over && e < job->plan->edge_count; e++) {
			const struct job_edge *edge = &job->edges[e];

			for (uint32_t i = job_edge_stores(edge, stores); i-- > 0;) {
				/* An old one goes by itself. */
				if (started < want && !edge->sealed && stores[i] != edge->old)
					started += store_spill(stores[i], node->io, node->spill,
							       want - started);
				*spilling |= store_spilling(stores[i]);
				spill_check(job, stores[i]);
			}
		}
	}
	return started;
}

/* Something waits for memory and nothing is under way that could free any. */
static bool stalled(const struct node *node, bool spilling)
{
	return !TAILQ_EMPTY(&node->waiting) && !spilling && node->workers.outstanding == 0 &&
	       io_in_flight(node->io) == 0 && node->batches_in_flight == 0 &&
	       node->unsent_count == 0 && handover_lent_bytes(node) == 0;
}

static void fail_stalled(struct node *node)
{
	struct run *run = TAILQ_FIRST(&node->waiting);

	node->stalled_ns = 0;
	job_fail(
	    run->job,
	    "%s: node %u has too little memory for it beside what else it holds: raise --memory",
	    run->vertex->name, node->id);
}

bool memory_pump(struct node *node)
{
	bool short_of = !TAILQ_EMPTY(&node->waiting) || !TAILQ_EMPTY(&node->unaccepted);
	bool spilling = false;
	struct region_pool_stats pool;
	uint64_t want = 0;
	uint64_t released, started;

	if (TAILQ_EMPTY(&node->jobs))
		return false;
	region_pool_stats(node->pool, &pool);
	if (pool.used_bytes > pool.bytes / 8 * 5)
		want = pool.used_bytes - pool.bytes / 2;
	else if (short_of)
		want = pool.bytes / 8;
	if (want > 0)
		handover_recall(node);
	if (handover_recalled(node) && want < pool.bytes / 8)
		want = pool.bytes / 8;
	released = want > 0 ? kept_release(node, want) : 0;
	started = spill_stores(node, want - (released < want ? released : want), &spilling);
	if (!stalled(node, spilling))
		node->stalled_ns = 0;
	else if (node->stalled_ns == 0)
		node->stalled_ns = node->now_ns;
	else if (node->now_ns - node->stalled_ns > STALL_NS)
		fail_stalled(node);
	return started > 0 || released > 0;
}
