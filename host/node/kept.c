/* Items of sources that are presented in each epoch: kept while memory is plenty, else read again.
 */
#include "node_internal.h"

#include <stdlib.h>

static bool wanted_again(const struct job *job, uint32_t vertex)
{
	for (uint32_t e = 0; e < job->plan->edge_count; e++)
		if (job->plan->edges[e].to == vertex &&
		    job->plan->edges[e].distribution == DIST_EACH)
			return job->plan->epochs > 1 &&
			       sched_edge_life(job->sched, e) == SCHED_EPOCH;
	return false;
}

/* Below what memory_pump() begins to spill at. */
static bool memory_plenty(const struct node *node)
{
	struct region_pool_stats pool;

	region_pool_stats(node->pool, &pool);
	return pool.used_bytes < pool.bytes / 2;
}

void kept_add(struct run *run, struct region *batch)
{
	struct job_source *source = &run->job->sources[run->source_vertex];
	struct kept_item *kept;

	if (!wanted_again(run->job, run->action.vertex) || !memory_plenty(run->job->node))
		return;
	if (source->kept == NULL)
		source->kept = calloc(source->count, sizeof(*source->kept));
	if (source->kept == NULL)
		return; /* it is read again */
	kept = &source->kept[run->action.index];
	if (kept->batch == NULL)
		*kept = (struct kept_item){region_ref(batch), run->item_offset};
}

const struct kept_item *kept_find(const struct run *run)
{
	const struct job_source *source = &run->job->sources[run->source_vertex];
	const struct kept_item *kept;

	if (source->kept == NULL || run->vertex->kind != VERTEX_FUNCTION)
		return NULL;
	kept = &source->kept[run->action.index];
	return kept->batch != NULL && wanted_again(run->job, run->action.vertex) ? kept : NULL;
}

static uint64_t source_release(struct job_source *source, uint64_t want_bytes)
{
	uint64_t released = 0;

	for (uint32_t i = 0; source->kept != NULL && i < source->count; i++) {
		if (released >= want_bytes)
			break;
		if (source->kept[i].batch == NULL)
			continue;
		released += source->kept[i].batch->class_bytes;
		region_unref(&source->kept[i].batch);
	}
	return released;
}

uint64_t kept_release(struct node *node, uint64_t want_bytes)
{
	uint64_t released = 0;
	struct job *job;

	TAILQ_FOREACH (job, &node->jobs, link)
		for (uint32_t v = 0; released < want_bytes && v < job->plan->vertex_count; v++)
			released += source_release(&job->sources[v], want_bytes - released);
	return released;
}

void kept_free(struct job_source *source)
{
	source_release(source, UINT64_MAX);
	free(source->kept);
	source->kept = NULL;
}
