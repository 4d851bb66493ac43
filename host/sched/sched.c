/* The scheduler's state and its transitions; placement rules are in placement.c. */
#include "sched_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static size_t align64(size_t bytes)
{
	return (bytes + 63) & ~(size_t)63;
}

static bool takes_each_of_function(const struct plan *plan, uint32_t vertex)
{
	for (uint32_t i = 0; i < plan->edge_count; i++) {
		const struct plan_edge *edge = &plan->edges[i];

		if (edge->to == vertex && edge->distribution == DIST_EACH &&
		    plan->vertices[edge->from].kind == VERTEX_FUNCTION)
			return true;
	}
	return false;
}

static bool takes_key(const struct plan *plan, uint32_t vertex)
{
	for (uint32_t i = 0; i < plan->edge_count; i++)
		if (plan->edges[i].to == vertex && plan->edges[i].distribution == DIST_KEY)
			return true;
	return false;
}

size_t sched_bytes(const struct sched_config *config)
{
	const struct plan *plan = config->plan;
	size_t bytes = align64(sizeof(struct sched));

	bytes += align64(plan->vertex_count * sizeof(struct sched_vertex));
	bytes += align64(plan->edge_count * sizeof(struct sched_edge));
	for (uint32_t v = 0; v < plan->vertex_count; v++) {
		if (takes_each_of_function(plan, v))
			bytes += align64(MR_EACH_BATCHES_MAX * sizeof(struct sched_each));
		if (takes_key(plan, v))
			bytes += align64(MR_KEY_GROUPS * sizeof(uint16_t));
	}
	return bytes;
}

static void *carve(uint8_t **memory, size_t bytes)
{
	void *part = *memory;

	*memory += align64(bytes);
	return part;
}

static int check_each_depth(struct sched *s, char *error, size_t error_bytes)
{
	const struct plan *plan = s->config.plan;
	uint8_t depth[MR_VERTICES_MAX] = {0};

	/* Vertices are in topological order and edges are ordered by consumer. */
	for (uint32_t i = 0; i < plan->edge_count; i++) {
		const struct plan_edge *edge = &plan->edges[i];

		if (edge->distribution != DIST_EACH) /* nor is that of a state */
			continue;
		depth[edge->to] = depth[edge->from] + 1;
		if (depth[edge->to] > MR_EACH_DEPTH_MAX) {
			snprintf(
			    error, error_bytes,
			    "%s takes `each` item of a chain of more than %d `each` inputs; put a "
			    "`key` or an `all` input between them",
			    plan->vertices[edge->to].name, MR_EACH_DEPTH_MAX);
			return -EINVAL;
		}
	}
	return 0;
}

/* A state is always there: what the epoch before made of it, or nothing. */
void sched_open_inputs(struct sched *s, uint32_t v)
{
	const struct plan *plan = s->config.plan;

	s->vertices[v].inputs_open = 0;
	for (uint32_t e = 0; e < plan->edge_count; e++)
		s->vertices[v].inputs_open +=
		    plan->edges[e].to == v && !plan->edges[e].state && !s->edges[e].complete;
}

static void init_vertex(struct sched *s, uint32_t v, uint8_t **memory)
{
	const struct plan *plan = s->config.plan;
	struct sched_vertex *vertex = &s->vertices[v];

	vertex->hosted = sched_hosts(s, v, s->config.node);
	sched_open_inputs(s, v);
	if (takes_each_of_function(plan, v))
		vertex->each = carve(memory, MR_EACH_BATCHES_MAX * sizeof(struct sched_each));
	if (takes_key(plan, v))
		vertex->firsts = carve(memory, MR_KEY_GROUPS * sizeof(uint16_t));
	for (uint32_t i = 0; i < plan->edge_count; i++) {
		const struct plan_edge *edge = &plan->edges[i];

		if (edge->from == v && edge->distribution != DIST_EACH)
			vertex->ships = true;
		if (edge->from == v && edge->distribution == DIST_EACH)
			vertex->feeds_each = true;
	}
}

struct ancestors {
	uint64_t bits[MR_VERTICES_MAX / 64];
};

static bool descends(const struct ancestors *of, uint32_t vertex, uint32_t from)
{
	return vertex == from || (of[vertex].bits[from / 64] >> (from % 64) & 1);
}

/* An `each` edge whose consumer waits for broadcast inputs that come from the edge's own producer:
 * to hold that producer back until the consumer has room would be to wait for ever. */
static void find_knots(struct sched *s)
{
	const struct plan *plan = s->config.plan;
	struct ancestors of[MR_VERTICES_MAX] = {0};

	/* Vertices are in topological order and edges are ordered by consumer. */
	for (uint32_t e = 0; e < plan->edge_count; e++) {
		const struct plan_edge *edge = &plan->edges[e];

		if (edge->state)
			continue;
		for (uint32_t i = 0; i < MR_VERTICES_MAX / 64; i++)
			of[edge->to].bits[i] |= of[edge->from].bits[i];
		of[edge->to].bits[edge->from / 64] |= 1ull << edge->from % 64;
	}
	for (uint32_t e = 0; e < plan->edge_count; e++) {
		const struct plan_edge *edge = &plan->edges[e];

		for (uint32_t b = 0; b < plan->edge_count; b++)
			if (edge->distribution == DIST_EACH && plan->edges[b].to == edge->to &&
			    plan->edges[b].distribution == DIST_BROADCAST &&
			    !plan->edges[b].state && descends(of, plan->edges[b].from, edge->from))
				s->edges[e].knotted = true;
	}
}

int sched_init(struct sched **sched, void *memory, const struct sched_config *config, char *error,
	       size_t error_bytes)
{
	uint8_t *at = memory;
	struct sched *s = carve(&at, sizeof(struct sched));
	const struct plan *plan = config->plan;

	assert(config->slots > 0 && config->slots <= MR_SLOTS_MAX);
	s->config = *config;
	s->vertices = carve(&at, plan->vertex_count * sizeof(struct sched_vertex));
	s->edges = carve(&at, plan->edge_count * sizeof(struct sched_edge));
	for (uint32_t v = 0; v < plan->vertex_count; v++)
		init_vertex(s, v, &at);
	for (uint32_t e = 0; e < plan->edge_count; e++)
		s->edges[e].marks_needed = sched_producers(s, e);
	find_knots(s);
	sched_find_once(s);
	s->last = plan->epochs == 0;
	*sched = s;
	return check_each_depth(s, error, error_bytes);
}

static void edge_check(struct sched *s, uint32_t e)
{
	struct sched_edge *edge = &s->edges[e];

	if (edge->complete || edge->marks != edge->marks_needed || edge->arrived != edge->expected)
		return;
	edge->complete = true;
	if (!s->config.plan->edges[e].state)
		s->vertices[s->config.plan->edges[e].to].inputs_open--;
}

void sched_source(struct sched *s, uint32_t vertex, const uint64_t *partitions, uint32_t count)
{
	const struct plan *plan = s->config.plan;

	s->vertices[vertex].sources = partitions;
	s->vertices[vertex].source_count = count;
	for (uint32_t e = 0; e < plan->edge_count; e++) {
		const struct plan_edge *edge = &plan->edges[e];

		if (edge->from != vertex || edge->distribution != DIST_EACH)
			continue;
		if (s->vertices[edge->to].once && s->vertices[edge->to].done)
			continue; /* presented in the first epoch */
		/* Its items are staged straight from their files: no batch and no mark travels. */
		s->vertices[edge->to].sources = partitions;
		s->vertices[edge->to].source_count = count;
		s->edges[e].items = count;
		s->edges[e].marks = s->edges[e].marks_needed;
		edge_check(s, e);
	}
}

void sched_batch(struct sched *s, uint32_t edge, uint64_t items)
{
	s->edges[edge].arrived++;
	s->edges[edge].items += items;
	edge_check(s, edge);
}

int sched_each_batch(struct sched *s, uint32_t edge, uint32_t handle, uint64_t base, uint32_t step,
		     uint32_t item_count)
{
	struct sched_vertex *vertex = &s->vertices[s->config.plan->edges[edge].to];

	if (item_count > 0) {
		if (vertex->each_tail - vertex->each_head == MR_EACH_BATCHES_MAX)
			return -ENOBUFS;
		vertex->each[vertex->each_tail++ % MR_EACH_BATCHES_MAX] =
		    (struct sched_each){base, handle, step, item_count, 0};
	}
	sched_batch(s, edge, item_count);
	return 0;
}

void sched_mark(struct sched *s, uint32_t e, uint32_t node, uint64_t batches)
{
	struct sched_edge *edge = &s->edges[e];

	/* Only from nodes that produce on this edge. */
	if (node >= s->config.nodes || edge->marked & 1ull << node ||
	    !sched_hosts(s, s->config.plan->edges[e].from, node) ||
	    (sched_edge_local(s, e) && node != s->config.node))
		return;
	edge->marked |= 1ull << node;
	edge->marks++;
	edge->expected += batches;
	edge_check(s, e);
}

void sched_partitions(struct sched *s, uint32_t v, const uint16_t *firsts, uint32_t count)
{
	struct sched_vertex *vertex = &s->vertices[v];

	assert(vertex->plan_asked && !vertex->planned && count <= MR_KEY_GROUPS);
	memcpy(vertex->firsts, firsts, count * sizeof(*firsts));
	vertex->partition_count = count;
	vertex->planned = true;
}

void sched_done(struct sched *s, uint32_t index, bool ok)
{
	struct sched_slot *slot = &s->slots[index];
	struct sched_vertex *vertex = &s->vertices[slot->action.vertex];
	const struct plan_vertex *planned = &s->config.plan->vertices[slot->action.vertex];
	uint32_t retries = 0;

	assert(slot->state == SLOT_UNDER_WAY);
	if (ok) {
		slot->state = SLOT_FREE;
		s->in_flight--;
		vertex->in_flight--;
		return;
	}
	if (planned->kind == VERTEX_FUNCTION)
		retries = s->config.plan->functions[planned->function].retries;
	if (slot->action.attempt < retries) {
		slot->action.attempt++;
		slot->state = SLOT_RETRY;
		s->retry_count++;
	} else {
		slot->state = SLOT_FAILED;
		s->failed_count++;
	}
}

bool sched_edge_complete(const struct sched *s, uint32_t edge)
{
	return s->edges[edge].complete;
}

bool sched_vertex_done(const struct sched *s, uint32_t vertex)
{
	return s->vertices[vertex].done;
}

bool sched_finished(const struct sched *s)
{
	for (uint32_t v = 0; v < s->config.plan->vertex_count; v++)
		if (s->vertices[v].hosted && !s->vertices[v].done)
			return false;
	return true;
}

uint32_t sched_in_flight(const struct sched *s)
{
	return s->in_flight;
}
