/* Choosing the scheduler's next action: failures first, then retries, then from the sinks upwards,
 * so that what is already made is consumed before more is made. */
#include "sched_internal.h"

#include <assert.h>

static bool find_slot(struct sched *s, enum slot_state state, uint32_t *index)
{
	for (uint32_t i = 0; i < s->config.slots; i++) {
		if (s->slots[i].state == state) {
			*index = i;
			return true;
		}
	}
	return false;
}

static bool next_failure(struct sched *s, struct sched_action *action)
{
	uint32_t index;

	if (s->failed_count == 0 || !find_slot(s, SLOT_FAILED, &index))
		return false;
	s->failed_count--;
	s->in_flight--;
	s->vertices[s->slots[index].action.vertex].in_flight--;
	s->slots[index].state = SLOT_FREE;
	*action = s->slots[index].action;
	action->kind = SCHED_FAIL;
	s->over = true;
	return true;
}

static bool next_retry(struct sched *s, struct sched_action *action)
{
	uint32_t index;

	if (s->retry_count == 0 || !find_slot(s, SLOT_RETRY, &index))
		return false;
	s->retry_count--;
	s->slots[index].state = SLOT_UNDER_WAY;
	*action = s->slots[index].action;
	return true;
}

/* `each` items run as they arrive: only the vertex's broadcast inputs must be complete. */
static bool ready(const struct sched *s, uint32_t v)
{
	const struct plan *plan = s->config.plan;

	if (s->vertices[v].inputs_open == 0)
		return true;
	if (sched_driver(s, v) != DIST_EACH)
		return false;
	for (uint32_t e = 0; e < plan->edge_count; e++)
		if (plan->edges[e].to == v && plan->edges[e].distribution != DIST_EACH &&
		    !plan->edges[e].state && !s->edges[e].complete)
			return false;
	return true;
}

/* Would its outputs find room in the rings of their `each` consumers? */
static bool has_downstream_room(const struct sched *s, uint32_t v)
{
	const struct plan *plan = s->config.plan;

	if (!s->vertices[v].feeds_each || plan->vertices[v].kind == VERTEX_SOURCE)
		return true;
	for (uint32_t e = 0; e < plan->edge_count; e++) {
		const struct plan_edge *edge = &plan->edges[e];
		const struct sched_vertex *to = &s->vertices[edge->to];

		if (edge->from != v || edge->distribution != DIST_EACH ||
		    (s->edges[e].knotted && !ready(s, edge->to)))
			continue;
		if (to->each_tail - to->each_head + s->config.slots >= MR_EACH_BATCHES_MAX)
			return false;
	}
	return true;
}

/* A required `all` or `broadcast` input without any item: then there is nothing to run on. */
static bool lacks_required_input(const struct sched *s, uint32_t v)
{
	const struct plan *plan = s->config.plan;
	const struct plan_vertex *vertex = &plan->vertices[v];

	if (vertex->kind != VERTEX_FUNCTION)
		return false;
	for (uint32_t set = 0; set < plan->functions[vertex->function].in_count; set++) {
		bool empty = true;
		bool counts = false;

		for (uint32_t e = 0; e < plan->edge_count; e++) {
			const struct plan_edge *edge = &plan->edges[e];

			if (edge->to != v || edge->to_set != set)
				continue;
			counts |=
			    edge->distribution == DIST_ALL || edge->distribution == DIST_BROADCAST;
			empty &= (edge->state ? s->edges[e].carried : s->edges[e].items) == 0;
		}
		if (counts && empty && !plan->functions[vertex->function].in[set].optional)
			return true;
	}
	return false;
}

/* Fills what identifies the next invocation of a vertex whose inputs are complete; false: none now.
 */
static bool take_each(struct sched_vertex *vertex, struct sched_action *action)
{
	struct sched_each *batch;

	if (vertex->source_next < vertex->source_count) {
		action->index = vertex->source_next;
		action->partition = vertex->sources[vertex->source_next++];
		return true;
	}
	if (vertex->each_head == vertex->each_tail)
		return false;
	batch = &vertex->each[vertex->each_head % MR_EACH_BATCHES_MAX];
	action->handle = batch->handle;
	action->index = batch->next;
	action->partition = batch->base + (uint64_t)batch->next * batch->step;
	action->last_item = ++batch->next == batch->count;
	if (action->last_item)
		vertex->each_head++;
	return true;
}

static bool take_partition(struct sched_vertex *vertex, struct sched_action *action)
{
	uint32_t i = vertex->partition_next;

	if (i == vertex->partition_count)
		return false;
	vertex->partition_next++;
	action->partition = vertex->firsts[i];
	action->group_end = i + 1 < vertex->partition_count ? vertex->firsts[i + 1] : MR_KEY_GROUPS;
	return true;
}

static bool exhausted(const struct sched *s, uint32_t v)
{
	const struct sched_vertex *vertex = &s->vertices[v];

	if (vertex->inputs_open > 0 || vertex->in_flight > 0)
		return false;
	if (s->config.plan->vertices[v].kind == VERTEX_SOURCE)
		return vertex->sources != NULL &&
		       (!vertex->ships || vertex->source_next == vertex->source_count);
	switch (sched_driver(s, v)) {
	case DIST_EACH:
		return vertex->source_next == vertex->source_count &&
		       vertex->each_head == vertex->each_tail;
	case DIST_KEY:
		return vertex->planned && vertex->partition_next == vertex->partition_count;
	default:
		return vertex->all_started;
	}
}

static bool take(struct sched *s, uint32_t v, struct sched_action *action)
{
	struct sched_vertex *vertex = &s->vertices[v];

	if (s->config.plan->vertices[v].kind == VERTEX_SOURCE)
		return vertex->ships && take_each(vertex, action);
	switch (sched_driver(s, v)) {
	case DIST_EACH:
		return take_each(vertex, action);
	case DIST_KEY:
		return take_partition(vertex, action);
	default:
		if (vertex->all_started)
			return false;
		vertex->all_started = true;
		return true;
	}
}

static void skip_vertex(struct sched *s, uint32_t v)
{
	struct sched_vertex *vertex = &s->vertices[v];

	vertex->source_next = vertex->source_count;
	vertex->each_head = vertex->each_tail;
	vertex->plan_asked = vertex->planned = true;
	vertex->partition_next = vertex->partition_count;
	vertex->all_started = true;
}

static bool next_of_vertex(struct sched *s, uint32_t v, struct sched_action *action)
{
	struct sched_vertex *vertex = &s->vertices[v];
	uint32_t index;

	if (!vertex->hosted || vertex->done || !ready(s, v) ||
	    (s->config.plan->vertices[v].kind == VERTEX_SINK && !s->last))
		return false;
	if (lacks_required_input(s, v))
		skip_vertex(s, v);
	*action = (struct sched_action){.vertex = v, .group_end = MR_KEY_GROUPS};
	if (exhausted(s, v)) {
		vertex->done = true;
		action->kind = SCHED_VERTEX_DONE;
		return true;
	}
	if (sched_driver(s, v) == DIST_KEY && vertex->firsts != NULL && !vertex->planned) {
		action->kind = SCHED_PLAN;
		return !vertex->plan_asked && (vertex->plan_asked = true);
	}
	if (s->in_flight == s->config.slots || !has_downstream_room(s, v) || !take(s, v, action))
		return false;
	if (!find_slot(s, SLOT_FREE, &index))
		assert(!"in_flight counts the slots in use");
	action->kind = SCHED_START;
	action->slot = index;
	s->slots[index] = (struct sched_slot){SLOT_UNDER_WAY, *action};
	s->in_flight++;
	vertex->in_flight++;
	return true;
}

bool sched_next(struct sched *s, struct sched_action *action)
{
	if (!s->over && (next_failure(s, action) || next_retry(s, action)))
		return true;
	for (uint32_t v = s->config.plan->vertex_count; !s->over && v-- > 0;)
		if (next_of_vertex(s, v, action))
			return true;
	if (!s->over && !s->last && !s->epoch_done && sched_epoch_complete(s)) {
		s->epoch_done = true;
		action->kind = SCHED_EPOCH_DONE;
		return true;
	}
	action->kind = SCHED_NONE;
	return false;
}
