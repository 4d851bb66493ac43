/* Bursts and one-frame ping-pong over the in-process port, between two threads. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "landing.h"
#include "port.h"
#include "raw_worker.h"

#define DRAIN_MS 5

struct raw_ring {
	struct port *port;
	struct landing landing;
	uint64_t *ticks;
	uint8_t frame[14 + MR_MTU_MAX];
};

static const uint8_t macs[PAIR_ROLES][6] = {{0x02, 0x4d, 0x52, 0, 0, 0},
					    {0x02, 0x4d, 0x52, 0, 0, 1}};

static int ring_open(struct worker *worker, const struct pair_setup *setup, char *error,
		     size_t error_bytes)
{
	static struct ring_switch *rings; /* made by the receiver, which opens first */
	struct raw_ring *raw = calloc(1, sizeof(*raw));
	int rc = raw == NULL ? -ENOMEM : landing_map(&raw->landing);

	if (rc == 0 && rings == NULL)
		rc = ring_switch_create(&rings, PAIR_ROLES, setup->mtu);
	if (rc == 0)
		rc = ring_port_open(rings, worker->role, &raw->port);
	if (rc < 0) {
		snprintf(error, error_bytes, "ring: %s", strerror(-rc));
		return rc;
	}
	raw->ticks = malloc(MR_BENCH_SAMPLES_MAX * sizeof(raw->ticks[0]));
	memcpy(raw->frame, macs[!worker->role], 6);
	memcpy(raw->frame + 6, macs[worker->role], 6);
	worker->state = raw;
	return raw->ticks == NULL ? -ENOMEM : 0;
}

static void ring_close(struct worker *worker)
{
	struct raw_ring *raw = worker->state;

	port_close(&raw->port);
	free(raw->ticks);
	free(raw);
}

static void flood_send(struct worker *worker, const struct pair_order *order)
{
	struct raw_ring *raw = worker->state;
	struct port_tx burst[MR_PORT_BURST];

	for (uint32_t i = 0; i < MR_PORT_BURST; i++)
		burst[i] = (struct port_tx){.pieces = {{raw->frame, order->frame_bytes}},
					    .piece_count = 1};
	while (!worker_stopped(worker, order))
		port_tx(raw->port, burst, MR_PORT_BURST);
}

static uint32_t flood_take(struct raw_ring *raw, const struct pair_order *order)
{
	struct port_rx frames[MR_PORT_BURST];
	uint32_t count = port_rx(raw->port, frames, MR_PORT_BURST);

	for (uint32_t i = 0; order->copies && i < count; i++)
		landing_copy(&raw->landing, frames[i].data + order->head_bytes,
			     frames[i].bytes - order->head_bytes);
	port_rx_release(raw->port, frames, count);
	return count;
}

static void flood_receive(struct worker *worker, const struct pair_order *order,
			  struct pair_answer *answer)
{
	struct raw_ring *raw = worker->state;
	uint64_t begin_ns = process_now_ns() + order->warm_ms * 1000000ull;
	uint64_t now_ns;

	while (process_now_ns() < begin_ns)
		flood_take(raw, order);
	begin_ns = process_now_ns();
	do {
		answer->units += flood_take(raw, order);
		now_ns = process_now_ns();
	} while (now_ns - begin_ns < order->run_ms * 1000000ull);
	answer->elapsed_ns = now_ns - begin_ns;
	answer->bytes = answer->units * (order->frame_bytes - order->head_bytes);
	worker_stop(worker, order);
	for (begin_ns = now_ns; now_ns - begin_ns < DRAIN_MS * 1000000ull;
	     now_ns = process_now_ns())
		flood_take(raw, order);
}

static void frame_send(struct raw_ring *raw, uint32_t bytes)
{
	struct port_tx frame = {.pieces = {{raw->frame, bytes}}, .piece_count = 1};

	while (port_tx(raw->port, &frame, 1) == 0)
		;
}

/* False: the run is over. */
static bool frame_await(struct worker *worker, const struct pair_order *order)
{
	struct raw_ring *raw = worker->state;
	struct port_rx frame;

	while (port_rx(raw->port, &frame, 1) == 0) {
		if (worker_stopped(worker, order))
			return false;
	}
	port_rx_release(raw->port, &frame, 1);
	return true;
}

static void pingpong_send(struct worker *worker, const struct pair_order *order,
			  struct pair_answer *answer)
{
	struct raw_ring *raw = worker->state;
	uint64_t hz = worker_ticks_per_s();
	uint64_t now = worker_ticks();
	uint64_t counted = now + order->warm_ms * (hz / 1000);
	uint64_t end = counted + order->run_ms * (hz / 1000);
	uint32_t count = 0;

	while (now < end && count < MR_BENCH_SAMPLES_MAX) {
		uint64_t sent = now;

		frame_send(raw, order->frame_bytes);
		if (!frame_await(worker, order))
			break;
		now = worker_ticks();
		if (now >= counted)
			raw->ticks[count++] = now - sent;
	}
	worker_stop(worker, order);
	answer->units = count;
	worker_percentiles(answer, raw->ticks, count);
}

static void echo_all(struct worker *worker, const struct pair_order *order)
{
	while (frame_await(worker, order))
		frame_send(worker->state, order->frame_bytes);
}

static int ring_run(struct worker *worker, const struct pair_order *order,
		    struct pair_answer *answer)
{
	bool sends = worker->role == PAIR_SENDER;

	worker_meet(worker, order);
	if (order->pattern == PAIR_FLOOD && sends)
		flood_send(worker, order);
	else if (order->pattern == PAIR_FLOOD)
		flood_receive(worker, order, answer);
	else if (order->pattern == PAIR_PINGPONG && sends)
		pingpong_send(worker, order, answer);
	else if (order->pattern == PAIR_PINGPONG)
		echo_all(worker, order);
	else
		return -EOPNOTSUPP;
	return 0;
}

const struct worker_kind raw_ring_worker_kind = {
    .name = "raw-ring",
    .threads = true,
    .open = ring_open,
    .run = ring_run,
    .close = ring_close,
};
