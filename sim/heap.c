/* Frames on their way: a binary heap. */
#include "heap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define ITEMS_AT_FIRST 1024

static bool before(const struct sim_flying *a, const struct sim_flying *b)
{
	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static int heap_grow(struct sim_heap *heap)
{
	size_t limit = heap->limit == 0 ? ITEMS_AT_FIRST : 2 * heap->limit;
	struct sim_flying *items = realloc(heap->items, limit * sizeof(*items));

	if (items == NULL)
		return -ENOMEM;
	heap->items = items;
	heap->limit = limit;
	return 0;
}

int sim_heap_push(struct sim_heap *heap, struct sim_flying *item)
{
	size_t i = heap->count;

	if (i == heap->limit && heap_grow(heap) < 0) {
		sim_frame_release(item->frame);
		return -ENOMEM;
	}
	item->order = heap->order++;
	heap->count++;
	for (; i > 0 && before(item, &heap->items[(i - 1) / 2]); i = (i - 1) / 2)
		heap->items[i] = heap->items[(i - 1) / 2];
	heap->items[i] = *item;
	return 0;
}

uint64_t sim_heap_next_time(const struct sim_heap *heap)
{
	return heap->count > 0 ? heap->items[0].due_ns : UINT64_MAX;
}

struct sim_flying sim_heap_pop(struct sim_heap *heap)
{
	struct sim_flying first = heap->items[0];
	struct sim_flying last = heap->items[--heap->count];
	size_t i = 0;

	for (size_t child = 1; child < heap->count; child = 2 * i + 1) {
		if (child + 1 < heap->count && before(&heap->items[child + 1], &heap->items[child]))
			child++;
		if (!before(&heap->items[child], &last))
			break;
		heap->items[i] = heap->items[child];
		i = child;
	}
	heap->items[i] = last;
	return first;
}

void sim_heap_free(struct sim_heap *heap)
{
	while (heap->count > 0)
		sim_frame_release(heap->items[--heap->count].frame);
	free(heap->items);
	*heap = (struct sim_heap){0};
}
