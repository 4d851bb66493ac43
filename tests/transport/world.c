/* The world's clockwork: stations, virtual time, crashes, and the end of it all. */
#include "world.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "world_state.h"

#define STUCK_NS (30 * 1000000000ull) /* beside two peer timeouts, without anything that counts */
#define STEPS_AT_ONCE_MAX 100000      /* without time passing: nothing does so much */

void world_violation(struct world *w, const char *format, ...)
{
	va_list args;
	int at;

	if (w->result->violation[0] != '\0')
		return;
	at = snprintf(w->result->violation, sizeof(w->result->violation),
		      "at %.6f s: ", (double)world_now(w) / 1e9);
	va_start(args, format);
	vsnprintf(w->result->violation + at, sizeof(w->result->violation) - (size_t)at, format,
		  args);
	va_end(args);
}

void world_print(struct world *w, const char *format, ...)
{
	va_list args;

	if (!w->config->print)
		return;
	printf("%.6f ", (double)world_now(w) / 1e9);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

uint64_t node_life(const struct world *w, uint32_t node)
{
	return sim_station_incarnation(w->nodes[node].station);
}

bool message_pending(const struct world *w, const struct planned *m)
{
	return m->sender_life != 0 && m->told == TOLD_NOTHING && !w->nodes[m->from].dead &&
	       m->sender_life == node_life(w, m->from);
}

bool message_awaited(const struct world *w, const struct planned *m)
{
	return m->accepted && !m->delivered && !m->lost && !w->nodes[m->to].dead &&
	       m->receiver_life == node_life(w, m->to);
}

/* --- Between station and world --------------------------------------------------------------- */

static void take_event(void *opaque, uint32_t node, struct transport_event *event)
{
	struct world *w = opaque;

	w->progress_ns = world_now(w);
	if (!sabotage_event(w, node, event))
		user_event(w, node, event);
}

static void take_frame_in(void *opaque, uint32_t node, uint8_t *data, uint32_t bytes)
{
	struct world *w = opaque;

	sabotage_in(w, data, bytes);
	observe_in(w, node, data, bytes);
}

static void take_frame_out(void *opaque, uint32_t node, struct transport_frame *frame)
{
	struct world *w = opaque;

	sabotage_out(w, node, frame);
	observe_out(w, node, frame);
}

static void node_open(struct world *w, uint32_t index)
{
	const struct sim_station_config config = {
	    .network = w->network,
	    .endpoint = index,
	    .peer_timeout_ms = w->config->peer_timeout_ms,
	    .small_bytes_max = w->config->small_bytes_max,
	    .user = {.event = take_event,
		     .frame_in = take_frame_in,
		     .frame_out = take_frame_out,
		     .opaque = w},
	};

	CHECK(sim_station_open(&w->nodes[index].station, &config) == 0);
}

/* --- Crashes --------------------------------------------------------------------------------- */

void node_crash(struct world *w, uint32_t node)
{
	struct sim_frame *frame;

	while ((frame = sim_network_receive(w->network, node)) != NULL)
		sim_frame_release(frame);
	world_print(w, "node %u crashes", node);
	w->result->crashes++;
	w->nodes[node].dead = true;
	w->nodes[node].watching = false;
	sim_network_cut(w->network, node, true);
	user_crash(w, node);
}

void node_return(struct world *w, uint32_t index)
{
	struct node *node = &w->nodes[index];

	sim_station_restart(node->station);
	sim_network_cut(w->network, index, false);
	node->dead = false;
	node->born_ns = world_now(w);
	memset(node->heard_ns, 0, sizeof(node->heard_ns));
	memset(node->known_life, 0, sizeof(node->known_life));
	for (uint32_t i = 0; i < w->config->nodes; i++)
		node->session_ns[i] = node->born_ns;
	world_print(w, "node %u returns", index);
}

static void crashes_run(struct world *w)
{
	for (uint32_t i = 0; i < w->crash_count; i++) {
		struct crash *crash = &w->crashes[i];

		if (crash->at_ns <= world_now(w)) {
			crash->at_ns = UINT64_MAX;
			node_crash(w, crash->node);
		}
		if (crash->at_ns == UINT64_MAX && crash->back_ns <= world_now(w)) {
			crash->back_ns = UINT64_MAX;
			node_return(w, crash->node);
		}
	}
}

static uint64_t crashes_next(const struct world *w)
{
	uint64_t next = UINT64_MAX;

	for (uint32_t i = 0; i < w->crash_count; i++) {
		const struct crash *crash = &w->crashes[i];
		uint64_t at = crash->at_ns != UINT64_MAX ? crash->at_ns : crash->back_ns;

		next = at < next ? at : next;
	}
	return next;
}

/* --- Time ------------------------------------------------------------------------------------ */

static bool node_runs(struct world *w, uint32_t index)
{
	struct node *node = &w->nodes[index];
	uint64_t resume = sim_network_resume_time(w->network, index);

	if (resume <= world_now(w))
		node->resumed_ns = resume;
	return !node->dead && resume <= world_now(w);
}

static void step(struct world *w)
{
	crashes_run(w);
	for (uint32_t i = 0; i < w->config->nodes; i++) {
		if (!node_runs(w, i))
			continue;
		silence_watch(w, i);
		user_act(w, i);
		sim_station_turn(w->nodes[i].station);
	}
	if (w->sweep_ns <= world_now(w))
		silence_sweep(w);
}

static uint64_t node_next_time(struct world *w, uint32_t index)
{
	uint64_t resume = sim_network_resume_time(w->network, index);
	uint64_t watch_end = silence_watch_end(w, index);
	uint64_t action = user_next(w, index);
	uint64_t next;

	if (w->nodes[index].dead)
		return UINT64_MAX;
	next = sim_station_next_time(w->nodes[index].station);
	next = action < next ? action : next;
	next = watch_end < next ? watch_end : next;
	return next < resume ? resume : next;
}

static uint64_t next_time(struct world *w)
{
	uint64_t next = sim_network_next_time(w->network);
	uint64_t crash = crashes_next(w);

	next = crash < next ? crash : next;
	for (uint32_t i = 0; i < w->config->nodes; i++) {
		uint64_t at = node_next_time(w, i);

		next = at < next ? at : next;
	}
	return next;
}

void world_advance(struct world *w, uint64_t until_ns)
{
	uint64_t stuck_ns = STUCK_NS + 2 * w->config->peer_timeout_ms * NS_PER_MS;
	uint32_t at_once = 0;
	uint64_t next;

	w->progress_ns = world_now(w);
	while (w->result->violation[0] == '\0' && (next = next_time(w)) <= until_ns &&
	       next != UINT64_MAX) {
		at_once = next > world_now(w) ? 0 : at_once + 1;
		if (next > w->progress_ns + stuck_ns || at_once > STEPS_AT_ONCE_MAX) {
			world_violation(w, "busy, but nothing arrived or was told for %.3f s",
					(double)(next - w->progress_ns) / 1e9);
			break;
		}
		sim_network_set_now(w->network, next);
		step(w);
	}
	if (until_ns != UINT64_MAX)
		sim_network_set_now(w->network, until_ns);
}

/* --- From beginning to end ------------------------------------------------------------------- */

static void idle_check(struct world *w)
{
	for (uint32_t i = 0; i < w->config->nodes; i++) {
		const struct transport *t = sim_station_transport(w->nodes[i].station);

		if (w->nodes[i].dead)
			continue;
		if (transport_deadline(t) != UINT64_MAX || transport_output_pending(t))
			world_violation(w, "node %u is not idle at the end", i);
		if (w->nodes[i].credit_bytes != 0)
			world_violation(w, "node %u has %lu bytes of credit out at the end", i,
					w->nodes[i].credit_bytes);
	}
}

static void result_fill(struct world *w)
{
	struct world_result *result = w->result;

	sim_network_stats(w->network, &result->network);
	result->trace = result->network.trace;
	result->virtual_ns = world_now(w);
	for (uint32_t i = 0; i < w->config->nodes; i++) {
		struct transport_counters counters;

		sim_station_counters(w->nodes[i].station, &counters);
#define COUNTER_ADD(name) result->transport.name += counters.name;
		TRANSPORT_COUNTERS(COUNTER_ADD)
#undef COUNTER_ADD
	}
}

struct world *world_open(const struct world_config *config, struct world_result *result)
{
	struct world *w = calloc(1, sizeof(*w));

	CHECK(w != NULL);
	memset(result, 0, sizeof(*result));
	w->config = config;
	w->result = result;
	CHECK(config->nodes <= WORLD_NODES_MAX);
	CHECK(sim_network_create(&w->network, &config->network, config->nodes) == 0);
	for (uint32_t i = 0; i < config->nodes; i++)
		node_open(w, i);
	return w;
}

void world_settle(struct world *w)
{
	world_advance(w, UINT64_MAX);
	if (w->result->violation[0] == '\0')
		user_check_end(w);
	if (w->result->violation[0] == '\0')
		idle_check(w);
}

void world_close(struct world **world)
{
	struct world *w = *world;

	result_fill(w);
	for (uint32_t i = 0; i < w->config->nodes; i++)
		sim_station_close(&w->nodes[i].station);
	plan_free(w);
	sim_network_destroy(&w->network);
	free(w);
	*world = NULL;
}

void world_run(const struct world_config *config, struct world_result *result)
{
	struct world *w = world_open(config, result);

	plan_make(w);
	world_settle(w);
	if (config->crashes > 0 && result->violation[0] == '\0') {
		plan_afterwards(w);
		world_settle(w);
	}
	world_close(&w);
}
