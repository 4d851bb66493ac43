/*
 * The in-process ring port: nodes of one process joined as by an Ethernet switch, with no EAL.
 *
 * Each port owns MR_RING_SLOTS frame slots, a stack of the unused ones and a ring of the filled
 * ones in order of arrival. A sender takes a slot of the receiver, gathers a frame's pieces
 * straight into it and puts it in the ring: one copy, and none on receive. All of it lives in one
 * lazily backed mapping; the slot given back last is taken first, so that a port touches as much
 * memory as it ever had frames waiting.
 *
 * The stack and the senders' side of the ring are under a lock held for a few dozen instructions,
 * never while bytes are copied. rte_ring's own multi-producer mode lets a producer publish its
 * predecessor's entries after a relaxed load, which orders nothing in C11, and spins for as long as
 * that predecessor is preempted; here nodes share cores, and the lock yields.
 *
 * A port may have several queues, each with slots, a ring and an owner of its own: a sender looks
 * which one a frame is for, as the device of a NIC would.
 *
 * A port's ring, slots and eventfd live as long as the switch: a sender that races with a close
 * writes into memory that is still there, and its frame is discarded at the next open.
 *
 * Source: DPDK's rte_ring, in its C11 form, which ThreadSanitizer can follow.
 */
#define RTE_USE_C11_MEM_MODEL
#include <rte_pause.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "port.h"
#include "spread.h"

#define ETHER_HEAD_BYTES 14
#define CACHE_LINE 64
#define LOCK_SPINS 64      /* about a microsecond: several times what the lock is held */
#define RING_PORTS_MAX 256 /* the last byte of a MAC is the port's number */

struct ring_ready {
	uint32_t slot;
	uint32_t bytes;
};

/* One queue of a port; the first stands for the port. */
struct ring_port {
	struct port port; // owner: rw
	struct ring_switch *sw;
	struct rte_ring *ready; // senders put under lock, owner takes
	uint8_t *slots;         // senders write a taken slot, owner reads a ready one
	uint32_t *unused;       // under lock: numbers of free slots
	uint32_t held;          // owner only: frames received and not yet released
	alignas(CACHE_LINE) atomic_flag locked;
	uint32_t unused_count; // under lock
	atomic_bool armed;     // owner sets; whoever clears it owes a ring
	/* Read for every frame, the first queue's for all of the port: written while it opens. */
	alignas(CACHE_LINE) atomic_bool open; // owner: wo, senders: ro
	atomic_uint spread;                   // who opens: wo, senders: ro; see spread_pack()
};

struct ring_switch {
	uint64_t map_bytes;
	uint32_t port_count;
	uint32_t queues; /* of each port; those of one lie side by side in ports */
	uint32_t frame_bytes_max;
	uint32_t slot_bytes;
	struct ring_port ports[];
};

static const struct port_ops ring_ops;
static const uint8_t mac_prefix[5] = {0x02, 0x4d, 0x52, 0x00, 0x00};

/* --- Sending --------------------------------------------------------------------------------- */

static uint64_t frame_bytes(const struct port_tx *frame)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < frame->piece_count; i++)
		bytes += frame->pieces[i].bytes;
	return bytes;
}

static void frame_gather(uint8_t *to, const struct port_tx *frame)
{
	for (uint32_t i = 0; i < frame->piece_count; i++) {
		if (frame->pieces[i].bytes == 0)
			continue; /* its data may be NULL */
		memcpy(to, frame->pieces[i].data, frame->pieces[i].bytes);
		to += frame->pieces[i].bytes;
	}
}

/* The first bytes of a frame that has so many, which may be spread over pieces of any size. */
static void frame_head(const struct port_tx *frame, uint8_t *head, uint32_t bytes)
{
	uint32_t got = 0;

	for (uint32_t i = 0; got < bytes; i++) {
		uint32_t n = RTE_MIN(frame->pieces[i].bytes, bytes - got);

		if (n > 0)
			memcpy(head + got, frame->pieces[i].data, n);
		got += n;
	}
}

enum route_kind {
	ROUTE_QUEUE,
	ROUTE_QUEUES, /* all of one port */
	ROUTE_ALL,
	ROUTE_NONE,
	ROUTE_SHORT,
	ROUTE_OVERSIZE
};

struct route {
	enum route_kind kind;
	struct ring_port *to; /* ROUTE_QUEUE; ROUTE_QUEUES: the first */
};

static uint32_t spread_pack(const struct port_spread *spread)
{
	return (uint32_t)spread->udp_port << 16 | spread->queues;
}

/* Which queue of the port, whose first one is given. */
static struct route queue_route(struct ring_port *first, const struct port_tx *frame,
				uint64_t bytes)
{
	uint32_t packed = atomic_load_explicit(&first->spread, memory_order_relaxed);
	const struct port_spread spread = {(uint16_t)packed, (uint16_t)(packed >> 16)};
	uint8_t head[SPREAD_HEAD_BYTES];
	uint32_t queue;

	if (spread.queues == 1 || bytes < sizeof(head))
		return (struct route){ROUTE_QUEUE, first};
	frame_head(frame, head, sizeof(head));
	queue = spread_queue(&spread, head, sizeof(head));
	if (queue == SPREAD_ALL)
		return (struct route){ROUTE_QUEUES, first};
	return (struct route){ROUTE_QUEUE, first + queue};
}

static struct route frame_route(const struct ring_port *from, const struct port_tx *frame)
{
	struct ring_switch *sw = from->sw;
	uint64_t bytes = frame_bytes(frame);
	struct ring_port *to;
	uint8_t mac[6];

	if (bytes < ETHER_HEAD_BYTES)
		return (struct route){ROUTE_SHORT};
	if (bytes > sw->frame_bytes_max)
		return (struct route){ROUTE_OVERSIZE};
	frame_head(frame, mac, sizeof(mac));
	if (mac[0] & 1)
		return (struct route){ROUTE_ALL};
	if (memcmp(mac, mac_prefix, sizeof(mac_prefix)) != 0 || mac[5] >= sw->port_count)
		return (struct route){ROUTE_NONE};
	to = &sw->ports[mac[5] * sw->queues];
	if (mac[5] == from->port.abilities.mac[5] ||
	    !atomic_load_explicit(&to->open, memory_order_acquire))
		return (struct route){ROUTE_NONE};
	return queue_route(to, frame, bytes);
}

static void ring_lock(struct ring_port *to)
{
	uint32_t spins = 0;

	while (atomic_flag_test_and_set_explicit(&to->locked, memory_order_acquire)) {
		if (++spins % LOCK_SPINS == 0)
			sched_yield(); /* its holder may be waiting for this core */
		else
			rte_pause();
	}
}

static void ring_unlock(struct ring_port *to)
{
	atomic_flag_clear_explicit(&to->locked, memory_order_release);
}

static uint32_t slots_take(struct ring_port *to, uint32_t *slots, uint32_t count)
{
	uint32_t n;

	ring_lock(to);
	n = RTE_MIN(count, to->unused_count);
	to->unused_count -= n;
	memcpy(slots, to->unused + to->unused_count, n * sizeof(slots[0]));
	ring_unlock(to);
	return n;
}

static void slots_give_back(struct ring_port *self, const uint32_t *slots, uint32_t count)
{
	ring_lock(self);
	assert(self->unused_count + count <= MR_RING_SLOTS);
	memcpy(self->unused + self->unused_count, slots, count * sizeof(slots[0]));
	self->unused_count += count;
	ring_unlock(self);
}

static void slots_put(struct ring_port *to, const struct ring_ready *ready, uint32_t count)
{
	uint32_t n;

	ring_lock(to);
	n = rte_ring_sp_enqueue_bulk_elem(to->ready, ready, sizeof(ready[0]), count, NULL);
	ring_unlock(to);
	assert(n == count && "there are no more slots than places in the ring");
	(void)n;
}

/*
 * Wakes the owner if it sleeps. Owner and senders meet in read-modify-writes of one word, which
 * are totally ordered: either this exchange sees `armed`, or the owner's later exchange in
 * ring_arm() sees ours, and with it the frames put before.
 */
static void ring_doorbell(struct ring_port *to)
{
	static const uint64_t one = 1;

	if (atomic_exchange_explicit(&to->armed, false, memory_order_acq_rel)) {
		/* Fails only if 2^64 - 2 rings were never read, and then the owner wakes anyway. */
		ssize_t written = write(to->port.wake_fd, &one, sizeof(one));

		(void)written;
	}
}

/* Copies up to count frames into slots of the receiver; returns how many it had room for. */
static uint32_t ring_deliver(struct ring_port *from, struct ring_port *to,
			     const struct port_tx *frames, uint32_t count)
{
	struct ring_ready ready[MR_PORT_BURST];
	uint32_t slots[MR_PORT_BURST];
	uint32_t slot_bytes = from->sw->slot_bytes;
	uint32_t n = slots_take(to, slots, RTE_MIN(count, (uint32_t)MR_PORT_BURST));
	uint64_t bytes = 0;

	if (n == 0)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		ready[i] = (struct ring_ready){slots[i], (uint32_t)frame_bytes(&frames[i])};
		frame_gather(to->slots + (uint64_t)slots[i] * slot_bytes, &frames[i]);
		bytes += ready[i].bytes;
	}
	slots_put(to, ready, n);
	ring_doorbell(to);
	from->port.counters.tx_frames += n;
	from->port.counters.tx_copied += n;
	from->port.counters.tx_bytes += bytes;
	return n;
}

static void ring_copy(struct ring_port *from, struct ring_port *to, const struct port_tx *frame)
{
	if (atomic_load_explicit(&to->open, memory_order_acquire) &&
	    ring_deliver(from, to, frame, 1) == 0)
		from->port.counters.drop_tx_no_buffer++;
}

/* A broadcast is for each port, and nobody's in particular there: the first queue takes it. */
static void ring_flood(struct ring_port *from, const struct port_tx *frame)
{
	struct ring_switch *sw = from->sw;

	for (uint32_t i = 0; i < sw->port_count; i++)
		if (i != from->port.abilities.mac[5])
			ring_copy(from, &sw->ports[i * sw->queues], frame);
}

static void ring_copy_all(struct ring_port *from, struct ring_port *first,
			  const struct port_tx *frame)
{
	for (uint32_t i = 0; i < from->sw->queues; i++)
		ring_copy(from, first + i, frame);
}

/* How many frames from the first on go to the same queue, up to a burst. */
static uint32_t ring_run(const struct ring_port *from, const struct port_tx *frames, uint32_t count,
			 const struct ring_port *to)
{
	uint32_t n = 1;

	while (n < count && n < MR_PORT_BURST) {
		struct route route = frame_route(from, &frames[n]);

		if (route.kind != ROUTE_QUEUE || route.to != to)
			break;
		n++;
	}
	return n;
}

static uint32_t ring_tx(struct port *port, const struct port_tx *frames, uint32_t count)
{
	struct ring_port *from = (struct ring_port *)port;
	uint32_t done = 0;

	while (done < count) {
		struct route route = frame_route(from, &frames[done]);
		uint32_t run = 1;
		uint32_t sent = 1;

		switch (route.kind) {
		case ROUTE_QUEUE:
			run = ring_run(from, frames + done, count - done, route.to);
			sent = ring_deliver(from, route.to, frames + done, run);
			break;
		case ROUTE_QUEUES:
			ring_copy_all(from, route.to, &frames[done]);
			break;
		case ROUTE_ALL:
			ring_flood(from, &frames[done]);
			break;
		case ROUTE_NONE:
			port->counters.drop_tx_no_port++;
			break;
		case ROUTE_SHORT:
			port->counters.drop_tx_short++;
			break;
		case ROUTE_OVERSIZE:
			port->counters.drop_tx_oversize++;
			break;
		}
		done += sent;
		if (sent < run) {
			port->counters.tx_full++;
			break;
		}
	}
	return done;
}

/* --- Receiving ------------------------------------------------------------------------------- */

static uint32_t ring_rx(struct port *port, struct port_rx *frames, uint32_t max)
{
	struct ring_port *self = (struct ring_port *)port;
	struct ring_ready ready[MR_PORT_BURST];
	uint32_t n = rte_ring_sc_dequeue_burst_elem(self->ready, ready, sizeof(ready[0]),
						    RTE_MIN(max, (uint32_t)MR_PORT_BURST), NULL);

	for (uint32_t i = 0; i < n; i++) {
		uint64_t offset = (uint64_t)ready[i].slot * self->sw->slot_bytes;

		frames[i] = (struct port_rx){
		    .data = self->slots + offset,
		    .bytes = ready[i].bytes,
		    .opaque = (void *)(uintptr_t)ready[i].slot,
		};
		port->counters.rx_bytes += ready[i].bytes;
	}
	port->counters.rx_frames += n;
	self->held += n;
	return n;
}

static void ring_rx_release(struct port *port, struct port_rx *frames, uint32_t count)
{
	struct ring_port *self = (struct ring_port *)port;

	assert(count <= self->held);
	self->held -= count;
	while (count > 0) {
		uint32_t slots[MR_PORT_BURST];
		uint32_t n = RTE_MIN(count, (uint32_t)MR_PORT_BURST);

		for (uint32_t i = 0; i < n; i++)
			slots[i] = (uint32_t)(uintptr_t)frames[i].opaque;
		slots_give_back(self, slots, n);
		frames += n;
		count -= n;
	}
}

/* rte_ring_empty(), but with a load that orders. */
static bool ring_frame_waits(const struct ring_port *self)
{
	return __atomic_load_n(&self->ready->prod.tail, __ATOMIC_ACQUIRE) != self->ready->cons.tail;
}

static bool ring_arm(struct port *port)
{
	struct ring_port *self = (struct ring_port *)port;
	uint64_t rings;
	/* A ring may still be on its way: then it is one wakeup too many, not one too few. */
	ssize_t drained = read(port->wake_fd, &rings, sizeof(rings));

	(void)drained;
	atomic_exchange_explicit(&self->armed, true, memory_order_acq_rel);
	if (!ring_frame_waits(self))
		return false;
	atomic_exchange_explicit(&self->armed, false, memory_order_acq_rel);
	return true;
}

/* --- Opening and closing --------------------------------------------------------------------- */

static void ring_close(struct port *port)
{
	struct ring_port *self = (struct ring_port *)port;

	assert(self->held == 0 && "frames received were not released before the port was closed");
	atomic_store_explicit(&self->open, false, memory_order_release);
	atomic_exchange_explicit(&self->armed, false, memory_order_acq_rel);
}

static const struct port_ops ring_ops = {
    .rx = ring_rx,
    .rx_release = ring_rx_release,
    .tx = ring_tx,
    .arm = ring_arm,
    .close = ring_close,
};

/* What was sent to an earlier owner is not for this one. */
static void ring_discard(struct ring_port *self)
{
	struct port_rx frames[MR_PORT_BURST];
	uint32_t n;

	while ((n = ring_rx(&self->port, frames, MR_PORT_BURST)) > 0)
		ring_rx_release(&self->port, frames, n);
}

static void queue_open(struct ring_port *self, struct port **port)
{
	ring_discard(self);
	memset(&self->port.counters, 0, sizeof(self->port.counters));
	*port = &self->port;
}

int ring_queues_open(struct ring_switch *sw, uint32_t index, const struct port_spread *spread,
		     struct port **queues)
{
	struct ring_port *first;

	if (index >= sw->port_count || spread->queues == 0 || spread->queues > sw->queues)
		return -EINVAL;
	first = &sw->ports[index * sw->queues];
	for (uint32_t i = 0; i < sw->queues; i++)
		if (atomic_load_explicit(&first[i].open, memory_order_acquire))
			return -EBUSY;
	for (uint32_t i = 0; i < spread->queues; i++)
		queue_open(&first[i], &queues[i]);
	atomic_store_explicit(&first->spread, spread_pack(spread), memory_order_relaxed);
	/* The first one last: who sees it open sees the others. */
	for (uint32_t i = spread->queues; i-- > 0;)
		atomic_store_explicit(&first[i].open, true, memory_order_release);
	return 0;
}

int ring_port_open(struct ring_switch *sw, uint32_t index, struct port **port)
{
	return ring_queues_open(sw, index, &(struct port_spread){.queues = 1}, port);
}

/* Ring sizes are powers of two, one of whose places stays empty. */
#define RING_PLACES (2 * MR_RING_SLOTS)
static_assert((MR_RING_SLOTS & (MR_RING_SLOTS - 1)) == 0, "rte_ring wants a power of two");

struct ring_layout {
	uint64_t unused_bytes;
	uint64_t ready_bytes;
	uint64_t slots_bytes;
	uint64_t ports_off; /* of the first port's rings and slots */
	uint64_t port_bytes;
};

static void ring_layout(struct ring_layout *layout, uint32_t queues, uint32_t slot_bytes)
{
	uint64_t head = sizeof(struct ring_switch) + queues * sizeof(struct ring_port);

	layout->unused_bytes = MR_RING_SLOTS * sizeof(uint32_t);
	layout->ready_bytes = RTE_ALIGN_CEIL(
	    (uint64_t)rte_ring_get_memsize_elem(sizeof(struct ring_ready), RING_PLACES),
	    CACHE_LINE);
	layout->slots_bytes = (uint64_t)MR_RING_SLOTS * slot_bytes;
	layout->ports_off = RTE_ALIGN_CEIL(head, (uint64_t)MR_PAGE_BYTES);
	layout->port_bytes =
	    RTE_ALIGN_CEIL(layout->unused_bytes + layout->ready_bytes + layout->slots_bytes,
			   (uint64_t)MR_PAGE_BYTES);
}

static int ring_port_init(struct ring_switch *sw, uint32_t index, const struct ring_layout *layout)
{
	struct ring_port *self = &sw->ports[index];
	uint8_t *memory = (uint8_t *)sw + layout->ports_off + index * layout->port_bytes;
	int rc;

	self->unused = (uint32_t *)memory;
	self->ready = (struct rte_ring *)(memory + layout->unused_bytes);
	self->slots = memory + layout->unused_bytes + layout->ready_bytes;
	self->sw = sw;
	rc = rte_ring_init(self->ready, "ready", MR_RING_SLOTS,
			   RING_F_EXACT_SZ | RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (rc < 0)
		return rc;
	for (uint32_t slot = MR_RING_SLOTS; slot-- > 0;)
		self->unused[self->unused_count++] = slot;
	self->port.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (self->port.wake_fd < 0)
		return -errno;
	self->port.ops = &ring_ops;
	self->port.abilities = (struct port_abilities){
	    .mtu = sw->frame_bytes_max - ETHER_HEAD_BYTES,
	    .multi_segment = true,
	    .doorbell = true,
	    .memory = true,
	    .driver = "ring",
	};
	memcpy(self->port.abilities.mac, mac_prefix, sizeof(mac_prefix));
	self->port.abilities.mac[5] = (uint8_t)(index / sw->queues);
	return 0;
}

int ring_switch_create_queues(struct ring_switch **switch_out, uint32_t ports, uint32_t queues,
			      uint32_t mtu)
{
	uint32_t frame_bytes_max = mtu + ETHER_HEAD_BYTES;
	uint32_t slot_bytes;
	struct ring_layout layout;
	struct ring_switch *sw;
	uint64_t map_bytes;
	int rc;

	if (ports == 0 || ports > RING_PORTS_MAX || queues == 0 || queues > MR_IO_CORES_MAX ||
	    mtu == 0 || mtu > MR_MTU_MAX)
		return -EINVAL;
	slot_bytes = RTE_ALIGN_CEIL(frame_bytes_max, (uint32_t)CACHE_LINE);
	ring_layout(&layout, ports * queues, slot_bytes);
	map_bytes = layout.ports_off + ports * queues * layout.port_bytes;
	sw = mmap(NULL, map_bytes, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (sw == MAP_FAILED)
		return -errno;
	sw->map_bytes = map_bytes;
	sw->port_count = ports;
	sw->queues = queues;
	sw->frame_bytes_max = frame_bytes_max;
	sw->slot_bytes = slot_bytes;
	for (uint32_t i = 0; i < ports * queues; i++)
		sw->ports[i].port.wake_fd = -1;
	for (uint32_t i = 0; i < ports * queues; i++) {
		rc = ring_port_init(sw, i, &layout);
		if (rc < 0) {
			ring_switch_destroy(&sw);
			return rc;
		}
	}
	*switch_out = sw;
	return 0;
}

int ring_switch_create(struct ring_switch **sw, uint32_t ports, uint32_t mtu)
{
	return ring_switch_create_queues(sw, ports, 1, mtu);
}

void ring_switch_destroy(struct ring_switch **switch_inout)
{
	struct ring_switch *sw = *switch_inout;

	if (sw == NULL)
		return;
	*switch_inout = NULL;
	for (uint32_t i = 0; i < sw->port_count * sw->queues; i++) {
		assert(!atomic_load(&sw->ports[i].open) && "a port of the switch is still open");
		if (sw->ports[i].port.wake_fd >= 0)
			close(sw->ports[i].port.wake_fd);
	}
	munmap(sw, sw->map_bytes);
}
