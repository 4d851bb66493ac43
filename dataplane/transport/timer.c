/* The heap of deadlines. */
#include "timer.h"

#include <assert.h>

static void place(struct timer_heap *heap, struct timer *timer, uint32_t position)
{
	heap->timers[position] = timer;
	timer->position = position;
}

static void sift_up(struct timer_heap *heap, struct timer *timer)
{
	uint32_t position = timer->position;

	while (position > 1 && heap->timers[position / 2]->at_ns > timer->at_ns) {
		place(heap, heap->timers[position / 2], position);
		position /= 2;
	}
	place(heap, timer, position);
}

static void sift_down(struct timer_heap *heap, struct timer *timer)
{
	uint32_t position = timer->position;

	for (;;) {
		uint32_t child = position * 2;

		if (child > heap->count)
			break;
		if (child < heap->count &&
		    heap->timers[child + 1]->at_ns < heap->timers[child]->at_ns)
			child++;
		if (heap->timers[child]->at_ns >= timer->at_ns)
			break;
		place(heap, heap->timers[child], position);
		position = child;
	}
	place(heap, timer, position);
}

void timer_set(struct timer_heap *heap, struct timer *timer, uint64_t due_ns)
{
	timer->due_ns = due_ns;
	if (timer->position != 0 && due_ns >= timer->at_ns)
		return;
	timer->at_ns = due_ns;
	if (timer->position == 0) {
		assert(heap->count < heap->limit);
		timer->position = ++heap->count;
	}
	sift_up(heap, timer);
}

void timer_cancel(struct timer_heap *heap, struct timer *timer)
{
	struct timer *last;

	if (timer->position == 0)
		return;
	last = heap->timers[heap->count--];
	if (last != timer) {
		last->position = timer->position;
		sift_up(heap, last);
		sift_down(heap, last);
	}
	timer->position = 0;
}

struct timer *timer_pop(struct timer_heap *heap, uint64_t now_ns)
{
	while (heap->count > 0) {
		struct timer *first = heap->timers[1];

		if (first->at_ns > now_ns)
			return NULL;
		if (first->due_ns <= now_ns) {
			timer_cancel(heap, first);
			return first;
		}
		first->at_ns = first->due_ns;
		sift_down(heap, first);
	}
	return NULL;
}

uint64_t timer_next(const struct timer_heap *heap)
{
	return heap->count > 0 ? heap->timers[1]->at_ns : UINT64_MAX;
}
