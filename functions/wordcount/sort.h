/*
 * Sorting the totals: by count, largest first, then by word, in place.
 *
 * Most words of a text occur a few times: a radix pass on the count leaves runs of equal counts,
 * which are sorted by radix on the first eight bytes of their words. What is left is small, and is
 * sorted by comparison.
 */
#ifndef SORT_H
#define SORT_H

#include <millrace_function.h>

#include "records.h"

struct entry {
	uint64_t prefix; /* the word's first 8 bytes, first byte highest, then zeros */
	uint32_t record; /* offset of its length and all its bytes in the input */
	uint32_t count;  /* below COUNT_BIG, else COUNT_BIG + index into bigs */
};

#define COUNT_BIG 0x80000000u

struct entries {
	const struct mr_call *call;
	struct entry *at;
	uint32_t count;
	uint64_t *bigs; /* counts of COUNT_BIG and more */
};

static inline uint64_t entry_count(const struct entries *e, const struct entry *entry)
{
	return entry->count < COUNT_BIG ? entry->count : e->bigs[entry->count - COUNT_BIG];
}

/* Words hold no zero bytes: those that fit a prefix are known by it alone. */
static inline struct mr_bytes entry_word(const struct entries *e, const struct entry *entry)
{
	const uint8_t *at = MR_POINTER(e->call, entry->record);
	struct mr_bytes word;

	if ((entry->prefix & 0xff) == 0) {
		word.data = at + 1;
		word.len = 8 - ((uint32_t)__builtin_ctzll(entry->prefix) >> 3);
		return word;
	}
	word.len = (uint32_t)varint_read(&at, at + VARINT64_BYTES_MAX);
	word.data = at;
	return word;
}

/* Of words with equal prefixes. */
static inline bool word_before(const struct entries *e, const struct entry *left,
			       const struct entry *right)
{
	const struct mr_bytes l = entry_word(e, left), r = entry_word(e, right);
	const uint32_t len = l.len < r.len ? l.len : r.len;
	const int order = __builtin_memcmp(l.data, r.data, len);

	return order != 0 ? order < 0 : l.len < r.len;
}

static inline bool entry_before(const struct entries *e, const struct entry *left,
				const struct entry *right)
{
	const uint64_t l = entry_count(e, left), r = entry_count(e, right);

	if (l != r)
		return l > r;
	if (left->prefix != right->prefix)
		return left->prefix < right->prefix;
	return (left->prefix & 0xff) != 0 && word_before(e, left, right);
}

static inline void entries_swap(struct entry *left, struct entry *right)
{
	const struct entry kept = *left;

	*left = *right;
	*right = kept;
}

static void insertion_sort(const struct entries *e, struct entry *from, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		const struct entry moving = from[i];
		uint32_t n = i;

		for (; n > 0 && entry_before(e, &moving, &from[n - 1]); n--)
			from[n] = from[n - 1];
		from[n] = moving;
	}
}

#define SMALL_SORT 24

static void heap_sift(const struct entries *e, struct entry *from, uint32_t i, uint32_t count)
{
	while (2 * i + 1 < count) {
		uint32_t child = 2 * i + 1;

		if (child + 1 < count && entry_before(e, &from[child], &from[child + 1]))
			child++;
		if (!entry_before(e, &from[i], &from[child]))
			return;
		entries_swap(&from[i], &from[child]);
		i = child;
	}
}

/* Never worse than n log n, whatever somebody sends. */
static void heap_sort(const struct entries *e, struct entry *from, uint32_t count)
{
	for (uint32_t i = count / 2; i-- > 0;)
		heap_sift(e, from, i, count);
	for (uint32_t n = count; n > 1; n--) {
		entries_swap(&from[0], &from[n - 1]);
		heap_sift(e, from, 0, n - 1);
	}
}

static void comparison_sort(const struct entries *e, struct entry *from, uint32_t count)
{
	if (count <= SMALL_SORT)
		insertion_sort(e, from, count);
	else
		heap_sort(e, from, count);
}

/* Which of 256 buckets: of a count at shift RADIX_COUNT, else the byte of the prefix there. */
#define RADIX_COUNT 64
#define RADIX_COUNTS 255 /* larger counts share bucket 0 */

static inline uint32_t entry_bucket(const struct entry *entry, uint32_t shift)
{
	if (shift == RADIX_COUNT)
		return entry->count < RADIX_COUNTS ? RADIX_COUNTS - entry->count : 0;
	return (entry->prefix >> shift) & 0xff;
}

static void prefix_sort(const struct entries *e, struct entry *from, uint32_t count,
			uint32_t shift);

/* Moves each entry into its bucket, in place, then sorts the buckets. */
static void radix_sort(const struct entries *e, struct entry *from, uint32_t count, uint32_t shift)
{
	uint32_t next[256] = {0}, ends[256];
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		next[entry_bucket(&from[i], shift)]++;
	for (uint32_t b = 0; b < 256; b++) {
		const uint32_t size = next[b];

		next[b] = sum;
		sum += size;
		ends[b] = sum;
	}
	for (uint32_t b = 0; b < 256; b++) {
		while (next[b] < ends[b]) {
			const uint32_t to = entry_bucket(&from[next[b]], shift);

			if (to == b)
				next[b]++;
			else
				entries_swap(&from[next[b]], &from[next[to]++]);
		}
	}
	for (uint32_t b = 0, start = 0; b < 256; start = ends[b++]) {
		if (shift != RADIX_COUNT && shift > 0)
			prefix_sort(e, from + start, ends[b] - start, shift - 8);
		else if (shift == RADIX_COUNT && b > 0)
			prefix_sort(e, from + start, ends[b] - start, 56);
		else
			comparison_sort(e, from + start, ends[b] - start);
	}
}

static void prefix_sort(const struct entries *e, struct entry *from, uint32_t count, uint32_t shift)
{
	if (count <= SMALL_SORT)
		insertion_sort(e, from, count);
	else
		radix_sort(e, from, count, shift);
}

static inline void entries_sort(const struct entries *e)
{
	radix_sort(e, e->at, e->count, RADIX_COUNT);
}

#endif
