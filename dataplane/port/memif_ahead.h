/*
 * Looking at a memif port's rings ahead of its driver.
 *
 * A frame goes from one core to another by lines of memory that the other one wrote last: the
 * counter that tells of it, its descriptor, its bytes. An answer takes as many that the peer has
 * read since, and the counter of what it has read. Each line takes a while to come (200 ns were
 * seen), and the driver asks for them one after the other, for the answer's only once that is
 * written. But where they lie is known beforehand: so they are all asked for as soon as a frame
 * has come, and are there when they are wanted.
 *
 * And while nothing comes, the driver is left alone: a client's (eth_memif_rx) writes a counter
 * each time it is called, in a line that its peer reads for each frame that it sends.
 *
 * These are hints from memory that others write. What is wrong in them costs time, no more: no
 * address is read or written for them, and the driver is called now and then whatever they say.
 */
#ifndef MEMIF_AHEAD_H
#define MEMIF_AHEAD_H

#include "memif_rings.h"

/* Our counter of a ring, and the peer's. */
static inline uint16_t memif_ours(const struct memif_rings *rings, struct memif_ring *ring)
{
	return atomic_load_explicit(rings->server ? &ring->tail : &ring->head,
				    memory_order_relaxed);
}

static inline uint16_t memif_peers(const struct memif_rings *rings, struct memif_ring *ring)
{
	return atomic_load_explicit(rings->server ? &ring->head : &ring->tail,
				    memory_order_relaxed);
}

/* Has the receiver's driver nothing to do, neither frames to take nor, as a client, slots to give
 * back? Of rings that are copied. */
static inline bool memif_idle(const struct memif_rings *rings)
{
	uint16_t ahead = rings->server ? 0 : (uint16_t)rings->slots;

	return (uint16_t)(memif_peers(rings, rings->rx.ring) + ahead) ==
	       memif_ours(rings, rings->rx.ring);
}

/* Asks for the lines of the next frame to take, and of the next one to send. The same rings. */
void memif_ahead(const struct memif_rings *rings);

#endif
