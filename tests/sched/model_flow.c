/* The model's dataflow: what an invocation puts out, its way to the consumers, what they take. */
#include "model.h"

#include <millrace/hash.h>

#define OUTPUTS_MAX 4 /* items of one invocation, less one */

uint32_t model_group_first(const struct model *m, uint32_t node)
{
	return (node * MR_KEY_GROUPS + m->nodes - 1) / m->nodes;
}

static uint32_t group_node(const struct model *m, uint32_t group)
{
	return group * m->nodes / MR_KEY_GROUPS;
}

uint64_t model_name_hash(const struct model *m, uint32_t vertex, uint64_t partition)
{
	const uint64_t name[4] = {m->seed, vertex, partition,
				  m->vertex[vertex].steady ? 0 : m->epoch};

	return mr_hash64(name, sizeof(name)) | 1;
}

/* The same for every attempt. A source's invocation is its item. */
static uint32_t outputs_make(const struct model *m, const struct sched_action *action,
			     struct model_item *items)
{
	uint64_t hash = model_name_hash(m, action->vertex, action->partition);
	bool source = m->plan->vertices[action->vertex].kind == VERTEX_SOURCE;
	uint32_t count = source ? 1 : (uint32_t)(hash >> 8) % OUTPUTS_MAX;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t key = hash + i;

		items[i] = (struct model_item){action->partition, i,
					       mr_key_group(mr_hash64(&key, sizeof(key)))};
	}
	return count;
}

void model_send(struct model *m, const struct model_batch *batch)
{
	if (m->flight_count == m->flight_room) {
		m->flight_room = m->flight_room > 0 ? 2 * m->flight_room : 64;
		m->flight = realloc(m->flight, m->flight_room * sizeof(*m->flight));
		CHECK(m->flight != NULL);
	}
	m->flight[m->flight_count++] = *batch;
}

/* Does item i of an output cross this edge to that node? */
static bool item_goes(const struct model *m, uint32_t e, uint32_t from, uint32_t to,
		      const struct model_item *item)
{
	const struct sched *s = m->node[from].sched;
	const struct plan_edge *edge = &m->plan->edges[e];

	if (sched_edge_local(s, e))
		return to == from;
	if (!sched_hosts(s, edge->to, to))
		return false;
	if (edge->distribution == DIST_KEY)
		return group_node(m, item->group) == to;
	return edge->distribution != DIST_EACH || item->index % m->nodes == to;
}

static void ship_edge(struct model *m, uint32_t node, uint32_t e, const struct model_batch *made,
		      const struct model_item *items, uint32_t count, bool counts)
{
	const struct plan_edge *edge = &m->plan->edges[e];
	bool empty_travels =
	    edge->distribution == DIST_ALL || sched_edge_local(m->node[node].sched, e);

	for (uint32_t to = 0; to < m->nodes; to++) {
		struct model_batch batch = *made;
		uint32_t going = 0;

		for (uint32_t i = 0; i < count; i++)
			going += item_goes(m, e, node, to, &items[i]);
		if (going == 0 &&
		    !(empty_travels && sched_hosts(m->node[node].sched, edge->to, to) &&
		      (!sched_edge_local(m->node[node].sched, e) || to == node)))
			continue;
		if (!counts && sim_random_chance(&m->random, 0.5))
			continue;
		batch.edge = e;
		batch.to = to;
		m->node[node].shipped[e][to] += counts;
		model_send(m, &batch);
	}
}

/* The first attempt that ships makes the items known, even if it then fails: what it brings is what
 * the others bring, and is taken at once. A source's are known from the start. */
static void items_note(struct model *m, const struct sched_action *action,
		       const struct model_item *items, uint32_t count)
{
	struct model_vertex *vertex = &m->vertex[action->vertex];

	for (uint32_t i = 0; i < vertex->item_count; i++)
		if (vertex->items[i].partition == action->partition)
			return;
	MODEL_CHECK(m, vertex->item_count + count <= MODEL_ITEMS_MAX);
	memcpy(vertex->items + vertex->item_count, items, count * sizeof(*items));
	vertex->item_count += count;
}

void model_ship(struct model *m, uint32_t node, const struct sched_action *action, bool counts)
{
	struct model_item items[OUTPUTS_MAX];
	uint32_t count = outputs_make(m, action, items);
	struct model_batch batch = {
	    .from = node, .epoch = m->node[node].epoch, .partition = action->partition};

	items_note(m, action, items, count);
	for (uint32_t e = 0; e < m->plan->edge_count; e++) {
		const struct plan_edge *edge = &m->plan->edges[e];
		bool staged_in_place = edge->distribution == DIST_EACH &&
				       m->plan->vertices[edge->from].kind == VERTEX_SOURCE;

		if (edge->from == action->vertex && !staged_in_place)
			ship_edge(m, node, e, &batch, items, count, counts);
	}
}

void model_ship_marks(struct model *m, uint32_t node, uint32_t v)
{
	for (uint32_t e = 0; e < m->plan->edge_count; e++) {
		const struct plan_edge *edge = &m->plan->edges[e];

		if (edge->from != v ||
		    (edge->distribution == DIST_EACH && m->plan->vertices[v].kind == VERTEX_SOURCE))
			continue;
		for (uint32_t to = 0; to < m->nodes; to++) {
			struct model_batch mark = {.edge = e,
						   .from = node,
						   .to = to,
						   .epoch = m->node[node].epoch,
						   .mark = true,
						   .partition = m->node[node].shipped[e][to]};

			if (sched_hosts(m->node[node].sched, edge->to, to) &&
			    (!sched_edge_local(m->node[node].sched, e) || to == node))
				model_send(m, &mark);
		}
	}
}

/* --- Arrival ------------------------------------------------------------------------------- */

static bool arrived_before(const struct model *m, const struct model_batch *batch)
{
	for (uint32_t i = 0; i < m->arrived_count; i++)
		if (m->arrived[i].edge == batch->edge && m->arrived[i].to == batch->to &&
		    m->arrived[i].epoch == batch->epoch &&
		    m->arrived[i].partition == batch->partition)
			return true;
	return false;
}

static void arrived_add(struct model *m, const struct model_batch *batch)
{
	if (m->arrived_count == m->arrived_room) {
		m->arrived_room = m->arrived_room > 0 ? 2 * m->arrived_room : 64;
		m->arrived = realloc(m->arrived, m->arrived_room * sizeof(*m->arrived));
		CHECK(m->arrived != NULL);
	}
	m->arrived[m->arrived_count++] = *batch;
}

static void batch_arrive(struct model *m, const struct model_batch *batch)
{
	const struct plan_edge *edge = &m->plan->edges[batch->edge];
	struct sched *s = m->node[batch->to].sched;
	bool local = sched_edge_local(s, batch->edge);
	struct sched_action producer = {.vertex = edge->from, .partition = batch->partition};
	struct model_item items[OUTPUTS_MAX];
	uint32_t count = outputs_make(m, &producer, items), going = 0;
	int rc = 0;

	if (arrived_before(m, batch)) {
		m->totals->duplicates++;
		return;
	}
	arrived_add(m, batch);
	for (uint32_t i = 0; i < count; i++)
		going += item_goes(m, batch->edge, batch->from, batch->to, &items[i]);
	m->node[batch->to].arrived[batch->edge] += going;
	if (edge->distribution == DIST_EACH)
		rc = sched_each_batch(s, batch->edge, m->arrived_count - 1,
				      (batch->partition << MR_EACH_ITEM_BITS) +
					  (local ? 0 : batch->to),
				      local ? 1 : m->nodes, going);
	else
		sched_batch(s, batch->edge, going);
	MODEL_CHECK(m, rc == 0, "the ring of an `each` input is full");
}

void model_deliver(struct model *m)
{
	uint32_t i = (uint32_t)sim_random_below(&m->random, m->flight_count);
	struct model_batch batch = m->flight[i];

	/* A message comes once; what an invocation ships, each of its attempts may bring. */
	m->flight[i] = m->flight[--m->flight_count];
	if (batch.epoch < m->node[batch.to].epoch) {
		MODEL_CHECK(m, !batch.mark, "a mark of an epoch that is over");
		m->totals->duplicates += !batch.begin;
		return;
	}
	if (batch.epoch > m->node[batch.to].epoch)
		model_epoch_begin(m, batch.to);
	if (batch.begin)
		return;
	if (batch.mark) {
		sched_mark(m->node[batch.to].sched, batch.edge, batch.from, batch.partition);
		if (sim_random_chance(&m->random, 0.2))
			sched_mark(m->node[batch.to].sched, batch.edge, batch.from,
				   batch.partition);
		return;
	}
	batch_arrive(m, &batch);
	if (sim_random_chance(&m->random, 0.1))
		model_send(m, &batch);
}

/* --- Consumption --------------------------------------------------------------------------- */

static bool consumes(const struct model *m, uint32_t e, uint32_t node,
		     const struct sched_action *action, const struct model_item *item)
{
	const struct plan_edge *edge = &m->plan->edges[e];

	if (edge->distribution == DIST_KEY)
		return group_node(m, item->group) == node && item->group >= action->partition &&
		       item->group < action->group_end;
	if (edge->distribution != DIST_EACH)
		return true;
	if (m->plan->vertices[edge->from].kind == VERTEX_SOURCE)
		return item->partition == action->partition;
	return action->partition == (item->partition << MR_EACH_ITEM_BITS | item->index);
}

static void edge_consume(struct model *m, uint32_t node, uint32_t e,
			 const struct sched_action *action)
{
	const struct plan_edge *edge = &m->plan->edges[e];
	const struct model_vertex *from = &m->vertex[edge->from];
	const struct model_item *items = edge->state ? from->before : from->items;
	uint32_t count = edge->state ? from->before_count : from->item_count;
	uint32_t arrived = edge->state ? m->node[node].carried[e] : m->node[node].arrived[e];
	const char *name = m->plan->vertices[edge->to].name;
	uint32_t taken = 0, here = 0;

	for (uint32_t i = 0; i < count; i++) {
		bool takes = consumes(m, e, node, action, &items[i]);

		taken += takes;
		m->vertex[edge->to].consumed[edge->to_set][i] += takes;
		here += item_goes(m, e, node, node, &items[i]);
	}
	if (edge->distribution == DIST_EACH)
		MODEL_CHECK(m, taken == 1, "%s takes %u items at once", name, taken);
	else
		MODEL_CHECK(m, here == arrived, "%s ran on %u items of the %u meant for its node",
			    name, arrived, here);
}

void model_consume(struct model *m, uint32_t node, const struct sched_action *action)
{
	m->vertex[action->vertex].invocations++;
	for (uint32_t e = 0; e < m->plan->edge_count; e++)
		if (m->plan->edges[e].to == action->vertex)
			edge_consume(m, node, e, action);
}
