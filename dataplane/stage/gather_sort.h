/* Orders gathered items by key: hash, key bytes, then as they were (producer and index). */
#ifndef GATHER_SORT_H
#define GATHER_SORT_H

#include <millrace/region.h>
#include <stdint.h>

struct gather_sort_entry {
	uint64_t key_hash;
	uint32_t index;
};

/* scratch holds 2 * count entries. Keys are at base. */
void gather_sort(const uint8_t *base, struct mr_item *items, uint32_t count,
		 struct gather_sort_entry *scratch);

#endif
