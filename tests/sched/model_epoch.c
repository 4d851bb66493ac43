/* The model's epochs: commits, what each must have consumed, and what is carried to the next. */
#include "model.h"

static bool is_sink(const struct model *m, uint32_t v)
{
	return m->plan->vertices[v].kind == VERTEX_SINK;
}

void model_find_steady(struct model *m)
{
	bool changed = true;

	for (uint32_t v = 0; v < m->plan->vertex_count; v++)
		m->vertex[v].steady = true;
	while (changed) {
		changed = false;
		for (uint32_t e = 0; e < m->plan->edge_count; e++) {
			const struct plan_edge *edge = &m->plan->edges[e];

			if (!m->vertex[edge->to].steady ||
			    (!edge->state && m->vertex[edge->from].steady))
				continue;
			m->vertex[edge->to].steady = false;
			changed = true;
		}
	}
}

/* A required `all` or `broadcast` input got nothing: then the vertex does not run. */
static bool starved(const struct model *m, uint32_t v)
{
	const struct plan_vertex *vertex = &m->plan->vertices[v];

	for (uint32_t e = 0; e < m->plan->edge_count; e++) {
		const struct plan_edge *edge = &m->plan->edges[e];

		if (edge->to == v && vertex->kind == VERTEX_FUNCTION &&
		    (edge->distribution == DIST_ALL || edge->distribution == DIST_BROADCAST) &&
		    !m->plan->functions[vertex->function].in[edge->to_set].optional &&
		    (edge->state ? m->vertex[edge->from].before_count
				 : m->vertex[edge->from].item_count) == 0)
			return true;
	}
	return false;
}

static void edge_check(const struct model *m, uint32_t e)
{
	const struct plan_edge *edge = &m->plan->edges[e];
	const struct model_vertex *to = &m->vertex[edge->to];
	const struct model_vertex *from = &m->vertex[edge->from];
	uint32_t count = edge->state ? from->before_count : from->item_count;
	uint32_t times = edge->distribution == DIST_BROADCAST ? to->invocations : 1;

	if (starved(m, edge->to)) {
		MODEL_CHECK(m, to->invocations == 0, "%s ran without its inputs",
			    m->plan->vertices[edge->to].name);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		MODEL_CHECK(m, to->consumed[edge->to_set][i] == times,
			    "item %u of %s was consumed %u times by %s, not %u", i,
			    m->plan->vertices[edge->from].name, to->consumed[edge->to_set][i],
			    m->plan->vertices[edge->to].name, times);
}

/* What no state reaches may run in each epoch, or only in the first. */
static bool may_rest(const struct model *m, uint32_t v)
{
	return m->epoch > 0 && m->vertex[v].steady && m->vertex[v].invocations == 0;
}

void model_check_edges(const struct model *m, bool sinks)
{
	for (uint32_t e = 0; e < m->plan->edge_count; e++) {
		uint32_t to = m->plan->edges[e].to;

		if (is_sink(m, to) != sinks) {
			MODEL_CHECK(m, sinks || m->epochs == 0 || m->vertex[to].invocations == 0,
				    "a sink writes before the last epoch is committed");
			continue;
		}
		if (!may_rest(m, to))
			edge_check(m, e);
	}
}

static void vertex_carry(struct model_vertex *vertex)
{
	memcpy(vertex->before, vertex->items, sizeof(vertex->items));
	vertex->before_count = vertex->item_count;
	vertex->invocations = 0;
	memset(vertex->consumed, 0, sizeof(vertex->consumed));
	if (!vertex->steady)
		vertex->item_count = 0;
}

void model_epoch_commit(struct model *m)
{
	for (uint32_t n = 0; n < m->nodes; n++)
		if (!m->node[n].epoch_done)
			return;
	model_check_edges(m, false);
	for (uint32_t v = 0; v < m->plan->vertex_count; v++)
		for (uint32_t n = 0; n < m->nodes && !is_sink(m, v) && !m->vertex[v].steady; n++)
			MODEL_CHECK(m, !sched_hosts(m->node[n].sched, v, n) ||
					   m->node[n].done[v] == m->epoch + 1);
	if (m->epoch + 1 == m->epochs) {
		m->last = true;
		for (uint32_t n = 0; n < m->nodes; n++)
			sched_last(m->node[n].sched);
		return;
	}
	m->epoch++;
	for (uint32_t v = 0; v < m->plan->vertex_count; v++)
		vertex_carry(&m->vertex[v]);
	for (uint32_t n = 0; n < m->nodes; n++)
		if (n != m->leader)
			model_send(
			    m, &(struct model_batch){.to = n, .epoch = m->epoch, .begin = true});
	model_epoch_begin(m, m->leader);
}

void model_epoch_begin(struct model *m, uint32_t n)
{
	struct model_node *node = &m->node[n];

	MODEL_CHECK(m, node->epoch_done && node->epoch + 1 == m->epoch);
	node->epoch++;
	node->epoch_done = false;
	memset(node->shipped, 0, sizeof(node->shipped));
	for (uint32_t e = 0; e < m->plan->edge_count; e++) {
		enum sched_life life = sched_edge_life(node->sched, e);

		if (life == SCHED_STATE)
			node->carried[e] = node->arrived[e];
		if (life == SCHED_STATE || life == SCHED_EPOCH)
			node->arrived[e] = 0;
	}
	sched_epoch(node->sched);
}
