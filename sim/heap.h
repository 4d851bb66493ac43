/* Frames on their way, the next one due first; ties in the order of their sending. */
#ifndef SIM_HEAP_H
#define SIM_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "network.h"

enum sim_hop {
	SIM_TO_SWITCH,   /* place is where it came from */
	SIM_TO_ENDPOINT, /* place is where it goes */
};

struct sim_flying {
	uint64_t due_ns;
	uint64_t order; /* of sending */
	struct sim_frame *frame;
	uint32_t place;
	enum sim_hop hop;
};

struct sim_heap {
	struct sim_flying *items;
	size_t count;
	size_t limit;
	uint64_t order;
};

/* Sets the item's order. Takes the frame: it is released when there is no memory. 0 or -ENOMEM. */
int sim_heap_push(struct sim_heap *heap, struct sim_flying *item);
/* When the first is due; UINT64_MAX without any. */
uint64_t sim_heap_next_time(const struct sim_heap *heap);
/* The first; there must be one. */
struct sim_flying sim_heap_pop(struct sim_heap *heap);
void sim_heap_free(struct sim_heap *heap);

#endif
