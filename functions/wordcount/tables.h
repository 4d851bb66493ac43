/*
 * The counts of words: three open-addressing tables, by length of word.
 *
 * Words of up to 8 bytes are compared as one integer, up to 16 as two, longer ones in the text. A
 * full table is a reason to flush all three, so that they stay in the L2 cache whatever the text.
 */
#ifndef TABLES_H
#define TABLES_H

#include <millrace_function.h>

#include "words.h"

/* Keys apart from counts, so that more of both is in the cache. */
struct shorts {
	uint64_t *keys; /* 0: free */
	uint32_t *counts;
	uint16_t *groups; /* while flushing, of one word after the other */
};

struct middle_slot {
	uint64_t key[2]; /* key[0] 0: free */
	uint32_t count;
	uint32_t group;
};

struct long_slot {
	const uint8_t *word; /* NULL: free; in the text, in any case */
	uint32_t len;
	uint32_t hash;
	uint32_t count;
	uint32_t group;
};

struct tables {
	struct shorts shorts;
	struct middle_slot *middles;
	struct long_slot *longs;
	uint32_t shorts_bits, middles_bits, longs_bits; /* log2 of the slots */
	uint32_t shorts_left, middles_left, longs_left; /* entries before a table is full */
};

#define SHORTS_BITS_MIN 12
#define SHORTS_BITS_MAX 17 /* 1.5 MiB of keys and counts: an L2 cache holds them */
#define TEXT_BYTES_PER_SLOT 32

/* Entries a table takes: three in four slots, for short searches. */
static inline uint32_t slots_usable(uint32_t bits)
{
	return (1u << bits) / 4 * 3;
}

static inline void tables_rewind(struct tables *t)
{
	t->shorts_left = slots_usable(t->shorts_bits);
	t->middles_left = slots_usable(t->middles_bits);
	t->longs_left = slots_usable(t->longs_bits);
}

static inline void tables_clear(struct tables *t)
{
	__builtin_memset(t->shorts.keys, 0, sizeof(*t->shorts.keys) << t->shorts_bits);
	__builtin_memset(t->shorts.counts, 0, sizeof(*t->shorts.counts) << t->shorts_bits);
	__builtin_memset(t->middles, 0, sizeof(*t->middles) << t->middles_bits);
	__builtin_memset(t->longs, 0, sizeof(*t->longs) << t->longs_bits);
	tables_rewind(t);
}

/* Tables that suit so many bytes of text, borrowed from the heap, and empty: it is zero where
 * nothing was before. */
static inline int tables_create(struct tables *t, struct mr_call *call, uint64_t text_bytes)
{
	struct shorts *s = &t->shorts;

	t->shorts_bits = SHORTS_BITS_MIN;
	while (t->shorts_bits < SHORTS_BITS_MAX &&
	       (uint64_t)TEXT_BYTES_PER_SLOT << (t->shorts_bits + 1) <= text_bytes)
		t->shorts_bits++;
	t->middles_bits = t->shorts_bits - 1;
	t->longs_bits = t->shorts_bits - 2;
	s->groups = (uint16_t *)mr_borrow(call, sizeof(*s->groups) * slots_usable(t->shorts_bits));
	s->counts = (uint32_t *)mr_borrow(call, sizeof(*s->counts) << t->shorts_bits);
	s->keys = (uint64_t *)mr_borrow(call, sizeof(*s->keys) << t->shorts_bits);
	t->middles = (struct middle_slot *)mr_borrow(call, sizeof(*t->middles) << t->middles_bits);
	t->longs = (struct long_slot *)mr_borrow(call, sizeof(*t->longs) << t->longs_bits);
	tables_rewind(t);
	if (s->groups == NULL || s->counts == NULL || s->keys == NULL)
		return MR_FAILED;
	return t->middles != NULL && t->longs != NULL ? 0 : MR_FAILED;
}

static inline bool tables_full(const struct tables *t)
{
	return t->shorts_left == 0 || t->middles_left == 0 || t->longs_left == 0;
}

/* The top bits of a product depend on all bits of the key. */
static inline uint32_t key_slot(uint64_t key, uint32_t bits)
{
	return (uint32_t)(((key ^ key >> 29) * 0x9e3779b97f4a7c15ull) >> (64 - bits));
}

/* A word of 1 to 8 bytes. */
static inline void shorts_count(struct tables *t, uint64_t key)
{
	const uint32_t mask = (1u << t->shorts_bits) - 1;
	uint64_t *const keys = t->shorts.keys;
	uint32_t i = key_slot(key, t->shorts_bits);

	while (keys[i] != key) {
		if (keys[i] == 0) {
			keys[i] = key;
			t->shorts_left--;
			break;
		}
		i = (i + 1) & mask;
	}
	t->shorts.counts[i]++;
}

/* A word of 9 to 16 bytes. */
static inline void middles_count(struct tables *t, uint64_t key0, uint64_t key1)
{
	const uint32_t mask = (1u << t->middles_bits) - 1;
	uint32_t i =
	    key_slot(key0 ^ (key1 << 7 | key1 >> 57) * 0xc2b2ae3d27d4eb4full, t->middles_bits);

	while (t->middles[i].key[0] != key0 || t->middles[i].key[1] != key1) {
		if (t->middles[i].key[0] == 0) {
			t->middles[i].key[0] = key0;
			t->middles[i].key[1] = key1;
			t->middles_left--;
			break;
		}
		i = (i + 1) & mask;
	}
	t->middles[i].count++;
}

/* Of two words of that length, longer than 8, whatever their case. */
static inline bool words_same(const uint8_t *left, const uint8_t *right, uint32_t len)
{
	for (uint32_t i = 0; i + 8 <= len; i += 8)
		if (((bytes_load(left + i) ^ bytes_load(right + i)) & ~BYTES_LOWER) != 0)
			return false;
	return ((bytes_load(left + len - 8) ^ bytes_load(right + len - 8)) & ~BYTES_LOWER) == 0;
}

static inline uint32_t long_hash(const uint8_t *word, uint32_t len)
{
	uint64_t hash = len;

	for (uint32_t i = 0; i + 8 <= len; i += 8)
		hash = (hash ^ (bytes_load(word + i) | BYTES_LOWER)) * 0x9e3779b97f4a7c15ull ^
		       hash >> 32;
	hash = (hash ^ (bytes_load(word + len - 8) | BYTES_LOWER)) * 0xc2b2ae3d27d4eb4full;
	return (uint32_t)(hash >> 32);
}

/* A word of more than 16 bytes. Stays in the text: it is not copied. */
static inline void longs_count(struct tables *t, const uint8_t *word, uint32_t len)
{
	const uint32_t mask = (1u << t->longs_bits) - 1;
	const uint32_t hash = long_hash(word, len);
	uint32_t i = hash & mask;

	while (t->longs[i].word == NULL || t->longs[i].hash != hash || t->longs[i].len != len ||
	       !words_same(t->longs[i].word, word, len)) {
		if (t->longs[i].word == NULL) {
			t->longs[i].word = word;
			t->longs[i].len = len;
			t->longs[i].hash = hash;
			t->longs_left--;
			break;
		}
		i = (i + 1) & mask;
	}
	t->longs[i].count++;
}

#endif
