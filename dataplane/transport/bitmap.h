/*
 * Bits for chunks, and for small messages: rings in memory, and bitmaps of the wire. Private to the
 * folder.
 */
#ifndef BITMAP_H
#define BITMAP_H

#include <stdbool.h>
#include <stdint.h>

#include <millrace/limits.h>

_Static_assert(MR_CHUNK_WINDOW == MR_MESSAGES_OUT_MAX, "maps of chunks and small messages");

/* --- A ring of MR_CHUNK_WINDOW chunks, or as many small messages ----------------------------- */

static inline bool map_test(const uint64_t *map, uint32_t chunk)
{
	return map[chunk % MR_CHUNK_WINDOW / 64] >> chunk % 64 & 1;
}

static inline void map_set(uint64_t *map, uint32_t chunk)
{
	map[chunk % MR_CHUNK_WINDOW / 64] |= 1ull << chunk % 64;
}

static inline void map_clear(uint64_t *map, uint32_t chunk)
{
	map[chunk % MR_CHUNK_WINDOW / 64] &= ~(1ull << chunk % 64);
}

/* The first set at or behind a place; one within the window is. */
static inline uint64_t map_first(const uint64_t *map, uint64_t from)
{
	uint64_t word = map[from % MR_CHUNK_WINDOW / 64] >> from % 64;

	while (word == 0) {
		from = (from / 64 + 1) * 64;
		word = map[from % MR_CHUNK_WINDOW / 64];
	}
	return from + (uint32_t)__builtin_ctzll(word);
}

/* --- A bitmap of the wire: its bit 0 stands for a multiple of 64 ----------------------------- */

struct bitmap_walk {
	const uint64_t *words;
	uint32_t count; /* of words that follow */
	uint32_t base;  /* what bit 0 of the word after the present one stands for; wraps */
	uint64_t word;  /* what is left of the present one */
};

/* Over so many words, for what is told to be there of a window that begins at first. */
static inline struct bitmap_walk bitmap_walk(const uint64_t *words, uint32_t count, uint32_t first)
{
	return (struct bitmap_walk){.words = words, .count = count, .base = first / 64 * 64};
}

/* The next that is set; false when none is left. */
static inline bool bitmap_next(struct bitmap_walk *walk, uint32_t *number)
{
	while (walk->word == 0) {
		if (walk->count == 0)
			return false;
		walk->word = *walk->words++;
		walk->count--;
		walk->base += 64;
	}
	*number = walk->base - 64 + (uint32_t)__builtin_ctzll(walk->word);
	walk->word &= walk->word - 1;
	return true;
}

#endif
