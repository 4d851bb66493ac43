/* Emptying the tables: their words, as records, into one item for each key group. */
#ifndef FLUSH_H
#define FLUSH_H

#include "records.h"
#include "tables.h"

/* For each key group: the bytes of its records, then where the next one goes. */
struct groups {
	uint32_t bytes[MR_KEY_GROUPS];
	uint8_t *next[MR_KEY_GROUPS];
	uint32_t used; /* groups that have records */
};

static inline uint32_t group_add(struct groups *g, const void *word, uint32_t len, uint32_t count)
{
	const uint32_t group = mr_key_group(mr_hash64(word, len));

	g->used += g->bytes[group] == 0;
	g->bytes[group] += varint_bytes(count) + varint_bytes(len) + len;
	return group;
}

static inline uint8_t *record_begin(struct groups *g, uint32_t group, uint32_t len, uint32_t count)
{
	return varint_write(varint_write(g->next[group], count), len);
}

static inline uint32_t short_len(uint64_t key)
{
	return 8 - ((uint32_t)__builtin_clzll(key) >> 3);
}

static inline void word_lower(uint8_t *to, const uint8_t *word, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		to[i] = word[i] | 0x20;
}

/* The hash is of the lower-case word, which a long one is not: the end of the heap lends a place. */
static inline int longs_group(struct tables *t, struct mr_call *call, struct groups *g)
{
	for (uint32_t i = 0; i < 1u << t->longs_bits; i++) {
		struct long_slot *slot = &t->longs[i];
		uint8_t *lower;

		if (slot->word == NULL)
			continue;
		lower = (uint8_t *)mr_alloc(call, slot->len, 1);
		if (lower == NULL)
			return MR_FAILED;
		word_lower(lower, slot->word, slot->len);
		slot->group = group_add(g, lower, slot->len, slot->count);
		mr_trim(call, lower);
	}
	return 0;
}

static inline int slots_group(struct tables *t, struct mr_call *call, struct groups *g)
{
	for (uint32_t i = 0; i < 1u << t->shorts_bits; i++) {
		struct short_slot *slot = &t->shorts[i];

		if (slot->key != 0)
			slot->group = group_add(g, &slot->key, short_len(slot->key), slot->count);
	}
	for (uint32_t i = 0; i < 1u << t->middles_bits; i++) {
		struct middle_slot *slot = &t->middles[i];

		if (slot->key[0] != 0)
			slot->group = group_add(g, slot->key, 8 + short_len(slot->key[1]),
						slot->count);
	}
	return longs_group(t, call, g);
}

/* An item for each group that has records. */
static inline int groups_place(struct groups *g, struct mr_call *call, struct mr_set *out)
{
	if (mr_out_reserve(call, out, g->used) != 0)
		return MR_FAILED;
	for (uint32_t i = 0; i < MR_KEY_GROUPS; i++) {
		struct mr_bytes bytes = {NULL, g->bytes[i]};

		if (bytes.len == 0)
			continue;
		g->next[i] = (uint8_t *)mr_alloc(
			call, bytes.len, bytes.len >= MR_ALIGN_FROM ? MR_ALIGN : MR_ALIGN_SMALL);
		bytes.data = g->next[i];
		if (bytes.data == NULL || mr_out_add_group(call, out, i, bytes) != 0)
			return MR_FAILED;
	}
	return 0;
}

static inline void shorts_write(const struct tables *t, struct groups *g)
{
	for (uint32_t i = 0; i < 1u << t->shorts_bits; i++) {
		const struct short_slot *slot = &t->shorts[i];
		uint32_t len;
		uint8_t *to;

		if (slot->key == 0)
			continue;
		len = short_len(slot->key);
		to = record_begin(g, slot->group, len, slot->count);
		for (uint32_t n = 0; n < len; n++)
			to[n] = (uint8_t)(slot->key >> (8 * n));
		g->next[slot->group] = to + len;
	}
}

static inline void middles_write(const struct tables *t, struct groups *g)
{
	for (uint32_t i = 0; i < 1u << t->middles_bits; i++) {
		const struct middle_slot *slot = &t->middles[i];
		uint32_t len;
		uint8_t *to;

		if (slot->key[0] == 0)
			continue;
		len = 8 + short_len(slot->key[1]);
		to = record_begin(g, slot->group, len, slot->count);
		__builtin_memcpy(to, &slot->key[0], 8);
		/* The last eight bytes overlap the first: one store in place of a loop. */
		__builtin_memcpy(to + len - 8, (const uint8_t *)slot->key + len - 8, 8);
		g->next[slot->group] = to + len;
	}
}

static inline void longs_write(const struct tables *t, struct groups *g)
{
	for (uint32_t i = 0; i < 1u << t->longs_bits; i++) {
		const struct long_slot *slot = &t->longs[i];
		uint8_t *to;

		if (slot->word == NULL)
			continue;
		to = record_begin(g, slot->group, slot->len, slot->count);
		word_lower(to, slot->word, slot->len);
		g->next[slot->group] = to + slot->len;
	}
}

/* Writes all records to out; the tables stay as they are. */
static inline int tables_write(struct tables *t, struct mr_call *call, struct groups *g,
			       struct mr_set *out)
{
	__builtin_memset(g->bytes, 0, sizeof(g->bytes));
	g->used = 0;
	if (slots_group(t, call, g) != 0 || groups_place(g, call, out) != 0)
		return MR_FAILED;
	shorts_write(t, g);
	middles_write(t, g);
	longs_write(t, g);
	return 0;
}

#endif
