/*
 * The order of lines: by columns, as numbers or bytes, up or down. Pure.
 *
 * Most comparisons are decided by a line's rank: its first keys packed into 128 bits, made once
 * when the line becomes the head of its run. Lines of equal rank are compared in full.
 */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "sink.h"

struct line_order {
	const struct sink_key *keys;
	uint32_t key_count;
	uint32_t column_last; // the highest one named: as text it has the rest of the line
};

/* Compares as one 128-bit number; lines of smaller rank come first. */
struct line_rank {
	uint64_t high;
	uint64_t low;
};

/* 0, or -EINVAL for columns of number 0 or more than MR_MERGE_KEYS_MAX keys. */
int line_order_init(struct line_order *order, const struct sink_key *keys, uint32_t key_count);

/* The rank of the line at text, without its '\n'. Bytes up to limit may be read, for speed. 0, or
 * the column (from 1) that should be a number and is none. */
uint32_t line_rank(const struct line_order *order, const uint8_t *text, uint64_t bytes,
		   const uint8_t *limit, struct line_rank *rank);

/* Negative, 0 or positive, as memcmp(). Both lines have passed line_rank(). */
int line_compare(const struct line_order *order, const uint8_t *a, uint64_t a_bytes,
		 const uint8_t *b, uint64_t b_bytes);

static inline int line_rank_compare(const struct line_rank *a, const struct line_rank *b)
{
	unsigned __int128 left = (unsigned __int128)a->high << 64 | a->low;
	unsigned __int128 right = (unsigned __int128)b->high << 64 | b->low;

	return (left > right) - (left < right);
}

#endif
