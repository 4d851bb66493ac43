/*
 * Regions in memory: providers, the pool, reference counts, images and their checker.
 *
 * Free of DPDK, io_uring and threads of its own. A region is *building* (one owner, who writes)
 * and then *frozen* (immutable, shared by reference). Its layout is <millrace/region.h>.
 */
#ifndef REGION_H
#define REGION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <millrace/limits.h>
#include <millrace/region.h>

/* Where a pool's memory comes from: one contiguous, page-aligned, zero-filled range. */
struct region_provider {
	uint8_t *base;
	uint64_t bytes;
	int fd;                                            /* that can be mapped again, or -1 */
	uint64_t fd_offset;                                /* of base in fd */
	void (*release)(struct region_provider *provider); /* unmaps, closes; called once */
	void *opaque;                                      /* the provider's own */
};

/* A memfd of that many bytes, which other processes can map and nobody can shrink: in huge pages
 * where so many are free, else in ordinary ones, touched only when used. 0 or -errno. */
int region_provider_memfd(struct region_provider *provider, uint64_t bytes);
/* The same in ordinary pages only: of huge ones, other processes can map no part that is smaller.
 */
int region_provider_pages(struct region_provider *provider, uint64_t bytes);
/* The fastest memory of that many bytes: in transparent huge pages where the kernel has them, which
 * for a memfd it mostly does not (shmem_enabled); then without a descriptor. Touched only when
 * used, in steps of a huge page. 0 or -errno. */
int region_provider_memory(struct region_provider *provider, uint64_t bytes);

/*
 * The pool. Thread-safe. A region takes a size class (four per doubling, whole pages).
 * Two shares keep a node from locking up: REGION_ANY may use everything but reserve_bytes,
 * REGION_RECEIVE (messages being received, which can always be spilled) everything.
 */
enum region_share { REGION_ANY, REGION_RECEIVE };

struct region_pool;

struct region {
	uint8_t *base;        // building: owner writes; frozen: all read
	uint64_t bytes;       // usable, as asked for
	uint64_t class_bytes; // taken from the pool
	struct region_pool *pool;
	void (*release)(struct region *region); /* of a foreign region, else NULL */
	atomic_uint refs;
	bool frozen;
};

struct region_pool_stats {
	uint64_t bytes;      /* whole pool */
	uint64_t used_bytes; /* handed out, in size classes */
	uint64_t peak_bytes; /* of used_bytes, with what was kept at hand for the next region */
	uint64_t regions;    /* handed out */
	uint64_t failures;   /* allocations refused */
};

/* On success takes ownership of what *provider holds (copied). 0 or -errno. */
int region_pool_create(struct region_pool **pool, const struct region_provider *provider,
		       uint64_t reserve_bytes);
/* Its owner is done with it. Regions that others still hold stay good: the memory goes with the
 * last of them. Nulls *pool. NULL is allowed inside. */
void region_pool_destroy(struct region_pool **pool);
/* Where the pool's memory is, and by which descriptor another process can map it. */
const struct region_provider *region_pool_provider(const struct region_pool *pool);
void region_pool_stats(struct region_pool *pool, struct region_pool_stats *stats);

/* A building region with one reference. Its bytes are not cleared: whoever lets a sandbox see them
 * calls region_wipe_except() first. -ENOMEM when the share has no such room now; -E2BIG when the
 * pool could never hold it. */
int region_alloc(struct region_pool *pool, uint64_t bytes, enum region_share share,
		 struct region **region);
/* Makes *region a frozen region, with one reference, of memory that is no pool's here: another
 * process's, or another pool's. The last reference, dropped by whichever thread, calls release,
 * which frees what *region is part of. Its bytes may change under a reader's hands if the other
 * process breaks its word: whoever reads an offset or a count there copies it with
 * region_snapshot() before checking it. */
void region_init_foreign(struct region *region, const uint8_t *base, uint64_t bytes,
			 void (*release)(struct region *region));
/* Copies bytes once, so that a check and a use see the same whatever happens to the source. */
static inline void region_snapshot(void *to, const void *from, size_t bytes)
{
	memcpy(to, from, bytes);
	__asm__ volatile("" ::: "memory"); /* the source is not read again in the copy's place */
}
struct region *region_ref(struct region *region);
/* Drops one reference, returns the memory with the last; nulls *region; *region may be NULL. */
void region_unref(struct region **region);
/* Building to frozen; the owner keeps its reference. */
void region_freeze(struct region *region);
/* Zeroes all bytes outside [keep_off, keep_off + keep_len). Owner only, while building. */
void region_wipe_except(struct region *region, uint64_t keep_off, uint64_t keep_len);

/* Name of an invocation, as in the architecture's decision 4. */
struct invocation_name {
	uint64_t job;
	uint64_t partition;
	uint32_t vertex;
	uint32_t epoch;
	uint32_t attempt;
};

/* What an image is to hold: sizes first, so that bytes can land in their final place. */
struct region_set_spec {
	const char *name;
	uint32_t item_count;
	uint64_t bytes; /* for names, keys and bytes of all items, alignment included */
};

struct region_image {
	struct mr_region *header;
	struct mr_set *sets;
	uint32_t data_off[MR_SETS_MAX]; /* of each input set's area for names, keys and bytes */
};

/* Bytes an image needs from header_off on, without heap. UINT64_MAX when over MR_REGION_BYTES_MAX.
 */
uint64_t region_image_bytes(const struct region_set_spec *in, uint32_t in_count,
			    const char *const *out, uint32_t out_count);
/* Bytes one item takes in its set's data area: key, name and bytes, each as aligned as the layout
 * says, starting from a multiple of MR_ALIGN or of MR_ALIGN_SMALL (is exact for either). Always a
 * multiple of MR_ALIGN_SMALL: sums are exact in any order. */
uint64_t region_item_bytes(uint64_t name_len, uint64_t key_len, uint64_t bytes_len);
/* Writes header, sets and names at header_off (a multiple of MR_ALIGN); item tables are zeroed; the
 * rest of the region up to region->bytes is heap. -ENOSPC when it does not fit. */
int region_image_init(struct region *region, uint32_t header_off, const struct region_set_spec *in,
		      uint32_t in_count, const char *const *out, uint32_t out_count,
		      const struct invocation_name *name, struct region_image *image);
/* Fills item number index of input set number set with offsets at *cursor (starts as
 * image->data_off[set]), copies name and key, clears the padding, and returns where the bytes
 * belong. *cursor moves on by region_item_bytes(). */
uint8_t *region_image_item(struct region_image *image, struct region *region, uint32_t set,
			   uint32_t index, uint32_t *cursor, const void *name, uint16_t name_len,
			   const void *key, uint32_t key_len, uint64_t key_hash, uint16_t flags,
			   uint32_t bytes_len);

/* What a checker found: says which set and item, in words. */
enum region_fault_kind { REGION_INVALID, REGION_ITEMS_MAX, REGION_BYTES_MAX };
struct region_fault {
	enum region_fault_kind kind; /* it is over a limit, or wrong in any other way */
	char text[256];
};

struct region_check_limits {
	uint64_t items_max; /* in all sets together */
	uint64_t bytes_max; /* names, keys and bytes of all items, counted each time referenced */
	uint64_t keyed; /* bit i: every item of set i (of output set i) has a key, whose key_hash is
			 * verified (mr_hash64), or a key group */
};

/* A whole image as it came from the wire or a file, header at header_off. Everything is checked:
 * magic, version, every offset, length, count, alignment, flags, keys. An item without key and
 * group has key_hash 0; what has no bytes has offset 0. 0 or -EBADMSG. */
int region_check_image(const uint8_t *base, uint64_t bytes, uint32_t header_off,
		       const struct region_check_limits *limits, struct region_fault *fault);
/*
 * The output sets a sandbox left behind. Reads nothing the sandbox could have changed to find
 * them: sets_off and the counts are the caller's own record of what region_image_init() wrote.
 * Copies the validated set entries into sets[out_count], so that later reads cannot differ: with
 * `bytes` summed, and without a name (the declared ones are the names). Items may lie anywhere in
 * the region, at any alignment, and share bytes. 0 or -EBADMSG.
 */
int region_check_outputs(const uint8_t *base, uint64_t bytes, uint32_t sets_off, uint32_t in_count,
			 uint32_t out_count, const char *const *out_names,
			 const struct region_check_limits *limits, struct mr_set *sets,
			 struct region_fault *fault);

_Static_assert(MR_SETS_MAX <= 64, "region_check_limits.keyed has a bit for each");

static inline const struct mr_item *region_items(const uint8_t *base, const struct mr_set *set)
{
	return (const struct mr_item *)(const void *)(base + set->items_off);
}

#endif
