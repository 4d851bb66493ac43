/*
 * Buckets by hash, each sorted by a stable merge sort; then one move of every item. Hashes of keys
 * are spread evenly, so that most buckets hold a few entries; keys chosen to fill one cost a merge.
 */
#include "gather_sort.h"

#include <stdbool.h>
#include <string.h>

#define BUCKETS 4096   /* what still fits a first-level cache while entries are dealt */
#define RUN_ENTRIES 16 /* sorted by insertion: below this a merge costs more */
#define AHEAD 16       /* items asked for ahead of their move */

struct keys {
	const uint8_t *base;
	const struct mr_item *items;
};

static bool key_is_less(const struct keys *keys, uint32_t left, uint32_t right)
{
	const struct mr_item *a = &keys->items[left];
	const struct mr_item *b = &keys->items[right];
	uint32_t len = a->key_len < b->key_len ? a->key_len : b->key_len;
	int order;

	if (len == 0) /* key groups: none has a key */
		return a->key_len < b->key_len;
	order = memcmp(keys->base + a->key_off, keys->base + b->key_off, len);

	return order != 0 ? order < 0 : a->key_len < b->key_len;
}

static inline bool is_less(const struct keys *keys, const struct gather_sort_entry *a,
			   const struct gather_sort_entry *b)
{
	if (a->key_hash != b->key_hash)
		return a->key_hash < b->key_hash;
	return key_is_less(keys, a->index, b->index);
}

static void run_sort(const struct keys *keys, struct gather_sort_entry *run, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		struct gather_sort_entry entry = run[i];
		uint32_t at = i;

		for (; at > 0 && is_less(keys, &entry, &run[at - 1]); at--)
			run[at] = run[at - 1];
		run[at] = entry;
	}
}

/* from[0, middle) and from[middle, count), both in order, into to. */
static void run_merge(const struct keys *keys, const struct gather_sort_entry *from,
		      uint32_t middle, uint32_t count, struct gather_sort_entry *to)
{
	uint32_t left = 0;
	uint32_t right = middle;

	if (middle >= count || !is_less(keys, &from[middle], &from[middle - 1])) {
		memcpy(to, from, count * sizeof(*to)); /* in order already */
		return;
	}
	while (left < middle && right < count) {
		bool take_right = is_less(keys, &from[right], &from[left]);

		*to++ = from[take_right ? right : left];
		right += take_right;
		left += !take_right;
	}
	memcpy(to, from + left, (middle - left) * sizeof(*to));
	memcpy(to + (middle - left), from + right, (count - right) * sizeof(*to));
}

static void merge_sort(const struct keys *keys, struct gather_sort_entry *entries,
		       struct gather_sort_entry *spare, uint32_t count)
{
	struct gather_sort_entry *from = entries;
	struct gather_sort_entry *to = spare;

	for (uint32_t i = 0; i < count; i += RUN_ENTRIES)
		run_sort(keys, from + i, count - i < RUN_ENTRIES ? count - i : RUN_ENTRIES);
	for (uint64_t width = RUN_ENTRIES; width < count; width *= 2) {
		struct gather_sort_entry *merged = to;

		for (uint64_t i = 0; i < count; i += 2 * width) {
			uint64_t left = count - i;

			run_merge(keys, from + i, (uint32_t)(left < width ? left : width),
				  (uint32_t)(left < 2 * width ? left : 2 * width), to + i);
		}
		to = from;
		from = merged;
	}
	if (from != entries)
		memcpy(entries, from, count * sizeof(*entries));
}

/* Deals entries into buckets by (hash - lowest) >> shift, in order: end[] becomes each one's end.
 */
static void bucket_deal(const struct gather_sort_entry *from, uint32_t count, uint64_t lowest,
			uint32_t shift, uint32_t *end, struct gather_sort_entry *to)
{
	uint32_t place = 0;

	memset(end, 0, BUCKETS * sizeof(*end));
	for (uint32_t i = 0; i < count; i++)
		end[(from[i].key_hash - lowest) >> shift]++;
	for (uint32_t b = 0; b < BUCKETS; b++) {
		uint32_t entries = end[b];

		end[b] = place;
		place += entries;
	}
	for (uint32_t i = 0; i < count; i++)
		to[end[(from[i].key_hash - lowest) >> shift]++] = from[i];
}

/* Puts the items in that order, by way of spare. */
static void items_permute(struct mr_item *items, const struct gather_sort_entry *order,
			  uint32_t count, struct mr_item *spare)
{
	for (uint32_t i = 0; i < count; i++) {
		if (i + AHEAD < count)
			__builtin_prefetch(&items[order[i + AHEAD].index]);
		spare[i] = items[order[i].index];
	}
	memcpy(items, spare, count * sizeof(*items));
}

void gather_sort(const uint8_t *base, struct mr_item *items, uint32_t count,
		 struct gather_sort_entry *scratch)
{
	const struct keys keys = {base, items};
	struct gather_sort_entry *sorted = scratch;
	struct gather_sort_entry *entries = scratch + count;
	uint64_t lowest = UINT64_MAX;
	uint64_t highest = 0;
	uint32_t end[BUCKETS];
	uint32_t shift = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t hash = items[i].key_hash;

		entries[i] = (struct gather_sort_entry){hash, i};
		lowest = hash < lowest ? hash : lowest;
		highest = hash > highest ? hash : highest;
	}
	if (count == 0)
		return;
	while ((highest - lowest) >> shift >= BUCKETS)
		shift++;
	bucket_deal(entries, count, lowest, shift, end, sorted);
	for (uint32_t b = 0, first = 0; b < BUCKETS; first = end[b++])
		merge_sort(&keys, sorted + first, entries + first, end[b] - first);
	items_permute(items, sorted, count, (struct mr_item *)(void *)entries);
}
