/* Epochs: what runs again, what is kept, and from one epoch to the next. */
#include "sched_internal.h"

#include <assert.h>

/* Does something make it run again? A function whose items others take one by one keeps none of
 * them, so it runs again when one of those does. */
static bool runs_again(const struct sched *s, uint32_t v)
{
	const struct plan *plan = s->config.plan;

	if (plan->until && plan->until_vertex == v)
		return true;
	for (uint32_t e = 0; e < plan->edge_count; e++) {
		const struct plan_edge *edge = &plan->edges[e];

		if (edge->to == v && (edge->state || !s->vertices[edge->from].once))
			return true;
		if (edge->from == v && edge->distribution == DIST_EACH &&
		    !s->vertices[edge->to].once)
			return true;
	}
	return false;
}

void sched_find_once(struct sched *s)
{
	const struct plan *plan = s->config.plan;
	bool changed = plan->epochs > 0;

	for (uint32_t v = 0; v < plan->vertex_count; v++)
		s->vertices[v].once = plan->epochs > 0 && plan->vertices[v].kind != VERTEX_SINK;
	while (changed) {
		changed = false;
		for (uint32_t v = 0; v < plan->vertex_count; v++) {
			if (plan->vertices[v].kind != VERTEX_FUNCTION || !s->vertices[v].once ||
			    !runs_again(s, v))
				continue;
			s->vertices[v].once = false;
			changed = true;
		}
	}
}

enum sched_life sched_edge_life(const struct sched *s, uint32_t e)
{
	const struct plan_edge *edge = &s->config.plan->edges[e];

	if (edge->state)
		return SCHED_STATE;
	if (!s->vertices[edge->from].once)
		return SCHED_EPOCH;
	if (s->vertices[edge->to].once)
		return SCHED_FIRST;
	/* A source's items are presented by sched_source(). */
	return edge->distribution == DIST_EACH ? SCHED_EPOCH : SCHED_KEPT;
}

bool sched_epoch_complete(const struct sched *s)
{
	const struct plan *plan = s->config.plan;

	for (uint32_t v = 0; v < plan->vertex_count; v++)
		if (s->vertices[v].hosted && !s->vertices[v].done &&
		    plan->vertices[v].kind != VERTEX_SINK)
			return false;
	for (uint32_t e = 0; e < plan->edge_count; e++)
		if (s->vertices[plan->edges[e].to].hosted && !s->edges[e].complete)
			return false;
	return true;
}

bool sched_epoch_done(const struct sched *s)
{
	return s->epoch_done;
}

void sched_state(struct sched *s, uint32_t edge, uint64_t items)
{
	assert(s->config.plan->edges[edge].state);
	s->edges[edge].carried += items;
}

static void edge_reset(struct sched *s, uint32_t e)
{
	struct sched_edge *edge = &s->edges[e];
	enum sched_life life = sched_edge_life(s, e);

	if (life == SCHED_FIRST || life == SCHED_KEPT)
		return;
	*edge = (struct sched_edge){
	    .marks_needed = edge->marks_needed,
	    .carried = life == SCHED_STATE ? edge->items : 0,
	    .knotted = edge->knotted,
	};
}

static void vertex_reset(struct sched *s, uint32_t v)
{
	struct sched_vertex *vertex = &s->vertices[v];

	if (vertex->once)
		return;
	assert(vertex->in_flight == 0 && vertex->each_head == vertex->each_tail);
	sched_open_inputs(s, v);
	vertex->source_next = 0;
	vertex->partition_count = vertex->partition_next = 0;
	vertex->plan_asked = vertex->planned = vertex->all_started = vertex->done = false;
}

void sched_epoch(struct sched *s)
{
	const struct plan *plan = s->config.plan;

	assert(s->epoch_done && !s->over);
	s->epoch_done = false;
	for (uint32_t e = 0; e < plan->edge_count; e++)
		edge_reset(s, e);
	for (uint32_t v = 0; v < plan->vertex_count; v++)
		vertex_reset(s, v);
	for (uint32_t v = 0; v < plan->vertex_count; v++)
		if (plan->vertices[v].kind == VERTEX_SOURCE)
			sched_source(s, v, s->vertices[v].sources, s->vertices[v].source_count);
}

void sched_last(struct sched *s)
{
	assert(s->epoch_done && !s->over);
	s->epoch_done = false;
	s->last = true;
}
