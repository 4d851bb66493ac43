/*
 * Items of fixed size from one thread to one other, in order, in a ring of fixed size.
 *
 * Each side writes a cache line of its own, and reads the other's only when the ring looks full, or
 * empty. The last operation of a publish and the first of a look for a sleeper are sequentially
 * consistent: see io_core.h.
 */
#ifndef CORE_RING_H
#define CORE_RING_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CORE_RING_LINE_BYTES 64

struct core_ring {
	uint8_t *items;
	uint32_t item_bytes;
	uint32_t mask;
	alignas(CORE_RING_LINE_BYTES) atomic_uint head; // producer: wo, consumer: ro
	uint32_t tail_seen;                             // producer
	alignas(CORE_RING_LINE_BYTES) atomic_uint tail; // consumer: wo, producer: ro
	uint32_t head_seen;                             // consumer
};

/* A power of two of items. 0 or -ENOMEM. */
int core_ring_init(struct core_ring *ring, uint32_t items, uint32_t item_bytes);
void core_ring_fini(struct core_ring *ring);

/* The producer's: where to write the next item, NULL when the ring is full; and it is there. */
void *core_ring_claim(struct core_ring *ring);
void core_ring_publish(struct core_ring *ring);

/* The consumer's: the oldest item, or NULL; and done with it. */
const void *core_ring_front(struct core_ring *ring);
void core_ring_pop(struct core_ring *ring);
/* Does anything wait, even if it was published just now? */
bool core_ring_waits(const struct core_ring *ring);

#endif
