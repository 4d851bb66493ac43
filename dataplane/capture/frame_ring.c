/* Positions count bytes since the beginning; the place in the ring is what is left of them modulo
 * its size. */
#include "frame_ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define FRAME_ALIGN 8u

static uint64_t room_of(const struct frame_head *head)
{
	return (sizeof(*head) + head->kept + FRAME_ALIGN - 1) / FRAME_ALIGN * FRAME_ALIGN;
}

int frame_ring_open(struct frame_ring *ring, uint64_t size)
{
	ring->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ring->bytes == MAP_FAILED) {
		ring->bytes = NULL;
		return -ENOMEM;
	}
	ring->size = size;
	ring->head_seen = 0;
	atomic_init(&ring->tail, 0);
	atomic_init(&ring->head, 0);
	return 0;
}

void frame_ring_close(struct frame_ring *ring)
{
	if (ring->bytes != NULL)
		munmap(ring->bytes, ring->size);
	ring->bytes = NULL;
}

/* In two parts where it goes round. */
static void copy_in(struct frame_ring *ring, uint64_t position, const void *from, uint64_t bytes)
{
	uint64_t at = position & (ring->size - 1);
	uint64_t first = bytes < ring->size - at ? bytes : ring->size - at;

	memcpy(ring->bytes + at, from, first);
	memcpy(ring->bytes, (const uint8_t *)from + first, bytes - first);
}

static void copy_out(const struct frame_ring *ring, uint64_t position, void *to, uint64_t bytes)
{
	uint64_t at = position & (ring->size - 1);
	uint64_t first = bytes < ring->size - at ? bytes : ring->size - at;

	memcpy(to, ring->bytes + at, first);
	memcpy((uint8_t *)to + first, ring->bytes, bytes - first);
}

bool frame_ring_put(struct frame_ring *ring, const struct frame_head *head,
		    const struct port_piece *pieces)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	uint64_t room = room_of(head);
	uint64_t at = tail + sizeof(*head);
	uint32_t left = head->kept;

	if (tail + room - ring->head_seen > ring->size) {
		ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
		if (tail + room - ring->head_seen > ring->size)
			return false;
	}
	copy_in(ring, tail, head, sizeof(*head));
	for (; left > 0; pieces++) {
		uint32_t bytes = pieces->bytes < left ? pieces->bytes : left;

		copy_in(ring, at, pieces->data, bytes);
		at += bytes;
		left -= bytes;
	}
	atomic_store_explicit(&ring->tail, tail + room, memory_order_release);
	return true;
}

bool frame_ring_peek(struct frame_ring *ring, struct frame_head *head)
{
	uint64_t position = atomic_load_explicit(&ring->head, memory_order_relaxed);

	if (position == atomic_load_explicit(&ring->tail, memory_order_acquire))
		return false;
	copy_out(ring, position, head, sizeof(*head));
	return true;
}

void frame_ring_take(struct frame_ring *ring, const struct frame_head *head, uint8_t *bytes)
{
	uint64_t position = atomic_load_explicit(&ring->head, memory_order_relaxed);

	copy_out(ring, position + sizeof(*head), bytes, head->kept);
	atomic_store_explicit(&ring->head, position + room_of(head), memory_order_release);
}
