/* Page tables for a guest, only ever added to. */
#include "kvm_tables.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "kvm_layout.h"

#define ENTRIES 512
#define ADDRESS_MASK 0x000ffffffffff000ull
#define LEVEL_TABLE 1     /* of pages */
#define LEVEL_DIRECTORY 2 /* of large pages or tables */
#define LEVEL_POINTERS 3  /* of directories: covers 512 GiB */

static uint64_t *table_at(const struct kvm_tables *tables, uint64_t physical)
{
	return (uint64_t *)(void *)(tables->base + (physical - tables->physical));
}

static uint32_t entry_index(uint64_t address, int level)
{
	return (address >> (12 + 9 * (level - 1))) % ENTRIES;
}

bool kvm_tables_add(struct kvm_tables *tables, uint64_t *table)
{
	if (tables->used == tables->pages)
		return false;
	*table = tables->physical + (uint64_t)tables->used++ * KVM_PAGE_BYTES;
	return true;
}

void kvm_tables_link(struct kvm_tables *tables, uint64_t root, uint32_t slot, uint64_t below)
{
	uint64_t *entry = table_at(tables, root) + slot;

	assert(*entry == 0);
	*entry = below | KVM_PTE_PRESENT | KVM_PTE_WRITE | KVM_PTE_USER;
}

void kvm_tables_share(struct kvm_tables *tables, uint64_t table, uint64_t from)
{
	memcpy(table_at(tables, table), table_at(tables, from), KVM_PAGE_BYTES);
}

/* Where address has its entry of that level, adding tables on the way. NULL without pages. */
static uint64_t *entry_reach(struct kvm_tables *tables, uint64_t below, uint64_t address, int level)
{
	uint64_t *table = table_at(tables, below);

	for (int at = LEVEL_POINTERS; at > level; at--) {
		uint64_t *entry = &table[entry_index(address, at)];
		uint64_t next;

		if (*entry == 0) {
			if (!kvm_tables_add(tables, &next))
				return NULL;
			*entry = next | KVM_PTE_PRESENT | KVM_PTE_WRITE | KVM_PTE_USER;
		}
		assert((*entry & KVM_PTE_LARGE) == 0);
		table = table_at(tables, *entry & ADDRESS_MASK);
	}
	return &table[entry_index(address, level)];
}

bool kvm_tables_map(struct kvm_tables *tables, uint64_t below, uint64_t address, uint64_t physical,
		    uint64_t bytes, uint64_t flags, bool large)
{
	assert((address | physical | bytes) % KVM_PAGE_BYTES == 0);
	while (bytes > 0) {
		const bool fits = large && bytes >= KVM_LARGE_BYTES &&
				  (address | physical) % KVM_LARGE_BYTES == 0;
		const uint64_t step = fits ? KVM_LARGE_BYTES : KVM_PAGE_BYTES;
		uint64_t *entry =
		    entry_reach(tables, below, address, fits ? LEVEL_DIRECTORY : LEVEL_TABLE);

		if (entry == NULL)
			return false;
		assert(*entry == 0);
		*entry = physical | flags | KVM_PTE_PRESENT | (fits ? KVM_PTE_LARGE : 0);
		address += step;
		physical += step;
		bytes -= step;
	}
	return true;
}

const uint64_t *kvm_tables_entries(const struct kvm_tables *tables, uint64_t below,
				   uint64_t address)
{
	const uint64_t *table = table_at(tables, below);

	for (int at = LEVEL_POINTERS; at > LEVEL_TABLE; at--) {
		const uint64_t entry = table[entry_index(address, at)];

		if (entry == 0 || (entry & KVM_PTE_LARGE) != 0)
			return NULL;
		table = table_at(tables, entry & ADDRESS_MASK);
	}
	return &table[entry_index(address, LEVEL_TABLE)];
}
