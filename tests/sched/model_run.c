/* One seed of the model: random steps until nothing is left to do, then what must hold. */
#include "model.h"

#define TURNS_MAX 1000000 /* a run has some thousands */
#define DOOMED_ODDS 40    /* in seeds with a doomed invocation: one start in so many is it */

static bool is_source(const struct model *m, uint32_t v)
{
	return m->plan->vertices[v].kind == VERTEX_SOURCE;
}

static uint32_t retries_of(const struct model *m, uint32_t v)
{
	const struct plan_vertex *vertex = &m->plan->vertices[v];

	return vertex->kind == VERTEX_FUNCTION ? m->plan->functions[vertex->function].retries : 0;
}

static void sources_deal(struct model *m)
{
	for (uint32_t v = 0; v < m->plan->vertex_count && is_source(m, v); v++) {
		uint32_t total = (uint32_t)sim_random_below(&m->random, MODEL_SOURCE_ITEMS_MAX + 1);
		uint32_t counts[MODEL_NODES_MAX] = {0};

		for (uint32_t i = 0; i < total; i++) {
			uint32_t n = (uint32_t)sim_random_below(&m->random, m->nodes);

			m->node[n].partitions[v][counts[n]++] = i;
			m->vertex[v].items[m->vertex[v].item_count++].partition = i;
		}
		for (uint32_t n = 0; n < m->nodes; n++)
			sched_source(m->node[n].sched, v, m->node[n].partitions[v], counts[n]);
	}
}

static void model_open(struct model *m, const char *text)
{
	m->plan = plan_make(text);
	m->nodes = 1 + (uint32_t)sim_random_below(&m->random, MODEL_NODES_MAX);
	m->leader = (uint32_t)sim_random_below(&m->random, m->nodes);
	m->slots = 1 + (uint32_t)sim_random_below(&m->random, 6);
	m->fail_percent = (uint32_t)sim_random_below(&m->random, 40);
	m->dooms = sim_random_chance(&m->random, 0.2);
	m->node = calloc(m->nodes, sizeof(*m->node));
	m->vertex = calloc(m->plan->vertex_count, sizeof(*m->vertex));
	CHECK(m->node != NULL && m->vertex != NULL);
	m->epochs =
	    m->plan->epochs > 0 ? 1 + (uint32_t)sim_random_below(&m->random, m->plan->epochs) : 0;
	model_find_steady(m);
	for (uint32_t n = 0; n < m->nodes; n++) {
		struct sched_config config = {m->plan, n, m->nodes, m->leader, m->slots};
		char error[256];

		m->node[n].sched = sched_make(&config, error, sizeof(error));
		CHECK(m->node[n].sched != NULL, "%s", error);
	}
}

static void model_close(struct model *m)
{
	for (uint32_t n = 0; n < m->nodes; n++)
		sched_drop(&m->node[n].sched);
	free(m->arrived);
	free(m->flight);
	free(m->vertex);
	free(m->node);
	plan_free(&m->plan);
}

/* --- Steps --------------------------------------------------------------------------------- */

static void action_start(struct model *m, uint32_t n, const struct sched_action *action)
{
	struct model_node *node = &m->node[n];
	struct model_run *run = &node->runs[action->slot];
	const char *name = m->plan->vertices[action->vertex].name;

	MODEL_CHECK(m, action->slot < m->slots && !run->running, "%s: slot %u", name, action->slot);
	MODEL_CHECK(m, sched_hosts(node->sched, action->vertex, n), "%s on node %u", name, n);
	MODEL_CHECK(m, node->done[action->vertex] != node->epoch + 1, "%s starts after its end",
		    name);
	MODEL_CHECK(m, action->attempt == (run->failed ? run->action.attempt + 1 : 0),
		    "%s: attempt %u", name, action->attempt);
	*run = (struct model_run){.running = true, .action = *action};
	m->running++;
	m->totals->invocations++;
	m->totals->retries += action->attempt > 0;
	if (m->dooms && m->doomed == 0 &&
	    m->plan->vertices[action->vertex].kind == VERTEX_FUNCTION &&
	    sim_random_below(&m->random, DOOMED_ODDS) == 0)
		m->doomed = model_name_hash(m, action->vertex, action->partition);
}

/* Some ranges over this node's key groups; none when nothing came. */
static void action_plan(struct model *m, uint32_t n, uint32_t v)
{
	uint32_t first = model_group_first(m, n), end = model_group_first(m, n + 1);
	uint16_t firsts[4];
	uint32_t count = 0;
	bool empty = true;

	MODEL_CHECK(m, m->node[n].planned[v] != m->node[n].epoch + 1);
	m->node[n].planned[v] = m->node[n].epoch + 1;
	for (uint32_t e = 0; e < m->plan->edge_count; e++)
		empty &=
		    m->plan->edges[e].to != v || m->plan->edges[e].distribution != DIST_KEY ||
		    (m->plan->edges[e].state ? m->node[n].carried[e] : m->node[n].arrived[e]) == 0;
	while (!empty && count < 4 && first < end) {
		firsts[count++] = (uint16_t)first;
		first += 1 + (uint32_t)sim_random_below(&m->random, end - first);
	}
	sched_partitions(m->node[n].sched, v, firsts, count);
}

static void action_fail(struct model *m, const struct sched_action *action)
{
	MODEL_CHECK(m, model_name_hash(m, action->vertex, action->partition) == m->doomed);
	MODEL_CHECK(m, action->attempt == retries_of(m, action->vertex), "after attempt %u",
		    action->attempt);
	m->failed = true;
}

static bool action_take(struct model *m, uint32_t n)
{
	struct model_node *node = &m->node[n];
	struct sched_action action;

	if (!sched_next(node->sched, &action))
		return false;
	switch (action.kind) {
	case SCHED_START:
		action_start(m, n, &action);
		break;
	case SCHED_PLAN:
		action_plan(m, n, action.vertex);
		break;
	case SCHED_VERTEX_DONE:
		MODEL_CHECK(m, node->done[action.vertex] != node->epoch + 1, "%s is done twice",
			    m->plan->vertices[action.vertex].name);
		node->done[action.vertex] = node->epoch + 1;
		model_ship_marks(m, n, action.vertex);
		break;
	case SCHED_EPOCH_DONE:
		MODEL_CHECK(m, !node->epoch_done && node->epoch == m->epoch);
		node->epoch_done = true;
		model_epoch_commit(m);
		break;
	case SCHED_FAIL:
		action_fail(m, &action);
		MODEL_CHECK(m, !sched_next(node->sched, &action), "an action after a failure");
		break;
	case SCHED_NONE:
		MODEL_CHECK(m, false, "no action is no action");
	}
	return true;
}

static void run_end(struct model *m, uint32_t n, struct model_run *run)
{
	const struct sched_action *action = &run->action;
	uint32_t retries = retries_of(m, action->vertex);
	bool doomed = model_name_hash(m, action->vertex, action->partition) == m->doomed;
	bool fails = doomed || (action->attempt < retries &&
				sim_random_below(&m->random, 100) < m->fail_percent);

	run->running = false;
	run->failed = fails;
	m->running--;
	model_ship(m, n, action, !fails);
	if (!fails)
		model_consume(m, n, action);
	sched_done(m->node[n].sched, action->slot, !fails);
}

static void run_end_any(struct model *m, uint32_t n)
{
	uint32_t slot = (uint32_t)sim_random_below(&m->random, m->slots);

	for (uint32_t i = 0; i < m->slots; i++) {
		struct model_run *run = &m->node[n].runs[(slot + i) % m->slots];

		if (run->running) {
			run_end(m, n, run);
			return;
		}
	}
}

static void turn(struct model *m)
{
	uint32_t n = (uint32_t)sim_random_below(&m->random, m->nodes);

	switch (sim_random_below(&m->random, 7)) {
	case 0:
	case 1:
	case 2:
		if (m->flight_count > 0)
			model_deliver(m);
		break;
	case 3:
	case 4:
		run_end_any(m, n);
		break;
	default:
		action_take(m, n);
	}
}

/* Nothing under way, and nothing more to come of it? */
static bool ended(struct model *m)
{
	bool acted = false;

	if (m->running > 0 || m->flight_count > 0)
		return false;
	for (uint32_t n = 0; n < m->nodes && !acted; n++)
		acted = action_take(m, n);
	return !acted;
}

/* --- What must hold ------------------------------------------------------------------------ */

static void model_check(const struct model *m)
{
	MODEL_CHECK(m, m->last || m->epochs == 0, "stuck in epoch %u of %u", m->epoch, m->epochs);
	for (uint32_t n = 0; n < m->nodes; n++) {
		MODEL_CHECK(m, sched_finished(m->node[n].sched), "stuck: node %u of %u", n,
			    m->nodes);
		MODEL_CHECK(m, sched_in_flight(m->node[n].sched) == 0);
		for (uint32_t v = 0; v < m->plan->vertex_count; v++)
			MODEL_CHECK(m, (m->node[n].done[v] != 0) ==
					   sched_hosts(m->node[n].sched, v, n));
	}
	model_check_edges(m, true);
	if (m->plan->epochs == 0)
		model_check_edges(m, false); /* else it was done at each commit */
}

void model_run(const char *text, uint64_t seed, struct model_totals *totals)
{
	struct model m = {.seed = seed, .random = {seed}, .totals = totals};

	model_open(&m, text);
	sources_deal(&m);
	for (uint32_t turns = 0; !m.failed && !ended(&m); turns++) {
		MODEL_CHECK(&m, turns < TURNS_MAX, "it does not end");
		turn(&m);
	}
	if (m.failed)
		totals->failures++;
	else
		model_check(&m);
	model_close(&m);
}
