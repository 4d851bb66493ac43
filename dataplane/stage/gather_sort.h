/* Orders gathered items by key: hash, key bytes, then as they were (producer and index). */
#ifndef GATHER_SORT_H
#define GATHER_SORT_H

#include <assert.h>
#include <stdint.h>

#include <millrace/region.h>

struct gather_sort_entry {
	uint64_t key_hash;
	uint32_t index;
};

/* Entries of scratch for each item: one to sort, and one with another beside it that together hold
 * the item while it moves. */
#define GATHER_SORT_SCRATCH 3
static_assert(2 * sizeof(struct gather_sort_entry) == sizeof(struct mr_item), "two hold an item");

/* scratch holds GATHER_SORT_SCRATCH * count entries. Keys are at base. */
void gather_sort(const uint8_t *base, struct mr_item *items, uint32_t count,
		 struct gather_sort_entry *scratch);

#endif
