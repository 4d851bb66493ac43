/*
 * Staging: batches arrive in stores, wait there (in memory or spilled), and are gathered into the
 * regions of the invocations that consume them.
 *
 * A store belongs to one edge of one job on the consuming node. Its owner is the node's I/O thread;
 * what another thread may call says so.
 */
#ifndef STAGE_H
#define STAGE_H

#include "io.h"
#include "region.h"
#include "spill.h"
#include <millrace/hash.h>

struct store;

struct store_stats {
	uint64_t batches;
	uint64_t items;
	uint64_t bytes;         /* of item names, keys and bytes */
	uint64_t memory_bytes;  /* batches held in memory, by class_bytes */
	uint64_t spilled_bytes; /* written to the spill file, ever */
	uint64_t duplicates;    /* batches dropped: another attempt had brought them */
};

/* keyed: batches come ordered by key group (shuffle_by_key) and are indexed by it. */
int store_create(struct store **store, bool keyed);
/* No gather, merge or spill may be under way: asserts it. Releases extents of spill, which may be
 * NULL if the store never spilled. Nulls *store. */
void store_destroy(struct store **store, struct spill_file *spill);

/* Adds the batch of producer `partition` (of this edge's producing vertex). Takes the caller's
 * reference in every case. 0; -EEXIST when that partition already brought one (dropped, counted);
 * -EBADMSG with *fault when the image or its order by group is wrong; -ENOMEM. */
int store_add(struct store *store, struct region *batch, struct region_fault *fault);
const struct store_stats *store_stats(const struct store *store);

/* Batch number index in the order of partitions, or false behind the last: to be kept elsewhere as
 * it is. Any one thread, while nothing is added and nothing spilled. */
struct store_batch {
	struct region *region; /* in memory: referenced by the store; else NULL */
	uint64_t spill_offset;
	uint64_t bytes; /* of the image */
};
bool store_batch(struct store *store, uint32_t index, struct store_batch *batch);

/* Starts writing batches held in memory to the spill file, largest first, until at least
 * want_bytes are on their way or none is left; memory is released as writes complete. Returns the
 * bytes started, by class_bytes. A batch that someone else references too is left: writing it would
 * free nothing. A failed write keeps its batch in memory and is reported once by
 * store_spill_error() (0 or -errno, cleared by the call). */
uint64_t store_spill(struct store *store, struct io_engine *io, struct spill_file *spill,
		     uint64_t want_bytes);
bool store_spilling(const struct store *store);
int store_spill_error(struct store *store);

/* Input of a range of key groups [first, end): its items and the bytes they need in an image. A
 * store that is not keyed counts everything whatever the range. */
void store_measure(const struct store *store, uint32_t group_first, uint32_t group_end,
		   uint32_t *items, uint64_t *bytes);

/* What one key group holds, summed over batches. */
struct store_group {
	uint64_t batches; /* that have any item of it */
	uint64_t items;
	uint64_t bytes;
};
/* Adds what a keyed store holds to groups[MR_KEY_GROUPS], in one pass. */
void store_measure_groups(const struct store *store, struct store_group *groups);
/* A slice of a batch takes at most so many bytes more in an image than it has. */
#define STORE_SLICE_BYTES_EXTRA (2 * MR_ALIGN)

/*
 * A gather fills one invocation's region from stores. Begin on the owner thread: reads of what was
 * spilled go straight to their places; batches in memory are referenced. When done() has come,
 * finish on any thread: copies what was in memory, relocates offsets, orders the items: by producer
 * and index, and where by_key is set grouped by key (key_hash, key bytes, then producer and index).
 */
struct gather_set {
	const char *name;
	struct store **stores; /* one for each edge into this set, in the plan's order */
	uint32_t store_count;
	uint32_t group_first;
	uint32_t group_end;
	bool by_key;
};

struct gather;

/* Bytes of region needed from header_off on for these sets, without heap; UINT64_MAX: too large. */
uint64_t gather_bytes(const struct gather_set *sets, uint32_t set_count, const char *const *out,
		      uint32_t out_count);
/* Lays out the image (region_image_init). done comes from io_poll(), or at once before this returns
 * when nothing was spilled; rc 0 or -errno. 0, -ENOSPC (does not fit) or -ENOMEM; then no done. */
int gather_begin(struct gather **gather, const struct gather_set *sets, uint32_t set_count,
		 const char *const *out, uint32_t out_count, const struct invocation_name *name,
		 struct region *region, uint32_t header_off, struct io_engine *io,
		 struct spill_file *spill, void (*done)(void *opaque, int rc), void *opaque);
/* Any thread, once, after done with rc 0. data bytes gathered: [header_off, *image_end) is what a
 * wipe must keep. 0 or -EBADMSG. */
int gather_finish(struct gather *gather, uint32_t *image_end);
/* After done. Drops references. Owner thread. Nulls *gather. */
void gather_free(struct gather **gather);

/* The items of a store in the order of their producers, for a sink or for `each`. Owner thread, or
 * any one thread once the store is complete and no longer spilled. A batch added between two calls
 * may move the order under the cursor: walk a store when it is complete. */
struct store_cursor {
	uint64_t next;
};
struct store_item {
	uint64_t partition;    /* of the producer */
	uint32_t index;        /* in its batch */
	struct region *batch;  /* in memory: referenced by the store; else NULL */
	struct mr_item item;   /* offsets relative to the batch */
	uint64_t spill_offset; /* of the batch's base in the spill file, when batch is NULL */
};
/* Next item or false. Items of spilled batches are read by spill_read(): *rc is -errno
 * when that fails, -EBADMSG when what was read is not what was written (and false is returned),
 * else 0. */
bool store_next(struct store *store, struct store_cursor *cursor, struct spill_file *spill,
		struct store_item *item, int *rc);

#endif
