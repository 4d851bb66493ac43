/*
 * Page tables for a guest, written by the host into pages of guest memory.
 *
 * A KVM without nested paging shadows a guest's tables and does not hear of it when the host
 * changes them: an entry that was present is therefore never changed. Tables are only added, until
 * the pages are used up; then all go at once (kvm_vm.c removes their slot, which makes KVM forget
 * what it shadowed).
 *
 * Source: Intel SDM volume 3, 4.5 (4-level paging).
 */
#ifndef KVM_TABLES_H
#define KVM_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#define KVM_PTE_PRESENT (1ull << 0)
#define KVM_PTE_WRITE (1ull << 1)
#define KVM_PTE_USER (1ull << 2)
#define KVM_PTE_DIRTY (1ull << 6)
#define KVM_PTE_LARGE (1ull << 7)
#define KVM_PTE_NX (1ull << 63)

struct kvm_tables {
	uint8_t *base;     // of zero-filled pages
	uint64_t physical; // where the guest has them
	uint32_t pages;
	uint32_t used;
};

/* Physical address of a fresh table. False when the pages are used up. */
bool kvm_tables_add(struct kvm_tables *tables, uint64_t *table);
/* Makes entry number slot of a root lead to a table of the level below it. */
void kvm_tables_link(struct kvm_tables *tables, uint64_t root, uint32_t slot, uint64_t below);
/* Gives a fresh table the entries of another. */
void kvm_tables_share(struct kvm_tables *tables, uint64_t table, uint64_t from);
/* Maps [physical, physical + bytes) at address, below a table that covers 512 GiB: in pages, or in
 * large pages where both are aligned to them and large says so. flags: KVM_PTE_*. False when the
 * pages are used up; what is mapped then stays so. */
bool kvm_tables_map(struct kvm_tables *tables, uint64_t below, uint64_t address, uint64_t physical,
		    uint64_t bytes, uint64_t flags, bool large);
/* The entries that map address and what follows it in its large page; NULL when none do. */
const uint64_t *kvm_tables_entries(const struct kvm_tables *tables, uint64_t below,
				   uint64_t address);

#endif
