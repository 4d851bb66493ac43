/*
 * The tables of wordcount_native: counts of words in open addressing.
 *
 * Words of up to 8 bytes are integers in 16-byte slots, zero where free. Longer ones have a slot of
 * 32 bytes: up to 16 bytes are two integers, and those longer still a hash, with the top bit set
 * that no letter or digit has, and their length, beside the word in the text. Tables grow at half
 * full. Words are read eight bytes at a time, past their ends: some bytes behind the text are
 * readable.
 */
#ifndef WORDCOUNT_TABLE_H
#define WORDCOUNT_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "wordcount_common.h"

#define BITS_FIRST 16 /* log2 of the slots at first */
#define LOWER_BITS 0x2020202020202020ull
#define HASH_FACTOR 0x9e3779b97f4a7c15ull

struct short_slot {
	uint64_t key;
	uint64_t count;
};

struct wide_slot {
	uint64_t key[2];
	uint64_t count;
	const uint8_t *word; /* where it was seen first */
};

struct table {
	void *slots;
	size_t used;
	uint32_t bits;
};

struct tables {
	struct table shorts, wides;
};

static inline uint64_t bytes_load(const uint8_t *at)
{
	uint64_t bytes;

	memcpy(&bytes, at, sizeof(bytes));
	return bytes;
}

/* The first len bytes (1 to 8) in lower case; zeros behind. */
static inline uint64_t word_key(const uint8_t *word, size_t len)
{
	return (bytes_load(word) | LOWER_BITS) & ~0ull >> (-8 * len & 63);
}

/* The top bits of a product depend on all bits of the key. */
static inline size_t key_slot(uint64_t key, uint32_t bits)
{
	return (key * HASH_FACTOR) >> (64 - bits);
}

static inline struct short_slot *short_find(const struct table *t, uint64_t key)
{
	struct short_slot *slots = t->slots;
	size_t i = key_slot(key, t->bits);

	while (slots[i].key != key && slots[i].key != 0)
		i = (i + 1) & ((1ull << t->bits) - 1);
	return &slots[i];
}

static inline void shorts_grow(struct table *t)
{
	const struct table old = *t;
	const struct short_slot *from = old.slots;

	t->slots = memory_get(sizeof(*from) << ++t->bits);
	for (size_t i = 0; i < 1ull << old.bits; i++)
		if (from[i].key != 0)
			*short_find(t, from[i].key) = from[i];
	memory_put(old.slots, sizeof(*from) << old.bits);
}

static inline void short_prefetch(const struct tables *t, uint64_t key)
{
	__builtin_prefetch((struct short_slot *)t->shorts.slots + key_slot(key, t->shorts.bits), 1);
}

static inline void short_count(struct tables *t, uint64_t key, uint64_t count)
{
	struct short_slot *slot = short_find(&t->shorts, key);

	slot->count += count;
	if (slot->key == key)
		return;
	slot->key = key;
	if (++t->shorts.used > 1ull << (t->shorts.bits - 1))
		shorts_grow(&t->shorts);
}

/* Of two words of that length, longer than 8, whatever their case: only letters differ by it. */
static inline bool words_same(const uint8_t *left, const uint8_t *right, size_t len)
{
	for (size_t i = 0; i + 8 <= len; i += 8)
		if (((bytes_load(left + i) ^ bytes_load(right + i)) & ~LOWER_BITS) != 0)
			return false;
	return ((bytes_load(left + len - 8) ^ bytes_load(right + len - 8)) & ~LOWER_BITS) == 0;
}

static inline uint64_t long_hash(const uint8_t *word, size_t len)
{
	uint64_t hash = len;

	for (size_t i = 0; i + 8 <= len; i += 8) {
		hash = (hash ^ (bytes_load(word + i) | LOWER_BITS)) * HASH_FACTOR;
		hash ^= hash >> 32;
	}
	return (hash ^ (bytes_load(word + len - 8) | LOWER_BITS)) * HASH_FACTOR;
}

static inline struct wide_slot *wide_find(const struct table *t, const struct wide_slot *wide)
{
	const uint64_t mixed = (wide->key[0] * HASH_FACTOR) ^ wide->key[1];
	struct wide_slot *slots = t->slots;
	size_t i = key_slot(mixed ^ mixed >> 32, t->bits);

	for (;; i = (i + 1) & ((1ull << t->bits) - 1)) {
		if (slots[i].key[0] == 0)
			break;
		if (slots[i].key[0] == wide->key[0] && slots[i].key[1] == wide->key[1] &&
		    (wide->key[0] >> 63 == 0 ||
		     words_same(slots[i].word, wide->word, wide->key[1])))
			break;
	}
	return &slots[i];
}

static inline void wides_grow(struct table *t)
{
	const struct table old = *t;
	const struct wide_slot *from = old.slots;

	t->slots = memory_get(sizeof(*from) << ++t->bits);
	for (size_t i = 0; i < 1ull << old.bits; i++)
		if (from[i].key[0] != 0)
			*wide_find(t, &from[i]) = from[i];
	memory_put(old.slots, sizeof(*from) << old.bits);
}

static inline void wide_add(struct tables *t, const struct wide_slot *wide)
{
	struct wide_slot *slot = wide_find(&t->wides, wide);

	if (slot->key[0] != 0) {
		slot->count += wide->count;
		return;
	}
	*slot = *wide;
	if (++t->wides.used > 1ull << (t->wides.bits - 1))
		wides_grow(&t->wides);
}

/* Counts a word of more than 8 bytes, which stays in the text. */
static inline void wide_count(struct tables *t, const uint8_t *word, size_t len, uint64_t count)
{
	struct wide_slot wide = {.count = count, .word = word};

	if (len <= 16) {
		wide.key[0] = word_key(word, 8);
		wide.key[1] = word_key(word + 8, len - 8);
	} else {
		wide.key[0] = long_hash(word, len) | 1ull << 63;
		wide.key[1] = len;
	}
	wide_add(t, &wide);
}

static inline void tables_create(struct tables *t)
{
	t->shorts.bits = t->wides.bits = BITS_FIRST;
	t->shorts.slots = memory_get(sizeof(struct short_slot) << BITS_FIRST);
	t->wides.slots = memory_get(sizeof(struct wide_slot) << BITS_FIRST);
}

static inline void tables_merge(struct tables *to, const struct tables *from)
{
	const struct short_slot *shorts = from->shorts.slots;
	const struct wide_slot *wides = from->wides.slots;

	for (size_t i = 0; i < 1ull << from->shorts.bits; i++)
		if (shorts[i].key != 0)
			short_count(to, shorts[i].key, shorts[i].count);
	for (size_t i = 0; i < 1ull << from->wides.bits; i++)
		if (wides[i].key[0] != 0)
			wide_add(to, &wides[i]);
}

static inline size_t key_len(uint64_t key)
{
	return 8 - ((size_t)__builtin_clzll(key) >> 3);
}

static inline size_t wide_len(const struct wide_slot *wide)
{
	return wide->key[0] >> 63 != 0 ? wide->key[1] : 8 + key_len(wide->key[1]);
}

/* All words, in no order. Short ones lie in their slots. */
static inline void tables_lines(const struct tables *t, struct line *lines)
{
	const struct short_slot *shorts = t->shorts.slots;
	const struct wide_slot *wides = t->wides.slots;

	for (size_t i = 0; i < 1ull << t->shorts.bits; i++)
		if (shorts[i].key != 0)
			*lines++ = (struct line){shorts[i].count, (const uint8_t *)&shorts[i].key,
						 key_len(shorts[i].key)};
	for (size_t i = 0; i < 1ull << t->wides.bits; i++)
		if (wides[i].key[0] != 0)
			*lines++ =
			    (struct line){wides[i].count, wides[i].word, wide_len(&wides[i])};
}

#endif
