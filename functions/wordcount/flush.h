/*
 * Emptying the tables: their words, as records, grouped by key group.
 *
 * A flush leaves one run of bytes for each group that it has words of. The items come last: a run,
 * if there was one flush, or else all runs of the group, gathered in a copy.
 */
#ifndef FLUSH_H
#define FLUSH_H

#include "records.h"
#include "tables.h"

/* One flush; lies in front of its records. */
struct flush {
	struct flush *earlier;
	uint32_t bytes[MR_KEY_GROUPS]; /* of each group's records */
};

/* What flushes share. */
struct flusher {
	struct mr_call *call;
	struct flush *latest;
	uint8_t *at[MR_KEY_GROUPS]; /* scratch: where a group's next record goes */
};

static inline uint32_t group_add(struct flush *g, uint64_t hash, uint32_t len, uint32_t count)
{
	const uint32_t group = mr_key_group(hash);

	g->bytes[group] += varint_bytes(count) + varint_bytes(len) + len;
	return group;
}

static inline uint8_t *record_begin(struct flusher *g, uint32_t group, uint32_t len, uint32_t count)
{
	return varint_write(varint_write(g->at[group], count), len);
}

static inline uint32_t short_len(uint64_t key)
{
	return 8 - ((uint32_t)__builtin_clzll(key) >> 3);
}

/* mr_hash64() of a word of 1 to 8 bytes, with no branch on each: lengths are hard to predict. */
static inline uint64_t short_hash(uint64_t key, uint32_t len)
{
	uint64_t hash = MR_XXH_P5 + len;

	if (len == 8)
		return mr_hash64(&key, sizeof(key));
	if (len >= 4) {
		hash = mr_xxh_rotl(hash ^ (uint32_t)key * MR_XXH_P1, 23) * MR_XXH_P2 + MR_XXH_P3;
		key >>= 32;
	}
	for (uint32_t i = 0; i < 3; i++, key >>= 8) {
		const uint64_t longer = mr_xxh_rotl(hash ^ (key & 0xff) * MR_XXH_P5, 11);

		hash = key != 0 ? longer * MR_XXH_P1 : hash;
	}
	hash = (hash ^ hash >> 33) * MR_XXH_P2;
	hash = (hash ^ hash >> 29) * MR_XXH_P3;
	return hash ^ hash >> 32;
}

/* Stores overlap where that saves a loop. */
static inline void short_write(uint8_t *to, uint64_t key, uint32_t len)
{
	if (len >= 4) {
		const uint32_t first = (uint32_t)key, last = (uint32_t)(key >> (8 * len - 32));

		__builtin_memcpy(to, &first, sizeof(first));
		__builtin_memcpy(to + len - sizeof(last), &last, sizeof(last));
		return;
	}
	to[0] = (uint8_t)key;
	to[len / 2] = (uint8_t)(key >> (8 * (len / 2)));
	to[len - 1] = (uint8_t)(key >> (8 * (len - 1)));
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
		slot->group = group_add(g, mr_hash64(lower, slot->len), slot->len, slot->count);
		mr_trim(call, lower);
	}
	return 0;
}

static inline int slots_group(struct tables *t, struct mr_call *call, struct flush *g)
{
	const uint64_t *const keys = t->shorts.keys;
	uint16_t *group = t->shorts.groups;

	for (uint32_t i = 0; i < 1u << t->shorts_bits; i++) {
		uint32_t len;

		if (keys[i] == 0)
			continue;
		len = short_len(keys[i]);
		*group++ =
		    (uint16_t)group_add(g, short_hash(keys[i], len), len, t->shorts.counts[i]);
	}
	for (uint32_t i = 0; i < 1u << t->middles_bits; i++) {
		struct middle_slot *slot = &t->middles[i];
		uint32_t len;

		if (slot->key[0] == 0)
			continue;
		len = 8 + short_len(slot->key[1]);
		slot->group = group_add(g, mr_hash64(&slot->key, len), len, slot->count);
	}
	return longs_group(t, call, g);
}

/* Makes room for the flush's records, group after group. */
static inline int runs_place(struct flusher *f, const struct flush *flush)
{
	uint64_t sum = 0;
	uint8_t *at;

	for (uint32_t i = 0; i < MR_KEY_GROUPS; i++)
		sum += flush->bytes[i];
	at = (uint8_t *)mr_alloc(f->call, sum, 1);
	if (at == NULL)
		return MR_FAILED;
	for (uint32_t i = 0; i < MR_KEY_GROUPS; i++) {
		f->at[i] = at;
		at += flush->bytes[i];
	}
	return 0;
}

static inline void shorts_write(const struct tables *t, struct flusher *g)
{
	const uint16_t *group = t->shorts.groups;

	for (uint32_t i = 0; i < 1u << t->shorts_bits; i++) {
		const uint64_t key = t->shorts.keys[i];
		uint32_t len;
		uint8_t *to;

		if (key == 0)
			continue;
		len = short_len(key);
		to = record_begin(g, *group, len, t->shorts.counts[i]);
		short_write(to, key, len);
		g->at[*group++] = to + len;
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
		g->at[slot->group] = to + len;
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
		g->at[slot->group] = to + slot->len;
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

static inline uint32_t group_bytes(const struct flusher *f, uint32_t group)
{
	uint32_t bytes = 0;

	for (const struct flush *flush = f->latest; flush != NULL; flush = flush->earlier)
		bytes += flush->bytes[group];
	return bytes;
}

/* Copies all runs, so that those of a group lie side by side; at[] then says where. */
static inline int runs_gather(struct flusher *f)
{
	for (uint32_t i = 0; i < MR_KEY_GROUPS; i++) {
		f->at[i] = (uint8_t *)mr_alloc(f->call, group_bytes(f, i), 1);
		if (f->at[i] == NULL)
			return MR_FAILED;
	}
	for (const struct flush *flush = f->latest; flush != NULL; flush = flush->earlier) {
		const uint8_t *run = (const uint8_t *)(flush + 1);

		for (uint32_t i = 0; i < MR_KEY_GROUPS; run += flush->bytes[i++]) {
			__builtin_memcpy(f->at[i], run, flush->bytes[i]);
			f->at[i] += flush->bytes[i];
		}
	}
	return 0;
}

/* Adds an item for each group that has records. */
static inline int groups_add(struct flusher *f, struct mr_set *out)
{
	uint32_t used = 0;

	if (f->latest->earlier != NULL && runs_gather(f) != 0)
		return MR_FAILED;
	for (uint32_t i = 0; i < MR_KEY_GROUPS; i++)
		used += group_bytes(f, i) > 0;
	if (mr_out_reserve(f->call, out, used) != 0)
		return MR_FAILED;
	for (uint32_t i = 0; i < MR_KEY_GROUPS; i++) {
		struct mr_bytes records = {NULL, group_bytes(f, i)};

		if (records.len == 0)
			continue;
		records.data = f->at[i] - records.len; /* at[] is behind the last record */
		if (mr_out_add_group(f->call, out, i, records) != 0)
			return MR_FAILED;
	}
	return 0;
}

#endif
