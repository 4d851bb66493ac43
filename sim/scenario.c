/* Loads of messages between transports on the simulated network, measured. */
#include "scenario.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "station.h"
#include "wire.h"

#define NS_PER_US 1000ull
#define PEER_TIMEOUT_MS 60000 /* nobody dies in a scenario */

/* Of each message, so that the receiver knows whose it is and how long it took. */
struct head {
	uint64_t sent_ns;
	uint32_t load;
};

struct load_state {
	const struct sim_load *load;
	struct sim_load_result *result;
	uint64_t next_ns; /* of an open loop: its next send */
	uint32_t out;     /* sent and not ended */
	uint64_t *samples_ns;
	size_t sample_count;
	size_t sample_limit;
};

struct run {
	const struct sim_scenario *scenario;
	struct sim_network *network;
	struct sim_random random;
	struct sim_station *stations[SIM_ENDPOINTS_MAX];
	struct load_state *loads;
	uint8_t *source; /* all bodies are sent from it, */
	uint8_t *sink;   /* and received to it: nobody looks */
	uint64_t measure_ns;
	uint64_t end_ns;
	int rc;
};

static bool endpoint_runs(const struct run *run, uint32_t endpoint)
{
	return sim_network_resume_time(run->network, endpoint) <= sim_network_now(run->network);
}

/* --- Sending --------------------------------------------------------------------------------- */

static bool load_send(struct run *run, struct load_state *state)
{
	struct sim_station *station = run->stations[state->load->from];
	const struct head head = {sim_network_now(run->network), (uint32_t)(state - run->loads)};

	if (transport_send(sim_station_transport(station), sim_station_clock(station),
			   state->load->to, 0, &head, sizeof(head), run->source,
			   state->load->message_bytes, NULL, head.load) < 0)
		return false; /* too many are unfinished: later */
	state->out++;
	return true;
}

static uint64_t interval_ns(struct run *run, const struct load_state *state)
{
	uint64_t mean_ns = state->load->every_us * NS_PER_US;

	return mean_ns / 2 + sim_random_below(&run->random, mean_ns);
}

static void load_act(struct run *run, struct load_state *state)
{
	if (!endpoint_runs(run, state->load->from))
		return;
	while (state->out < state->load->outstanding && load_send(run, state))
		continue;
	while (state->next_ns <= sim_network_now(run->network)) {
		load_send(run, state);
		state->next_ns += interval_ns(run, state);
	}
}

/* --- Receiving ------------------------------------------------------------------------------- */

static void sample_add(struct run *run, struct load_state *state, uint64_t ns)
{
	if (state->sample_count == state->sample_limit) {
		size_t limit = state->sample_limit == 0 ? 256 : 2 * state->sample_limit;
		uint64_t *samples = realloc(state->samples_ns, limit * sizeof(*samples));

		if (samples == NULL) {
			run->rc = -ENOMEM;
			return;
		}
		state->samples_ns = samples;
		state->sample_limit = limit;
	}
	state->samples_ns[state->sample_count++] = ns;
}

static void message_delivered(struct run *run, const struct transport_event *event)
{
	uint64_t now_ns = sim_network_now(run->network);
	struct load_state *state;
	struct head head;

	memcpy(&head, event->head, sizeof(head));
	state = &run->loads[head.load];
	if (now_ns < run->measure_ns || now_ns >= run->end_ns)
		return;
	state->result->messages++;
	state->result->bytes += event->body_bytes;
	sample_add(run, state, now_ns - head.sent_ns);
}

static void take_event(void *opaque, uint32_t endpoint, struct transport_event *event)
{
	struct run *run = opaque;
	struct sim_station *station = run->stations[endpoint];

	switch (event->kind) {
	case TRANSPORT_OFFER:
		transport_accept(sim_station_transport(station), sim_station_clock(station),
				 event->offer, run->sink, 0);
		break;
	case TRANSPORT_MESSAGE:
		message_delivered(run, event);
		break;
	case TRANSPORT_SENT:
	case TRANSPORT_FAILED:
		run->loads[event->cookie].out--;
		run->loads[event->cookie].result->failed += event->kind == TRANSPORT_FAILED;
		load_act(run, &run->loads[event->cookie]);
		break;
	default:
		break;
	}
}

/* --- The course of it ------------------------------------------------------------------------ */

static uint64_t next_time(const struct run *run)
{
	uint64_t next = sim_stations_next_time(run->stations, run->scenario->endpoints);

	for (uint32_t i = 0; i < run->scenario->load_count; i++)
		if (run->loads[i].next_ns < next && endpoint_runs(run, run->loads[i].load->from))
			next = run->loads[i].next_ns;
	return next;
}

static void run_until(struct run *run, uint64_t end_ns)
{
	uint64_t next;

	while (run->rc == 0 && (next = next_time(run)) < end_ns) {
		sim_network_set_now(run->network, next);
		for (uint32_t i = 0; i < run->scenario->load_count; i++)
			load_act(run, &run->loads[i]);
		sim_stations_turn(run->stations, run->scenario->endpoints);
	}
	sim_network_set_now(run->network, end_ns);
}

static void loads_begin(struct run *run)
{
	for (uint32_t i = 0; i < run->scenario->load_count; i++) {
		struct load_state *state = &run->loads[i];

		state->next_ns = UINT64_MAX;
		if (state->load->every_us > 0)
			state->next_ns = interval_ns(run, state);
		load_act(run, state);
	}
	sim_stations_turn(run->stations, run->scenario->endpoints);
}

static int compare_ns(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static void load_end(struct load_state *state)
{
	size_t count = state->sample_count;

	if (count > 0) {
		qsort(state->samples_ns, count, sizeof(state->samples_ns[0]), compare_ns);
		state->result->p50_ns = state->samples_ns[count / 2];
		state->result->p99_ns = state->samples_ns[count * 99 / 100];
		state->result->max_ns = state->samples_ns[count - 1];
	}
	free(state->samples_ns);
}

static void total_fill(const struct run *run, struct sim_scenario_result *total)
{
	memset(total, 0, sizeof(*total));
	sim_network_stats(run->network, &total->network);
	for (uint32_t i = 0; i < run->scenario->endpoints; i++) {
		struct transport_counters counters;

		sim_station_counters(run->stations[i], &counters);
#define COUNTER_ADD(name) total->transport.name += counters.name;
		TRANSPORT_COUNTERS(COUNTER_ADD)
#undef COUNTER_ADD
	}
}

static uint32_t message_bytes_max(const struct sim_scenario *scenario)
{
	uint32_t bytes = 1;

	for (uint32_t i = 0; i < scenario->load_count; i++)
		if (scenario->loads[i].message_bytes > bytes)
			bytes = scenario->loads[i].message_bytes;
	return bytes;
}

static int run_open(struct run *run, struct sim_load_result *results)
{
	const struct sim_scenario *scenario = run->scenario;
	uint32_t bytes = message_bytes_max(scenario);
	int rc = sim_network_create(&run->network, scenario->network, scenario->endpoints);

	if (rc < 0)
		return rc;
	run->source = calloc(1, bytes);
	run->sink = malloc(bytes);
	run->loads = calloc(scenario->load_count, sizeof(run->loads[0]));
	if (run->source == NULL || run->sink == NULL || run->loads == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < scenario->load_count; i++) {
		run->loads[i].load = &scenario->loads[i];
		run->loads[i].result = &results[i];
	}
	for (uint32_t i = 0; i < scenario->endpoints && rc == 0; i++)
		rc = sim_station_open(&run->stations[i],
				      &(struct sim_station_config){
					  .network = run->network,
					  .endpoint = i,
					  .peer_timeout_ms = PEER_TIMEOUT_MS,
					  .small_bytes_max = MR_SMALL_BYTES_MAX,
					  .user = {.event = take_event, .opaque = run},
				      });
	return rc;
}

static void run_close(struct run *run)
{
	for (uint32_t i = 0; i < run->scenario->endpoints; i++)
		sim_station_close(&run->stations[i]);
	sim_network_destroy(&run->network);
	free(run->loads);
	free(run->source);
	free(run->sink);
}

int sim_scenario_run(const struct sim_scenario *scenario, struct sim_load_result *results,
		     struct sim_scenario_result *total)
{
	struct run run = {.scenario = scenario, .random = {.state = scenario->network->seed}};
	int rc;

	memset(results, 0, scenario->load_count * sizeof(results[0]));
	run.measure_ns = scenario->warm_us * NS_PER_US;
	run.end_ns = run.measure_ns + scenario->measure_us * NS_PER_US;
	rc = run_open(&run, results);
	if (rc == 0) {
		loads_begin(&run);
		run_until(&run, run.measure_ns);
		if (scenario->paused)
			sim_network_pause(run.network, scenario->paused_endpoint, run.end_ns);
		run_until(&run, run.end_ns);
		for (uint32_t i = 0; i < scenario->load_count; i++)
			load_end(&run.loads[i]);
		total_fill(&run, total);
		rc = run.rc;
	}
	run_close(&run);
	return rc;
}

double sim_payload_mbps(uint32_t rate_mbps, uint32_t mtu)
{
	double payload = mtu - 28.0 - WIRE_HEADER_BYTES - WIRE_DATA_BYTES;

	return rate_mbps * payload / (mtu + SIM_ETHERNET_BYTES + SIM_GAP_BYTES);
}

double sim_fairness(const double *shares, uint32_t count)
{
	double sum = 0, squares = 0;

	for (uint32_t i = 0; i < count; i++) {
		sum += shares[i];
		squares += shares[i] * shares[i];
	}
	return squares > 0 ? sum * sum / (count * squares) : 1;
}
