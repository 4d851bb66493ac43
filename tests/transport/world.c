/* The world's clockwork: nodes, virtual time, frames between transports and network. */
#include "world.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "linear.h"
#include "test.h"
#include "world_state.h"

#define VIRTUAL_NS_MAX (200 * 1000000000ull) /* nothing takes that long unless it is stuck */
#define PEER_TIMEOUT_MS 60000                /* at 20 % loss, nobody may be thought dead */

void world_violation(struct world *w, const char *format, ...)
{
	va_list args;

	if (w->result->violation[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(w->result->violation, sizeof(w->result->violation), format, args);
	va_end(args);
}

static uint32_t node_ip(uint32_t node)
{
	return 0x0a000001u + node;
}

static void node_start(struct world *w, uint32_t index)
{
	struct node *node = &w->nodes[index];
	struct transport_config config = {
	    .node = index,
	    .incarnation = ++node->incarnation,
	    .mac = {2, 0, 0, 0, 0, (uint8_t)index},
	    .ip = node_ip(index),
	    .prefix_len = 24,
	    .udp_port = MR_WIRE_PORT_DEFAULT,
	    .mtu = w->config->network.mtu,
	    .peer_timeout_ms = PEER_TIMEOUT_MS,
	    .seed = w->config->network.seed + index,
	    .payload_checksum = true,
	};

	if (node->memory != NULL)
		munmap(node->memory, node->memory_bytes);
	node->memory_bytes = transport_bytes(&config);
	node->memory = mmap(NULL, node->memory_bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(node->memory != MAP_FAILED);
	CHECK(transport_init(&node->transport, node->memory, &config,
			     sim_network_now(w->network)) == 0);
	for (uint32_t peer = 0; peer < w->config->nodes; peer++)
		if (peer != index)
			CHECK(transport_peer_add(node->transport, peer, node_ip(peer),
						 MR_WIRE_PORT_DEFAULT) == 0);
}

static void node_drain(struct world *w, uint32_t index)
{
	static struct transport_event event;

	while (transport_event(w->nodes[index].transport, &event))
		if (!sabotage_event(w, index, &event))
			user_event(w, index, &event);
}

static void node_input(struct world *w, uint32_t index)
{
	struct sim_frame *frame;

	while ((frame = sim_network_receive(w->network, index)) != NULL) {
		sabotage_frame(w, frame);
		linear_input(w->nodes[index].transport, sim_network_now(w->network), frame->data,
			     frame->bytes);
		node_drain(w, index);
		sim_frame_release(frame);
	}
}

static void node_output(struct world *w, uint32_t index)
{
	static uint8_t linear[SIM_FRAME_BYTES_MAX];
	struct transport *t = w->nodes[index].transport;
	uint32_t bytes;

	while (sim_network_room(w->network, index)) {
		bytes = linear_output(t, sim_network_now(w->network), linear);
		if (bytes == 0)
			break;
		observe_frame(w, index, linear, bytes);
		sim_network_send(w->network, index, linear, bytes);
	}
	if (sim_network_room(w->network, index) && transport_output_pending(t))
		world_violation(w, "node %u: output pending, but none came", index);
	observe_credit(w, index);
}

static void node_restart(struct world *w, uint32_t index)
{
	w->nodes[index].retransmits += transport_counters(w->nodes[index].transport)->retransmits;
	user_restart(w, index);
	node_start(w, index);
}

static void step(struct world *w)
{
	uint64_t now = sim_network_now(w->network);

	if (w->restart_ns <= now) {
		w->restart_ns = UINT64_MAX;
		node_restart(w, w->restart_node);
	}
	for (uint32_t i = 0; i < w->config->nodes; i++) {
		node_input(w, i);
		if (transport_deadline(w->nodes[i].transport) <= now)
			transport_tick(w->nodes[i].transport, now);
		node_drain(w, i);
		user_act(w, i, now);
		node_drain(w, i);
		node_output(w, i);
	}
}

static uint64_t next_time(struct world *w)
{
	uint64_t next = sim_network_next_time(w->network);

	if (w->restart_ns < next)
		next = w->restart_ns;
	for (uint32_t i = 0; i < w->config->nodes; i++) {
		uint64_t deadline = transport_deadline(w->nodes[i].transport);
		uint64_t action = user_next(w, i);

		next = deadline < next ? deadline : next;
		next = action < next ? action : next;
	}
	return next;
}

static void run_until_quiet(struct world *w)
{
	uint64_t next;

	while (w->result->violation[0] == '\0' && (next = next_time(w)) != UINT64_MAX) {
		if (next > VIRTUAL_NS_MAX) {
			world_violation(w, "still busy after minutes of virtual time");
			break;
		}
		sim_network_set_now(w->network, next);
		step(w);
	}
}

void world_config_init(struct world_config *config, uint64_t seed)
{
	struct sim_random random = {.state = seed ^ 0x6d696c6c72616365};
	static const uint32_t mtus[] = {MR_MTU_DEFAULT, MR_MTU_DEFAULT, 9000, 576};

	*config = (struct world_config){
	    .network = {.seed = seed,
			.delay_us = (uint32_t)(5 + sim_random_below(&random, 200)),
			.mtu = mtus[sim_random_below(&random, 4)]},
	    .nodes = (uint32_t)(2 + sim_random_below(&random, 4)),
	    .messages = (uint32_t)(20 + sim_random_below(&random, 60)),
	    .body_bytes_max = 1u << (10 + sim_random_below(&random, 11)),
	    .restart = sim_random_below(&random, 4) == 0,
	};
	if (sim_random_below(&random, 8) == 0) {
		config->body_bytes_max = 8u << 20; /* more than all credit */
		config->messages = 20;
	}
	if (sim_random_below(&random, 10) == 0)
		return; /* a faultless network must be boring too */
	config->network.loss = 0.20 * (double)sim_random_below(&random, 101) / 100;
	config->network.dup = 0.10 * (double)sim_random_below(&random, 101) / 100;
	config->network.reorder = 0.20 * (double)sim_random_below(&random, 101) / 100;
	config->network.corrupt = 0.02 * (double)sim_random_below(&random, 101) / 100;
	config->network.jitter_us = (uint32_t)sim_random_below(&random, 50);
	if (sim_random_below(&random, 8) == 0)
		config->network.down_mbps = 100;
}

void world_run(const struct world_config *config, struct world_result *result)
{
	struct world *w = calloc(1, sizeof(*w));
	struct sim_stats stats;

	memset(result, 0, sizeof(*result));
	w->config = config;
	w->result = result;
	w->restart_ns = UINT64_MAX;
	CHECK(sim_network_create(&w->network, &config->network, config->nodes) == 0);
	user_plan(w);
	for (uint32_t i = 0; i < config->nodes; i++)
		node_start(w, i);
	run_until_quiet(w);
	if (config->restart && result->violation[0] == '\0') {
		user_plan_after_restart(w);
		run_until_quiet(w);
	}
	if (result->violation[0] == '\0')
		user_check_end(w);
	sim_network_stats(w->network, &stats);
	result->trace = stats.trace;
	result->virtual_ns = sim_network_now(w->network);
	for (uint32_t i = 0; i < config->nodes; i++) {
		result->retransmits += w->nodes[i].retransmits +
				       transport_counters(w->nodes[i].transport)->retransmits;
		munmap(w->nodes[i].memory, w->nodes[i].memory_bytes);
	}
	user_free(w);
	sim_network_destroy(&w->network);
	free(w);
}
