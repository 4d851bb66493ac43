/*
 * Fuzz target: an arbitrary schedule of sends, answers, frames, times, crashes and returns between
 * three transports, with all the checks of a world (world.h).
 *
 * The input is a list of operations of a few bytes each. What happens to frames is a short tape of
 * fates, given by operations too, that runs in a circle: so a few bytes decide about many frames,
 * and a byte more about all that follow. At the end the network is good again, the dead return, and
 * everything must end well.
 */
#include <stdio.h>
#include <stdlib.h>

#include "world_state.h"

#define NODES 3
#define MESSAGES_MAX 64
#define TAPE_MAX 16
#define PEER_TIMEOUT_MS 400

struct input {
	const uint8_t *data;
	size_t bytes;
};

struct tape {
	uint8_t fates[TAPE_MAX];
	uint32_t length;
	uint32_t next;
};

static uint8_t take(struct input *input)
{
	if (input->bytes == 0)
		return 0;
	input->bytes--;
	return *input->data++;
}

/* --- What happens to frames ------------------------------------------------------------------ */

enum fate { FATE_LOSE = 4, FATE_TWICE, FATE_LATE, FATE_FLIP }; /* below: nothing */

static struct sim_fate judge(void *opaque, uint32_t from, uint32_t to)
{
	struct tape *tape = opaque;
	uint8_t fate;

	if (tape->length == 0)
		return (struct sim_fate){0};
	fate = tape->fates[tape->next++ % tape->length];
	return (struct sim_fate){
	    .lose = fate >> 5 == FATE_LOSE,
	    .twice = fate >> 5 == FATE_TWICE,
	    .delay_ns = fate >> 5 == FATE_LATE ? (fate & 31u) * 50000 : 0,
	    .flip = fate >> 5 == FATE_FLIP,
	    .flip_bit = (fate & 31u) * 41,
	};
}

static void tape_write(struct tape *tape, struct input *input)
{
	tape->length = take(input) % (TAPE_MAX + 1);
	for (uint32_t i = 0; i < tape->length; i++)
		tape->fates[i] = take(input);
}

/* --- What happens to nodes ------------------------------------------------------------------- */

/* From a byte to more than is sent unasked, evenly by powers of two. */
static uint64_t size_of(uint8_t byte)
{
	return (1ull << byte % 18) + byte;
}

static void send(struct world *w, struct input *input)
{
	uint8_t where = take(input), how = take(input);
	const struct planned m = {
	    .from = where % NODES,
	    .to = (uint8_t)((where % NODES + 1 + where / NODES % (NODES - 1)) % NODES),
	    .flow = how % 3,
	    .reject = how >> 7,
	    .accept_delay_ns = (how >> 4 & 7) * 3 * NS_PER_MS,
	    .body_bytes = size_of(take(input)),
	    .head_bytes = 16 + take(input) % (TRANSPORT_HEAD_BYTES_MAX - 15),
	};

	if (w->message_count < MESSAGES_MAX)
		plan_now(w, &m);
}

static void crash_or_return(struct world *w, uint32_t node)
{
	if (w->nodes[node].dead)
		node_return(w, node);
	else
		node_crash(w, node);
}

static void pass(struct world *w, uint64_t ns)
{
	world_advance(w, world_now(w) + ns);
}

static void operate(struct world *w, struct tape *tape, struct input *input)
{
	uint8_t byte;

	switch (take(input) % 8) {
	case 0:
	case 1:
		send(w, input);
		break;
	case 2:
		pass(w, take(input) * 1000ull);
		break;
	case 3:
		pass(w, take(input) * 100000ull);
		break;
	case 4:
		pass(w, take(input) * 10 * NS_PER_MS);
		break;
	case 5:
		tape_write(tape, input);
		break;
	case 6:
		crash_or_return(w, take(input) % NODES);
		break;
	case 7:
		byte = take(input);
		if ((byte & 64) != 0)
			sim_network_set_group(w->network, byte % NODES, byte >> 7);
		else
			sim_network_pause(w->network, byte % NODES,
					  world_now(w) + (byte & 63) * 10 * NS_PER_MS);
		break;
	}
}

static void calm(struct world *w)
{
	sim_network_set_judge(w->network, NULL, NULL);
	for (uint32_t i = 0; i < NODES; i++) {
		sim_network_set_group(w->network, i, 0);
		if (w->nodes[i].dead)
			node_return(w, i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world_config config = {
	    .nodes = NODES,
	    .peer_timeout_ms = PEER_TIMEOUT_MS,
	    .network = {.delay_us = 20, .mtu = MR_MTU_DEFAULT},
	};
	struct input input = {data, size};
	struct world_result result;
	struct tape tape = {0};
	struct world *w;
	uint8_t setup;

	setup = take(&input);
	if ((setup & 1) != 0)
		config.network.up_mbps = config.network.down_mbps = 1000;
	if ((setup & 2) != 0)
		config.small_bytes_max = MR_SMALL_BYTES_MAX;
	w = world_open(&config, &result);
	sim_network_set_judge(w->network, judge, &tape);
	while (input.bytes > 0 && result.violation[0] == '\0')
		operate(w, &tape, &input);
	calm(w);
	world_settle(w);
	world_close(&w);
	if (result.violation[0] != '\0') {
		fprintf(stderr, "%s\n", result.violation);
		abort();
	}
	return 0;
}
