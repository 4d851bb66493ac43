/* Where vertices run and edges lead: pure functions of the plan, the same on every node. */
#include "sched_internal.h"

enum distribution sched_driver(const struct sched *s, uint32_t vertex)
{
	const struct plan *plan = s->config.plan;

	for (uint32_t i = 0; i < plan->edge_count; i++) {
		const struct plan_edge *edge = &plan->edges[i];

		if (edge->to == vertex && edge->distribution != DIST_BROADCAST)
			return edge->distribution;
	}
	return DIST_ALL;
}

bool sched_hosts(const struct sched *s, uint32_t vertex, uint32_t node)
{
	const struct plan_vertex *planned = &s->config.plan->vertices[vertex];

	if (planned->kind == VERTEX_SOURCE)
		return true;
	if (planned->kind == VERTEX_SINK || sched_driver(s, vertex) == DIST_ALL)
		return node == s->config.leader;
	return true;
}

static bool runs_everywhere(const struct sched *s, uint32_t vertex)
{
	const struct plan_vertex *planned = &s->config.plan->vertices[vertex];

	return planned->kind == VERTEX_SOURCE ||
	       (planned->kind == VERTEX_FUNCTION && sched_driver(s, vertex) != DIST_ALL);
}

bool sched_edge_local(const struct sched *s, uint32_t edge)
{
	const struct plan_edge *planned = &s->config.plan->edges[edge];

	return planned->distribution == DIST_EACH && runs_everywhere(s, planned->from);
}

uint32_t sched_producers(const struct sched *s, uint32_t edge)
{
	if (sched_edge_local(s, edge) || !runs_everywhere(s, s->config.plan->edges[edge].from))
		return 1;
	return s->config.nodes;
}
