/* Asking for the lines of memory that the next frames take. */
#include "memif_ahead.h"

#define LINE_BYTES 64

/* The slot that our counter of a ring names is the next one of both rings. */
static uint32_t slot_next(const struct memif_rings *rings, const struct memif_way *way)
{
	return memif_ours(rings, way->ring) & (rings->slots - 1);
}

static const uint8_t *buffer_of(const struct memif_way *way, uint32_t slot)
{
	return way->buffers + (size_t)slot * way->buffer_bytes;
}

static void rx_ask(const struct memif_way *way, uint32_t slot)
{
	__builtin_prefetch(&way->ring->descriptors[slot]);
	for (uint32_t at = 0; at < MEMIF_BUFFER_BYTES_MIN; at += LINE_BYTES)
		__builtin_prefetch(buffer_of(way, slot) + at);
}

/* Nobody else is to keep a copy. An instruction that does nothing on processors without it; the
 * compiler has it for those only that are known to have it. */
static void line_own(const void *line)
{
	__asm__ volatile("prefetchw %0" : : "m"(*(const uint8_t *)line));
}

static void tx_ask(const struct memif_way *way, uint32_t slot)
{
	line_own(&way->ring->descriptors[slot]);
	for (uint32_t at = 0; at < MEMIF_BUFFER_BYTES_MIN; at += LINE_BYTES)
		line_own(buffer_of(way, slot) + at);
}

void memif_ahead(const struct memif_rings *rings)
{
	struct memif_ring *tx = rings->tx.ring;

	rx_ask(&rings->rx, slot_next(rings, &rings->rx));
	__builtin_prefetch(rings->server ? &tx->head : &tx->tail);
	tx_ask(&rings->tx, slot_next(rings, &rings->tx));
}
