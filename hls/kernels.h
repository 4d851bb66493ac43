/*
 * The kernels, as v++ compiles them and gcc for simulation. Pointers are AXI masters of 512 bits,
 * everything else and the control of a kernel lies in its AXI-Lite registers (kernel_table.h).
 * Memory is little-endian; columns and validity bits lie as in Arrow, in whole beats, whose rest
 * may hold anything. Each run ends with its status, and the stamp of the run in it.
 */
#ifndef KERNELS_H
#define KERNELS_H

#include "beat.h"

/* Sizes of memories on the chip. */
#define PARTITION_BITS_MAX MR_KEY_GROUP_BITS /* 4,096 beats being filled: 2 Mbit */
#define SORT_RUN_ROWS 64                     /* of the sorting network: 672 comparators */

#define STATUS_BEATS 2
#define STATUS_RESULTS 12

/* What a run says of itself: two beats. */
struct kernel_status {
	uint64_t stamp;     /* of the run, as it was asked for */
	uint64_t check_in;  /* of the input streams, in the order of the arguments */
	uint64_t check_out; /* of the output streams, without this one */
	uint64_t fault;     /* 0, or an argument that is not allowed: nothing else was written */
	uint64_t result[STATUS_RESULTS];
};

static_assert(sizeof(struct kernel_status) == STATUS_BEATS * BEAT_BYTES, "two beats");

/*
 * Hash radix: the rows of each partition in their order. The partition of a row is the first bits
 * (0 to 12) of the XXH64 of its key's 8 bytes, or null_partition where its bit of validity is 0.
 * counts: 32 bits for each partition. order: 32 bits for each row, its number; a partition begins
 * with a beat, in the order of partitions, and zeros fill its last one.
 */
#define PARTITION_NULLABLE 1 /* flags: there is validity */
void partition(const struct beat *keys, const struct beat *validity, struct beat *counts,
	       struct beat *order, struct beat *status, uint32_t rows, uint32_t bits,
	       uint32_t null_partition, uint32_t flags, uint64_t stamp);

/* result[0]: CRC-32C (RFC 3720 B.4) of what crc is of and these bytes behind it. */
void crc32c(const struct beat *data, struct beat *status, uint64_t bytes, uint32_t crc,
	    uint64_t stamp);

/*
 * Over rows whose filter is valid and in [low, high]: result[0] such rows, [1] valid values among
 * them, [2] and [3] their sum (128 bits, two's complement, low half first), [4] least and [5] most
 * (of none: the largest and the smallest int64).
 */
#define AGGREGATE_FILTER_NULLABLE 1
#define AGGREGATE_VALUES_NULLABLE 2
void select_aggregate(const struct beat *filter, const struct beat *filter_validity,
		      const struct beat *values, const struct beat *values_validity,
		      struct beat *status, uint32_t rows, uint64_t low, uint64_t high,
		      uint32_t flags, uint64_t stamp);

/*
 * Sorts rows by int64 key, stable: runs of SORT_RUN_ROWS, merged two by two. order: for each row 16
 * bytes, its key in an order of unsigned numbers and its number below 2^32. scratch is as large as
 * order; what it holds afterwards means nothing.
 */
#define SORT_NULLABLE 1
#define SORT_DESCENDING 2
#define SORT_NULLS_FIRST 4
void sort_merge(const struct beat *keys, const struct beat *validity, struct beat *scratch,
		struct beat *order, struct beat *status, uint32_t rows, uint32_t flags,
		uint64_t stamp);

/*
 * Words: the longest runs of ASCII letters and digits, as functions/wordcount has them. words: for
 * each its offset and its bytes, 32 bits both, as many as there is capacity for. result[0]: words
 * in the text.
 */
void tokenise(const struct beat *text, struct beat *words, struct beat *status, uint32_t bytes,
	      uint32_t capacity, uint64_t stamp);

#endif
