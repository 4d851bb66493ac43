/* The table for keys of bytes. */
#include "group_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

#define BITS_FIRST 8
#define AHEAD 8 /* slots fetched before they are looked at: some misses of L2 at once */

struct key_slot {
	uint32_t tag;   /* lower half of the hash: the upper one says the slot */
	uint32_t group; /* GROUP_NONE: free */
};

static struct key_slot *slots_of(const struct group_keys *table)
{
	return (struct key_slot *)(void *)table->slots.at;
}

static int slots_create(struct row_budget *budget, uint32_t bits, struct table_bytes *slots)
{
	int rc;

	*slots = (struct table_bytes){0};
	rc = row_bytes_reserve(budget, slots, sizeof(struct key_slot) << bits);
	if (rc == 0)
		memset(slots->at, 0xff, sizeof(struct key_slot) << bits);
	return rc;
}

int group_keys_init(struct group_keys *table, struct row_budget *budget)
{
	*table = (struct group_keys){.budget = budget, .bits = BITS_FIRST};
	return slots_create(budget, BITS_FIRST, &table->slots);
}

void group_keys_free(struct group_keys *table)
{
	row_keys_free(&table->keys, table->budget);
	row_bytes_free(table->budget, &table->hashes);
	row_bytes_free(table->budget, &table->slots);
}

/* At most half full. */
static int slots_grow(struct group_keys *table, uint32_t count, uint32_t more)
{
	const uint64_t *hashes = (const uint64_t *)(const void *)table->hashes.at;
	struct table_bytes old = table->slots;
	uint32_t bits = table->bits;
	int rc;

	while ((uint64_t)count + more > (1ull << bits) / 2)
		bits++;
	if (bits == table->bits)
		return 0;
	rc = slots_create(table->budget, bits, &table->slots);
	if (rc < 0) {
		table->slots = old;
		return rc;
	}
	table->bits = bits;
	for (uint32_t g = 0; g < count; g++) {
		uint64_t i = hashes[g] >> (64 - bits);

		while (slots_of(table)[i].group != GROUP_NONE)
			i = (i + 1) & ((1ull << bits) - 1);
		slots_of(table)[i] = (struct key_slot){(uint32_t)hashes[g], g};
	}
	row_bytes_free(table->budget, &old);
	return 0;
}

/* The slot that has the key, or is free for it. */
static struct key_slot *slot_find(const struct group_keys *table, uint64_t hash, const uint8_t *key,
				  uint64_t bytes)
{
	uint64_t mask = (1ull << table->bits) - 1;

	for (uint64_t i = hash >> (64 - table->bits);; i = (i + 1) & mask) {
		struct key_slot *slot = &slots_of(table)[i];

		if (slot->group == GROUP_NONE)
			return slot;
		if (slot->tag == (uint32_t)hash &&
		    row_key_bytes(&table->keys, slot->group) == bytes &&
		    memcmp(row_key_at(&table->keys, slot->group), key, bytes) == 0)
			return slot;
	}
}

static int key_add(struct group_keys *table, uint64_t hash, const struct row_keys *keys, uint32_t i)
{
	int rc = row_bytes_reserve(table->budget, &table->hashes, sizeof(hash));

	if (rc == 0)
		rc = row_keys_copy(&table->keys, keys, i, table->budget);
	return rc < 0 ? rc : table_bytes_add(&table->hashes, &hash, sizeof(hash));
}

int group_keys_find(struct group_keys *table, const struct row_keys *keys, uint32_t count,
		    bool insert, uint32_t *group_count, uint32_t *groups, uint32_t *made,
		    uint32_t *made_count)
{
	uint64_t hashes[MR_OPERATOR_ROWS_MAX];
	int rc = insert ? slots_grow(table, *group_count, count) : 0;

	for (uint32_t i = 0; i < count && rc == 0; i++)
		hashes[i] = mr_hash64(row_key_at(keys, i), row_key_bytes(keys, i));
	for (uint32_t i = 0; i < count && rc == 0; i++) {
		const uint8_t *key = row_key_at(keys, i);
		uint64_t bytes = row_key_bytes(keys, i);
		struct key_slot *slot;

		if (i + AHEAD < count)
			__builtin_prefetch(
			    &slots_of(table)[hashes[i + AHEAD] >> (64 - table->bits)]);
		slot = slot_find(table, hashes[i], key, bytes);
		groups[i] = slot->group;
		if (slot->group != GROUP_NONE || !insert)
			continue;
		*slot = (struct key_slot){(uint32_t)hashes[i], *group_count};
		made[(*made_count)++] = i;
		groups[i] = (*group_count)++;
		rc = key_add(table, hashes[i], keys, i);
	}
	return rc;
}
