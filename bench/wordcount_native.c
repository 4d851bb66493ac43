/*
 * A counter of words tuned to this machine: the limit beside which plain C is seen.
 *
 * Finds where words begin and end 64 bytes at a time, with SSE2, and has the slots of short ones
 * on the way from memory before it counts them, in the tables of wordcount_table.h.
 */
#include "wordcount_common.h"

#include <emmintrin.h>

#include "wordcount_table.h"

#define BLOCK_BYTES 64 /* a bit each in an integer */
#define WINDOW_BLOCKS 32
#define CUTS_MAX (WINDOW_BLOCKS * BLOCK_BYTES + 2)

struct counter {
	struct tables tables;
};

/* A bit for each of 16 bytes: whether it is a letter or digit. */
static uint64_t vector_alnum(const uint8_t *at)
{
	const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
	const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
	const __m128i letter = _mm_sub_epi8(lower, _mm_set1_epi8('a'));
	const __m128i digit = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
	const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter);
	const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);

	return (uint32_t)_mm_movemask_epi8(_mm_or_si128(is_letter, is_digit));
}

static uint64_t block_alnum(const uint8_t *at)
{
	return vector_alnum(at) | vector_alnum(at + 16) << 16 | vector_alnum(at + 32) << 32 |
	       vector_alnum(at + 48) << 48;
}

/* Where words begin and end, in turns, in the text of one window. Returns how many cuts there are;
 * *inside says whether a word has begun. */
static size_t window_cut(const uint8_t *at, const uint8_t *end, uint64_t *inside,
			 const uint8_t **cuts)
{
	size_t count = 0;

	for (; at < end; at += BLOCK_BYTES) {
		uint64_t alnum = block_alnum(at);
		uint64_t bits;

		if (end - at < BLOCK_BYTES)
			alnum &= (1ull << (end - at)) - 1;
		bits = alnum ^ (alnum << 1 | *inside);
		*inside = alnum >> 63;
		for (; bits != 0; bits &= bits - 1)
			cuts[count++] = at + __builtin_ctzll(bits);
	}
	return count;
}

/* Counts the words between pairs of cuts. The keys of short words come first, so that their slots
 * are on the way from memory when they are counted. */
static void words_count(struct tables *t, const uint8_t *const *cuts, size_t count)
{
	uint64_t keys[CUTS_MAX / 2];
	size_t shorts = 0;

	for (size_t i = 0; i + 1 < count; i += 2) {
		const size_t len = (size_t)(cuts[i + 1] - cuts[i]);

		if (len > 8) {
			wide_count(t, cuts[i], len, 1);
			continue;
		}
		keys[shorts] = word_key(cuts[i], len);
		short_prefetch(t, keys[shorts++]);
	}
	for (size_t i = 0; i < shorts; i++)
		short_count(t, keys[i], 1);
}

void counter_text(struct counter *counter, const uint8_t *at, const uint8_t *end)
{
	struct tables *t = &counter->tables;
	const uint8_t *cuts[CUTS_MAX];
	uint64_t inside = 0;
	size_t count = 0;

	while (at < end) {
		const uint8_t *stop =
		    end - at > WINDOW_BLOCKS * BLOCK_BYTES ? at + WINDOW_BLOCKS * BLOCK_BYTES : end;

		count += window_cut(at, stop, &inside, cuts + count);
		words_count(t, cuts, count);
		if ((count & 1) != 0)
			cuts[0] = cuts[count - 1]; /* the start of a word without an end */
		count &= 1;
		at = stop;
	}
	if (count > 0) {
		cuts[count++] = end;
		words_count(t, cuts, count);
	}
}

struct counter *counter_create(void)
{
	struct counter *counter = memory_get(sizeof(*counter));

	tables_create(&counter->tables);
	return counter;
}

void counter_merge(struct counter *to, const struct counter *from)
{
	tables_merge(&to->tables, &from->tables);
}

size_t counter_words(const struct counter *counter)
{
	return counter->tables.shorts.used + counter->tables.wides.used;
}

void counter_lines(const struct counter *counter, struct line *lines)
{
	tables_lines(&counter->tables, lines);
}
