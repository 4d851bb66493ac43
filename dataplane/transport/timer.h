/*
 * Timers: a binary heap of deadlines that tolerates being late with changes.
 *
 * Most deadlines move back again and again (each packet heard moves its peer's): timer_set() to a
 * later time only notes it, and the heap is corrected when the old time comes. So setting costs
 * O(1) per packet and O(log n) once per deadline that passes.
 */
#ifndef TIMER_H
#define TIMER_H

#include <stddef.h>
#include <stdint.h>

enum timer_kind { TIMER_PEER_SILENT, TIMER_PEER_RETRY, TIMER_PATH, TIMER_MESSAGE_QUIET, TIMER_HOP };

struct timer {
	uint64_t at_ns;    /* where the heap holds it */
	uint64_t due_ns;   /* when it is really due; never before at_ns */
	uint32_t position; /* in the heap, from 1; 0: not set */
	enum timer_kind kind;
};

struct timer_heap {
	struct timer **timers; /* from index 1 */
	uint32_t count;
	uint32_t limit;
};

static inline void timer_init(struct timer *timer, enum timer_kind kind)
{
	*timer = (struct timer){.kind = kind};
}

void timer_set(struct timer_heap *heap, struct timer *timer, uint64_t due_ns);
void timer_cancel(struct timer_heap *heap, struct timer *timer);
/* Takes out a timer that is due, or returns NULL. */
struct timer *timer_pop(struct timer_heap *heap, uint64_t now_ns);
/* A time not after the earliest due; UINT64_MAX when none is set. */
uint64_t timer_next(const struct timer_heap *heap);

#endif
