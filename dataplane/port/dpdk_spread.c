/*
 * Frames from the core that polled them to the core they are for, where the device could not sort.
 *
 * Each pair of cores has a ring of its own, with one producer and one consumer, and each core a
 * word with a bit for each ring that something was put into: to look for frames is to read that
 * word. mbufs change hands as they are; whoever frees them gives them back to the pool they are of.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_ring.h>

#include "dpdk_port.h"
#include "spread.h"

_Static_assert(MR_IO_CORES_MAX <= 32, "a bit for each core");

struct dpdk_spread {
	atomic_uint waiting __rte_cache_aligned; // the others set bits, the owner takes all
	atomic_bool asleep;                      // the owner sets; who clears it rings
	uint32_t self __rte_cache_aligned;       // the rest is the owner's
	struct port_spread rule;
	uint64_t passed_tsc;                  // when a frame was last passed on
	struct rte_ring *in[MR_IO_CORES_MAX]; // from each other core
	struct dpdk_spread *others[MR_IO_CORES_MAX];
};

/* --- Passing on ------------------------------------------------------------------------------ */

struct sorted {
	struct rte_mbuf *frames[MR_IO_CORES_MAX][MR_PORT_BURST];
	uint16_t counts[MR_IO_CORES_MAX];
};

static void queue_pass(struct dpdk_port *self, uint32_t to, struct rte_mbuf **frames,
		       uint16_t count)
{
	struct dpdk_spread *other = self->spread->others[to];
	uint32_t passed =
	    rte_ring_sp_enqueue_burst(other->in[self->spread->self], (void **)frames, count, NULL);

	if (passed < count) {
		rte_pktmbuf_free_bulk(frames + passed, count - passed);
		self->port.counters.drop_rx_spread += count - passed;
	}
	self->port.counters.rx_spread += passed;
	/* Owner and senders meet in these two words, in opposite orders: one of them sees the
	 * other. */
	atomic_fetch_or_explicit(&other->waiting, 1u << self->spread->self, memory_order_seq_cst);
	if (atomic_load_explicit(&other->asleep, memory_order_seq_cst) &&
	    atomic_exchange_explicit(&other->asleep, false, memory_order_seq_cst))
		doorbell_ring(self->device->ports[to]);
}

/* Each core has asked for itself: who did does not show in the answer. */
static void copy_all(struct dpdk_port *self, struct rte_mbuf *m)
{
	for (uint32_t to = 0; to < self->spread->rule.queues; to++) {
		struct rte_mbuf *copy;

		if (to == self->spread->self)
			continue;
		copy = rte_pktmbuf_copy(m, self->rx_pool, 0, UINT32_MAX);
		if (copy == NULL) {
			self->rx_no_buffer++;
			continue;
		}
		queue_pass(self, to, &copy, 1);
	}
}

/* Leaves the owner's in mbufs, and returns how many these are. */
static uint16_t frames_sort(struct dpdk_port *self, struct rte_mbuf **mbufs, uint16_t count)
{
	const struct dpdk_spread *spread = self->spread;
	struct sorted sorted;
	uint32_t touched = 0;
	uint16_t own = 0;

	for (uint16_t i = 0; i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], const void *));
	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *m = mbufs[i];
		uint32_t to =
		    spread_queue(&spread->rule, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);

		if (to == SPREAD_ALL)
			copy_all(self, m);
		if (likely(to == spread->self || to == SPREAD_ALL)) {
			mbufs[own++] = m;
			continue;
		}
		if ((touched >> to & 1) == 0)
			sorted.counts[to] = 0;
		touched |= 1u << to;
		sorted.frames[to][sorted.counts[to]++] = m;
	}
	for (uint32_t to = 0; touched != 0; to++, touched >>= 1)
		if ((touched & 1) != 0)
			queue_pass(self, to, sorted.frames[to], sorted.counts[to]);
	return own;
}

/* --- Receiving ------------------------------------------------------------------------------- */

static uint16_t frames_take(struct dpdk_spread *spread, struct rte_mbuf **mbufs, uint16_t max)
{
	uint32_t waiting;
	uint16_t got = 0;

	if (likely(atomic_load_explicit(&spread->waiting, memory_order_relaxed) == 0))
		return 0;
	waiting = atomic_exchange_explicit(&spread->waiting, 0, memory_order_acq_rel);
	for (uint32_t from = 0; waiting >> from != 0; from++) {
		if ((waiting >> from & 1) == 0)
			continue;
		got += (uint16_t)rte_ring_sc_dequeue_burst(spread->in[from], (void **)(mbufs + got),
							   max - got, NULL);
		if (got == max) { /* there may be more in this one and the next */
			atomic_fetch_or_explicit(&spread->waiting, waiting >> from << from,
						 memory_order_relaxed);
			break;
		}
	}
	return got;
}

uint16_t dpdk_spread_rx(struct dpdk_port *self, struct rte_mbuf **mbufs, uint16_t max)
{
	uint16_t got = frames_take(self->spread, mbufs, max);
	uint16_t polled, own;

	if (self->rx_queue == DPDK_NO_QUEUE || got == max)
		return got;
	polled = rte_eth_rx_burst(self->id, self->rx_queue, mbufs + got, max - got);
	if (polled == 0)
		return got;
	own = frames_sort(self, mbufs + got, polled);
	if (own < polled)
		self->spread->passed_tsc = rte_get_tsc_cycles();
	return got + own;
}

bool dpdk_spread_arm(struct dpdk_spread *spread)
{
	if (rte_get_tsc_cycles() - spread->passed_tsc < rte_get_tsc_hz() / 1000000 * MR_POLL_HOT_US)
		return true;
	atomic_store_explicit(&spread->asleep, true, memory_order_seq_cst);
	return atomic_load_explicit(&spread->waiting, memory_order_seq_cst) != 0;
}

/* --- Life ------------------------------------------------------------------------------------ */

static int ring_create(const struct dpdk_device *device, uint32_t from, uint32_t to)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring **ring = &device->ports[to]->spread->in[from];

	snprintf(name, sizeof(name), "mr-spread-%u-%u-%u", device->id, from, to);
	*ring = rte_ring_create(name, MR_SPREAD_FRAMES, rte_eth_dev_socket_id(device->id),
				RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
	return *ring != NULL ? 0 : -ENOMEM;
}

static int port_join(const struct dpdk_device *device, uint32_t index)
{
	struct dpdk_spread *spread = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*spread));

	if (spread == NULL)
		return -ENOMEM;
	*spread = (struct dpdk_spread){.self = index, .rule = device->spread};
	device->ports[index]->spread = spread;
	return 0;
}

int dpdk_spread_create(struct dpdk_device *device)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < device->port_count; i++)
		rc = port_join(device, i);
	for (uint32_t from = 0; rc == 0 && from < device->port_count; from++) {
		for (uint32_t to = 0; rc == 0 && to < device->port_count; to++) {
			device->ports[from]->spread->others[to] = device->ports[to]->spread;
			if (to != from)
				rc = ring_create(device, from, to);
		}
	}
	return rc;
}

static void ring_free(struct rte_ring *ring)
{
	struct rte_mbuf *m;

	while (ring != NULL && rte_ring_sc_dequeue(ring, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(ring);
}

void dpdk_spread_free(struct dpdk_device *device)
{
	for (uint32_t i = 0; i < device->port_count; i++) {
		struct dpdk_spread *spread = device->ports[i]->spread;

		for (uint32_t from = 0; spread != NULL && from < device->port_count; from++)
			ring_free(spread->in[from]);
		free(spread);
		device->ports[i]->spread = NULL;
	}
}
