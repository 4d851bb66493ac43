/*
 * The layout of a region image: sets of items in one contiguous range of memory.
 *
 * A region is the only currency of Millrace: it is what a source fills, what a function runs in,
 * what the network carries and what a spill file holds. This header is that layout, version 1, as
 * seen by the host, by functions in a sandbox (it is freestanding), and by offload devices.
 *
 *   region base                                                             region end
 *   | private to the sandbox | header | set table | names | items + bytes | heap ... |
 *   0                        header_off                                   heap_off   heap_end
 *
 * - Every offset counts bytes from the region's base, never from the header; 0 means "none".
 *   In wasm the region is the linear memory, so that an offset is a pointer. In a batch, the image
 *   that crosses the network or lies in a spill file, header_off is 0 too.
 * - Header, set table, item tables and bytes of at least MR_ALIGN_FROM bytes start at multiples of
 *   MR_ALIGN (so that a column of a record batch is used in place); shorter bytes at multiples of
 *   MR_ALIGN_SMALL. Item tables written by a function need only 8-byte alignment.
 * - All integers are little-endian.
 * - Input sets come first in the set table, then output sets. The platform writes everything but
 *   what is marked "function writes". What a function wrote is checked before it is used.
 *
 * Source: architecture decision 1 and 6; alignment after the Apache Arrow columnar format.
 */
#ifndef MILLRACE_REGION_H
#define MILLRACE_REGION_H

#include <stdint.h>

#define MR_REGION_MAGIC 0x4752524du /* "MRRG" */
#define MR_REGION_VERSION 1
#define MR_ALIGN 64
#define MR_ALIGN_SMALL 8
#define MR_ALIGN_FROM 1024
#define MR_REGION_BYTES_MAX 0xffffff00u /* offsets are 32 bits wide, as wasm32's pointers */

/* A function's status that is no error: it has ended well where it could not return, by a trap. */
#define MR_STATUS_ENDED (-0x4d52)

/* Item flags. */
#define MR_ITEM_GROUP                                                                             \
	1u /* no key bytes: all records inside belong to the key group of key_hash, or, where all \
	    * producers part alike, to neighbours of which it is the first */

struct mr_item {
	uint64_t key_hash; /* mr_hash64() of the key; 0 when the item has no key */
	uint32_t key_off;
	uint32_t key_len; /* bytes */
	uint32_t bytes_off;
	uint32_t bytes_len; /* bytes */
	uint32_t name_off;
	uint16_t name_len; /* bytes, no terminating zero */
	uint16_t flags;    /* MR_ITEM_* */
};

struct mr_set {
	uint32_t name_off;
	uint32_t name_len;
	uint32_t items_off;  /* of struct mr_item[item_count]; output sets: function writes */
	uint32_t item_count; /* output sets: function writes */
	uint32_t item_limit; /* output sets: capacity of the table at items_off; function writes */
	uint32_t flags;      /* zero */
	uint64_t bytes;      /* sum of the items' bytes_len; output sets: ignored */
};

struct mr_region {
	uint32_t magic;        /* MR_REGION_MAGIC */
	uint16_t version;      /* MR_REGION_VERSION */
	uint16_t header_bytes; /* sizeof(struct mr_region) */
	uint32_t header_off;   /* of this header */
	uint32_t sets_off;     /* of struct mr_set[in_count + out_count] */
	uint32_t in_count;
	uint32_t out_count;
	uint32_t heap_off; /* first byte the function may allocate; function writes (moves up) */
	uint32_t heap_end; /* first byte it may not */
	uint64_t job;      /* the invocation's name: job, vertex, partition, epoch, attempt */
	uint64_t partition;
	uint32_t vertex;
	uint32_t epoch;
	uint32_t attempt;
	int32_t status;       /* function writes: 0, or its own error number */
	uint32_t error_off;   /* function writes: text explaining status, UTF-8 */
	uint32_t error_len;   /* bytes */
	uint64_t reserved[7]; /* zero */
};

#ifdef __cplusplus
#define MR_STATIC_ASSERT static_assert
#else
#define MR_STATIC_ASSERT _Static_assert
#endif
MR_STATIC_ASSERT(sizeof(struct mr_item) == 32, "layout version 1");
MR_STATIC_ASSERT(__builtin_offsetof(struct mr_item, key_off) == 8, "layout version 1");
MR_STATIC_ASSERT(__builtin_offsetof(struct mr_item, bytes_off) == 16, "layout version 1");
MR_STATIC_ASSERT(__builtin_offsetof(struct mr_item, name_off) == 24, "layout version 1");
MR_STATIC_ASSERT(__builtin_offsetof(struct mr_item, flags) == 30, "layout version 1");
MR_STATIC_ASSERT(sizeof(struct mr_set) == 32, "layout version 1");
MR_STATIC_ASSERT(__builtin_offsetof(struct mr_set, items_off) == 8, "layout version 1");
MR_STATIC_ASSERT(__builtin_offsetof(struct mr_set, bytes) == 24, "layout version 1");
MR_STATIC_ASSERT(sizeof(struct mr_region) == 128, "layout version 1");
MR_STATIC_ASSERT(__builtin_offsetof(struct mr_region, sets_off) == 12, "layout version 1");
MR_STATIC_ASSERT(__builtin_offsetof(struct mr_region, heap_off) == 24, "layout version 1");
MR_STATIC_ASSERT(__builtin_offsetof(struct mr_region, job) == 32, "layout version 1");
MR_STATIC_ASSERT(__builtin_offsetof(struct mr_region, vertex) == 48, "layout version 1");
MR_STATIC_ASSERT(__builtin_offsetof(struct mr_region, status) == 60, "layout version 1");
MR_STATIC_ASSERT(__builtin_offsetof(struct mr_region, error_off) == 64, "layout version 1");

#endif
