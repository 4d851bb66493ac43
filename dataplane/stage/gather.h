/* A gather from inside: the slices of batches that make up one invocation's input. */
#ifndef GATHER_H
#define GATHER_H

#include "gather_sort.h"
#include "store.h"

/* A slice of a batch and its place in the region. */
struct gather_piece {
	struct store *store;
	struct region *region; /* in memory: referenced; NULL: read from the spill file */
	uint32_t items_off;    /* of the slice's items in the batch */
	struct batch_slice slice;
	uint32_t set;
	uint32_t to_items; /* offset in the region of the items */
	uint32_t to_bytes; /* and of the bytes */
};

struct gather_read {
	struct io_op op;
	uint64_t bytes;
};

struct gather {
	struct region *region;
	struct region_image image;
	struct {
		uint32_t group_first;
		uint32_t group_end;
		bool by_key;
	} sets[MR_SETS_MAX];
	struct gather_piece *pieces;
	uint32_t piece_count;
	struct gather_read *reads;
	uint32_t read_count;
	uint32_t pending; /* reads, and one while they are being started */
	int rc;           /* of the first read that failed */
	struct gather_sort_entry *scratch;
	void (*done)(void *opaque, int rc);
	void *opaque;
};

#endif
