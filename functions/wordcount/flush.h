/*
 * Emptying the tables: their words, as records, grouped by key group.
 *
 * A flush leaves one run of bytes for each group that it has words of. The items come last, when
 * their number is known: one for each run.
 */
#ifndef FLUSH_H
#define FLUSH_H

#include "records.h"
#include "tables.h"

/* One flush; lies in front of its records. */
struct flush {
	struct flush *earlier;
	uint32_t used;                 /* groups that have records */
	uint32_t bytes[MR_KEY_GROUPS]; /* of each group's records */
};

/* What flushes share. */
struct flusher {
	struct mr_call *call;
	struct flush *latest;
	uint32_t runs;                /* of all flushes */
	uint8_t *next[MR_KEY_GROUPS]; /* where a group's next record goes */
};

static inline uint32_t group_add(struct flush *g, const void *word, uint32_t len, uint32_t count)
{
	const uint32_t group = mr_key_group(mr_hash64(word, len));

	g->used += g->bytes[group] == 0;
	g->bytes[group] += varint_bytes(count) + varint_bytes(len) + len;
	return group;
}

static inline uint8_t *record_begin(struct flusher *g, uint32_t group, uint32_t len, uint32_t count)
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

/* The hash is of the lower-case word, which a long one is not: the end of the heap lends a place.
 */
static inline int longs_group(struct tables *t, struct mr_call *call, struct flush *g)
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

static inline int slots_group(struct tables *t, struct mr_call *call, struct flush *g)
{
	for (uint32_t i = 0; i < 1u << t->shorts_bits; i++) {
		struct short_slot *slot = &t->shorts[i];

		if (slot->key != 0)
			slot->group = group_add(g, &slot->key, short_len(slot->key), slot->count);
	}
	for (uint32_t i = 0; i < 1u << t->middles_bits; i++) {
		struct middle_slot *slot = &t->middles[i];

		if (slot->key[0] != 0)
			slot->group =
			    group_add(g, slot->key, 8 + short_len(slot->key[1]), slot->count);
	}
	return longs_group(t, call, g);
}

/* Bytes that a run of records takes: aligned as the layout wants it. */
static inline uint32_t run_bytes(uint32_t bytes)
{
	return (bytes + MR_ALIGN_SMALL - 1) & ~(uint32_t)(MR_ALIGN_SMALL - 1);
}

/* Makes room for the flush's records, group after group. */
static inline int runs_place(struct flusher *f, const struct flush *flush)
{
	uint64_t sum = 0;
	uint8_t *at;

	for (uint32_t i = 0; i < MR_KEY_GROUPS; i++)
		sum += run_bytes(flush->bytes[i]);
	at = (uint8_t *)mr_alloc(f->call, sum, MR_ALIGN_SMALL);
	if (at == NULL)
		return MR_FAILED;
	for (uint32_t i = 0; i < MR_KEY_GROUPS; i++) {
		f->next[i] = at;
		at += run_bytes(flush->bytes[i]);
	}
	f->runs += flush->used;
	return 0;
}

static inline void shorts_write(const struct tables *t, struct flusher *g)
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

static inline void middles_write(const struct tables *t, struct flusher *g)
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

static inline void longs_write(const struct tables *t, struct flusher *g)
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

/* Writes all records; the tables stay as they are. */
static inline int tables_flush(struct tables *t, struct flusher *f)
{
	struct flush *flush = (struct flush *)mr_alloc(f->call, sizeof(*flush), MR_ALIGN_SMALL);

	if (flush == NULL)
		return MR_FAILED;
	__builtin_memset(flush, 0, sizeof(*flush));
	flush->earlier = f->latest;
	f->latest = flush;
	if (slots_group(t, f->call, flush) != 0 || runs_place(f, flush) != 0)
		return MR_FAILED;
	shorts_write(t, f);
	middles_write(t, f);
	longs_write(t, f);
	return 0;
}

/* Adds an item for each run to out. */
static inline int runs_add(struct flusher *f, struct mr_set *out)
{
	if (mr_out_reserve(f->call, out, f->runs) != 0)
		return MR_FAILED;
	for (const struct flush *flush = f->latest; flush != NULL; flush = flush->earlier) {
		struct mr_bytes run = {(const uint8_t *)(flush + 1), 0};

		for (uint32_t i = 0; i < MR_KEY_GROUPS; i++) {
			run.len = flush->bytes[i];
			if (run.len > 0 && mr_out_add_group(f->call, out, i, run) != 0)
				return MR_FAILED;
			run.data += run_bytes(run.len);
		}
	}
	return 0;
}

#endif
