/* Items of fixed size from one thread to one other. */
#include "core_ring.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int core_ring_init(struct core_ring *ring, uint32_t items, uint32_t item_bytes)
{
	assert((items & (items - 1)) == 0);
	ring->items = calloc(items, item_bytes);
	if (ring->items == NULL)
		return -ENOMEM;
	ring->item_bytes = item_bytes;
	ring->mask = items - 1;
	atomic_init(&ring->head, 0);
	atomic_init(&ring->tail, 0);
	return 0;
}

void core_ring_fini(struct core_ring *ring)
{
	free(ring->items);
	ring->items = NULL;
}

static void *item_at(const struct core_ring *ring, uint32_t index)
{
	return ring->items + (uint64_t)(index & ring->mask) * ring->item_bytes;
}

void *core_ring_claim(struct core_ring *ring)
{
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

	if (head - ring->tail_seen > ring->mask)
		ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
	return head - ring->tail_seen > ring->mask ? NULL : item_at(ring, head);
}

void core_ring_publish(struct core_ring *ring)
{
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

	atomic_store_explicit(&ring->head, head + 1, memory_order_seq_cst);
}

const void *core_ring_front(struct core_ring *ring)
{
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	if (tail == ring->head_seen)
		ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
	return tail == ring->head_seen ? NULL : item_at(ring, tail);
}

void core_ring_pop(struct core_ring *ring)
{
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
}

bool core_ring_waits(const struct core_ring *ring)
{
	return atomic_load_explicit(&ring->head, memory_order_seq_cst) !=
	       atomic_load_explicit(&ring->tail, memory_order_relaxed);
}
