/*
 * A ring of frames between two threads: one puts, never waits and never allocates; the other takes.
 *
 * Frames lie in it one behind the other, so that small ones take little room. Memory is touched as
 * it is used. Source: the single-producer queue of D. Vyukov (1024cores.net), each side keeping a
 * copy of the other's position.
 */
#ifndef FRAME_RING_H
#define FRAME_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port.h"

struct frame_head {
	uint64_t time_ns;
	uint32_t bytes; /* of the frame */
	uint32_t kept;  /* of these, in the ring: the first ones */
	bool out;
};

struct frame_ring {
	uint8_t *bytes;
	uint64_t size;                          /* a power of two */
	_Alignas(64) atomic_uint_fast64_t tail; // producer: rw, consumer: ro
	uint64_t head_seen;                     // producer
	_Alignas(64) atomic_uint_fast64_t head; // consumer: rw, producer: ro
};

/* 0 or -ENOMEM. */
int frame_ring_open(struct frame_ring *ring, uint64_t size);
void frame_ring_close(struct frame_ring *ring);
/* Producer. Copies the first head->kept bytes of the pieces; false when there is no room. */
bool frame_ring_put(struct frame_ring *ring, const struct frame_head *head,
		    const struct port_piece *pieces);
/* Consumer. The oldest frame's head; false when there is none. */
bool frame_ring_peek(struct frame_ring *ring, struct frame_head *head);
/* Consumer. Copies out the frame that peek showed, and frees its place. */
void frame_ring_take(struct frame_ring *ring, const struct frame_head *head, uint8_t *bytes);

#endif
