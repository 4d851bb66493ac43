/* A store from inside: its batches, their indexes by key group, and where each of them lies. */
#ifndef STORE_H
#define STORE_H

#include "stage.h"

/* Items of a spilled batch that a cursor reads at once: a page or two. */
#define STORE_WINDOW_ITEMS 256

/* Where a key group that is present begins in its batch. The last mark is the batch's end. */
struct batch_mark {
	uint32_t group;
	uint32_t item;
	uint32_t byte;
};

struct batch {
	uint64_t partition;
	struct store *store;
	struct region *region; /* in memory; NULL when spilled */
	uint64_t spill_offset;
	uint64_t image_bytes;
	uint32_t items_off;
	uint32_t item_count;
	struct io_op op;    /* of the write to the spill file */
	struct batch *next; /* set aside by store_spill() */
	uint32_t mark_count;
	struct batch_mark marks[]; /* mark_count, then the end; not keyed: all is group 0 */
};

/* Items and bytes of a batch that belong to a range of groups. */
struct batch_slice {
	uint32_t item;
	uint32_t item_count;
	uint32_t byte;
	uint32_t byte_count;
};

struct store {
	bool keyed;
	bool sorted; /* batches are in the order of their partitions */
	struct batch **batches;
	uint32_t count;
	uint32_t limit;          /* of batches and of resident */
	struct batch **slots;    /* hash set by partition; NULL: free */
	uint32_t slot_count;     /* a power of two, at least twice count */
	struct batch **resident; /* heap, largest first: in memory, not being written */
	uint32_t resident_count;
	struct spill_file *spill; /* where spilled batches lie */
	uint32_t writes;          /* in flight */
	uint32_t gathers;         /* pieces that gathers hold */
	int spill_error;
	struct store_stats stats;
	/* What store_next() has read of a spilled batch. */
	const struct batch *window_batch;
	uint32_t window_item;
	uint32_t window_count;
	struct mr_item window[STORE_WINDOW_ITEMS];
};

/* What an index is made from: read once, so that another process's region cannot change it. */
struct batch_head {
	struct mr_region header;
	struct mr_set set; /* the only one */
	char name[MR_NAME_BYTES_MAX];
};

/* batch.c: checks the image and copies its head. 0 or -EBADMSG with *fault. */
int batch_check(struct batch_head *head, const struct region *region, bool keyed,
		struct region_fault *fault);
/* Makes the index of an image that passed. Takes the reference only on success. bytes: of names,
 * keys and bytes. 0, -EBADMSG with *fault, or -ENOMEM. */
int batch_create(struct batch **batch, const struct batch_head *head, struct region *region,
		 bool keyed, uint64_t *bytes, struct region_fault *fault);
/* A slice of no items when the batch has none of [first, end). */
struct batch_slice batch_slice(const struct batch *batch, uint32_t group_first, uint32_t group_end);

/* store.c */
void store_sort(struct store *store);
/* Bytes a slice takes in an image: it keeps its place within MR_ALIGN, so that what was aligned in
 * the batch is aligned there too. A multiple of MR_ALIGN. */
uint64_t slice_room(const struct batch_slice *slice);

/* store_spill.c: resident is a heap by class_bytes, largest first. */
void resident_push(struct store *store, struct batch *batch);

#endif
