/* A stable merge sort of small entries, then one move of every item. */
#include "gather_sort.h"

#include <stdbool.h>
#include <string.h>

#define RUN_ENTRIES 16 /* sorted by insertion: below this a merge costs more */

struct keys {
	const uint8_t *base;
	const struct mr_item *items;
};

static bool key_is_less(const struct keys *keys, uint32_t left, uint32_t right)
{
	const struct mr_item *a = &keys->items[left];
	const struct mr_item *b = &keys->items[right];
	uint32_t len = a->key_len < b->key_len ? a->key_len : b->key_len;
	int order = memcmp(keys->base + a->key_off, keys->base + b->key_off, len);

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

/* Moves each item to its place, along the cycles of the permutation. */
static void items_permute(struct mr_item *items, struct gather_sort_entry *order, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct mr_item first = items[i];
		uint32_t at = i;

		while (order[at].index != i) {
			uint32_t from = order[at].index;

			items[at] = items[from];
			order[at].index = at;
			at = from;
		}
		items[at] = first;
		order[at].index = at;
	}
}

void gather_sort(const uint8_t *base, struct mr_item *items, uint32_t count,
		 struct gather_sort_entry *scratch)
{
	const struct keys keys = {base, items};
	struct gather_sort_entry *from = scratch;
	struct gather_sort_entry *to = scratch + count;

	for (uint32_t i = 0; i < count; i++)
		from[i] = (struct gather_sort_entry){items[i].key_hash, i};
	for (uint32_t i = 0; i < count; i += RUN_ENTRIES)
		run_sort(&keys, from + i, count - i < RUN_ENTRIES ? count - i : RUN_ENTRIES);
	for (uint64_t width = RUN_ENTRIES; width < count; width *= 2) {
		struct gather_sort_entry *merged = to;

		for (uint64_t i = 0; i < count; i += 2 * width) {
			uint64_t left = count - i;

			run_merge(&keys, from + i, (uint32_t)(left < width ? left : width),
				  (uint32_t)(left < 2 * width ? left : 2 * width), to + i);
		}
		to = from;
		from = merged;
	}
	items_permute(items, from, count);
}
