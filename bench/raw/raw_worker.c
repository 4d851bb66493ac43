/* Bursts and one-frame ping-pong over a bare DPDK port, between two processes. */
#include "raw_worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_lcore.h>
#include <rte_prefetch.h>

#include "cores.h"
#include "landing.h"
#include "port.h"
#include "raw_port.h"

#define MEMORY_BYTES (160ull << 20) /* of the DPDK heap: 12287 frames of 9 KiB */
#define DRAIN_MS 20                 /* what is still on its way when the clock has stopped */
#define PREFETCH_AHEAD 4

struct raw {
	struct raw_port port;
	struct landing landing;
	uint64_t *ticks;
	bool linked;
};

static int eal_start(const struct pair_setup *setup, char *error, size_t error_bytes)
{
	const char *spec = setup->spec;
	uint32_t cores = setup->cores > 1 ? setup->cores : 1;
	struct port_eal_config config = {&spec, 1, cores * MEMORY_BYTES, cores};
	char note[MR_ERROR_BYTES_MAX];

	return port_eal_start(&config, note, sizeof(note), error, error_bytes);
}

static int raw_create(struct worker *worker)
{
	struct raw *raw = calloc(1, sizeof(*raw));

	if (raw == NULL)
		return -ENOMEM;
	worker->state = raw;
	raw->ticks = malloc(MR_BENCH_SAMPLES_MAX * sizeof(raw->ticks[0]));
	return raw->ticks == NULL || landing_map(&raw->landing) < 0 ? -ENOMEM : 0;
}

/* One for each worker, on queues of one device. */
static int raws_open(struct worker *workers, uint32_t count, const struct pair_setup *setup,
		     char *error, size_t error_bytes)
{
	struct raw_port *ports[MR_IO_CORES_MAX];
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < count; i++) {
		rc = raw_create(&workers[i]);
		if (rc == 0)
			ports[i] = &((struct raw *)workers[i].state)->port;
	}
	worker_ticks_per_s();
	if (rc == 0)
		rc = eal_start(setup, error, error_bytes);
	return rc < 0 ? rc
		      : raw_ports_open(ports, count, setup->spec, setup->mtu, error, error_bytes);
}

static int raw_open(struct worker *worker, const struct pair_setup *setup, char *error,
		    size_t error_bytes)
{
	return raws_open(worker, 1, setup, error, error_bytes);
}

static void raw_free(struct worker *worker)
{
	struct raw *raw = worker->state;

	free(raw->ticks);
	free(raw);
}

static void raw_close(struct worker *worker)
{
	struct raw *raw = worker->state;

	raw_port_close(&raw->port);
	raw_free(worker);
}

/* --- Flood ----------------------------------------------------------------------------------- */

static uint32_t burst_make(struct raw *raw, uint32_t frame_bytes, struct rte_mbuf **burst)
{
	if (rte_pktmbuf_alloc_bulk(raw->port.pool, burst, RAW_BURST) != 0)
		return 0;
	for (uint32_t i = 0; i < RAW_BURST; i++) {
		burst[i]->data_len = (uint16_t)frame_bytes;
		burst[i]->pkt_len = frame_bytes;
	}
	return RAW_BURST;
}

/* Sends until the receiver says that it has seen enough. */
static void flood_send(struct worker *worker, const struct pair_order *order)
{
	struct raw *raw = worker->state;
	struct rte_mbuf *burst[RAW_BURST];
	uint32_t first = 0;
	uint32_t count = 0;

	while (!worker_stopped(worker, order)) {
		if (first == count) {
			first = 0;
			count = burst_make(raw, order->frame_bytes, burst);
		}
		first += rte_eth_tx_burst(raw->port.id, raw->port.queue, burst + first,
					  (uint16_t)(count - first));
	}
	rte_pktmbuf_free_bulk(burst + first, count - first);
}

static void burst_land(struct raw *raw, struct rte_mbuf **burst, uint32_t count,
		       const struct pair_order *order)
{
	for (uint32_t i = 0; i < count; i++) {
		if (i + PREFETCH_AHEAD < count)
			rte_prefetch0(rte_pktmbuf_mtod(burst[i + PREFETCH_AHEAD], void *));
		if (burst[i]->data_len > order->head_bytes)
			landing_copy(&raw->landing,
				     rte_pktmbuf_mtod_offset(burst[i], void *, order->head_bytes),
				     burst[i]->data_len - order->head_bytes);
	}
}

/* Frames that came, counted by size: what else a veth carries is not ours. */
static uint32_t flood_take(struct raw *raw, const struct pair_order *order)
{
	struct rte_mbuf *burst[RAW_BURST];
	uint32_t count = rte_eth_rx_burst(raw->port.id, raw->port.queue, burst, RAW_BURST);

	if (order->copies)
		burst_land(raw, burst, count, order);
	rte_pktmbuf_free_bulk(burst, count);
	return count;
}

static void flood_receive(struct worker *worker, const struct pair_order *order,
			  struct pair_answer *answer)
{
	struct raw *raw = worker->state;
	uint64_t ticks_per_ms = worker_ticks_per_s() / 1000;
	uint64_t start = worker_ticks() + order->warm_ms * ticks_per_ms;
	uint64_t now;

	while (worker_ticks() < start)
		flood_take(raw, order);
	start = worker_ticks();
	do {
		answer->units += flood_take(raw, order);
		now = worker_ticks();
	} while (now - start < order->run_ms * ticks_per_ms);
	answer->elapsed_ns = (uint64_t)((double)(now - start) * 1e6 / (double)ticks_per_ms);
	answer->bytes = answer->units * (order->frame_bytes - order->head_bytes);
	worker_stop(worker, order);
	for (start = worker_ticks(); worker_ticks() - start < DRAIN_MS * ticks_per_ms;)
		flood_take(raw, order);
}

/* --- Ping-pong ------------------------------------------------------------------------------- */

/* Waits for a frame of that size; others (the kernel's own, on a veth) are dropped. NULL: stop. */
static struct rte_mbuf *frame_await(struct worker *worker, const struct pair_order *order,
				    uint64_t deadline)
{
	struct raw *raw = worker->state;
	struct rte_mbuf *frame;

	while (!worker_stopped(worker, order)) {
		if (rte_eth_rx_burst(raw->port.id, raw->port.queue, &frame, 1) == 1) {
			if (frame->pkt_len == order->frame_bytes)
				return frame;
			rte_pktmbuf_free(frame);
		}
		if (worker_ticks() > deadline)
			break;
	}
	return NULL;
}

static bool frame_send(struct worker *worker, const struct pair_order *order,
		       struct rte_mbuf *frame)
{
	struct raw *raw = worker->state;

	while (rte_eth_tx_burst(raw->port.id, raw->port.queue, &frame, 1) == 0) {
		if (worker_stopped(worker, order)) {
			rte_pktmbuf_free(frame);
			return false;
		}
	}
	return true;
}

static void echo_all(struct worker *worker, const struct pair_order *order)
{
	struct rte_mbuf *frame;

	while ((frame = frame_await(worker, order, UINT64_MAX)) != NULL) {
		if (!frame_send(worker, order, frame))
			break;
	}
}

static int pingpong_send(struct worker *worker, const struct pair_order *order,
			 struct pair_answer *answer)
{
	struct raw *raw = worker->state;
	uint64_t hz = worker_ticks_per_s();
	uint64_t begin = worker_ticks();
	uint64_t counted = begin + order->warm_ms * (hz / 1000);
	uint64_t end = counted + order->run_ms * (hz / 1000);
	struct rte_mbuf *frame = rte_pktmbuf_alloc(raw->port.pool);
	uint32_t count = 0;
	uint64_t now = begin;

	if (frame == NULL)
		return -ENOMEM;
	frame->data_len = (uint16_t)order->frame_bytes;
	frame->pkt_len = order->frame_bytes;
	while (now < end && count < MR_BENCH_SAMPLES_MAX) {
		uint64_t sent = now;

		if (!frame_send(worker, order, frame))
			break;
		frame = frame_await(worker, order, end + hz);
		if (frame == NULL)
			break;
		now = worker_ticks();
		if (now >= counted)
			raw->ticks[count++] = now - sent;
	}
	worker_stop(worker, order);
	if (frame == NULL)
		return -ETIMEDOUT;
	rte_pktmbuf_free(frame);
	answer->units = count;
	worker_percentiles(answer, raw->ticks, count);
	return 0;
}

/* --- Orders ---------------------------------------------------------------------------------- */

static int raw_run(struct worker *worker, const struct pair_order *order,
		   struct pair_answer *answer)
{
	struct raw *raw = worker->state;
	bool sends = worker->role == PAIR_SENDER;
	struct rte_eth_stats before = {0}, after = {0};
	int rc = 0;

	if (!raw->linked && raw_port_wait(&raw->port) < 0)
		snprintf(answer->text, sizeof(answer->text), "its port has no peer");
	raw->linked = true;
	rte_eth_stats_get(raw->port.id, &before);
	worker_meet(worker, order);
	if (order->pattern == PAIR_FLOOD && sends)
		flood_send(worker, order);
	else if (order->pattern == PAIR_FLOOD)
		flood_receive(worker, order, answer);
	else if (order->pattern == PAIR_PINGPONG && sends)
		rc = pingpong_send(worker, order, answer);
	else if (order->pattern == PAIR_PINGPONG)
		echo_all(worker, order);
	else
		rc = -EOPNOTSUPP;
	rte_eth_stats_get(raw->port.id, &after);
	if (raw->port.queue == 0) /* they are the device's */
		answer->drops = after.imissed - before.imissed + after.rx_nombuf - before.rx_nombuf;
	if (rc < 0)
		snprintf(answer->text, sizeof(answer->text), "raw bursts: %s", strerror(-rc));
	return rc;
}

const struct worker_kind raw_worker_kind = {
    .name = "raw",
    .open = raw_open,
    .run = raw_run,
    .close = raw_close,
};

/* --- Several cores, each on a queue of its own -------------------------------------------------
 */

static int cores_open(struct worker *worker, const struct pair_setup *setup, char *error,
		      size_t error_bytes)
{
	struct cores *cores;
	int rc = cores_create(&cores, worker, setup->cores);

	if (rc < 0)
		return rc;
	worker->state = cores;
	return raws_open(cores->workers, cores->count, setup, error, error_bytes);
}

/* Only threads that DPDK knows have caches of mbufs. */
static int known_run(struct worker *worker, const struct pair_order *order,
		     struct pair_answer *answer)
{
	bool stranger = rte_lcore_id() == LCORE_ID_ANY && rte_thread_register() == 0;
	int rc = raw_run(worker, order, answer);

	if (stranger)
		rte_thread_unregister();
	return rc;
}

static int raw_cores_run(struct worker *worker, const struct pair_order *order,
			 struct pair_answer *answer)
{
	return cores_run(worker->state, order, answer, known_run);
}

static void cores_close(struct worker *worker)
{
	struct cores *cores = worker->state;

	raw_port_close(&((struct raw *)cores->workers[0].state)->port);
	for (uint32_t i = 0; i < cores->count; i++)
		raw_free(&cores->workers[i]);
	cores_destroy(&cores);
}

const struct worker_kind raw_cores_worker_kind = {
    .name = "raw-cores",
    .cores = true,
    .open = cores_open,
    .run = raw_cores_run,
    .close = cores_close,
};
