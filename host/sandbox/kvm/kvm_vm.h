/*
 * A thread's virtual machine: one vCPU and permanent slots of memory.
 *
 * Slots: the platform's pages with the page tables; private memory of the codes that run here; the
 * store of read-only code; and each pool of regions, whole, that a region came from. None is
 * changed per run. Used by the thread that made it, only.
 *
 * Source: Linux, Documentation/virt/kvm/api.rst.
 */
#ifndef KVM_VM_H
#define KVM_VM_H

#include <linux/kvm.h>
#include <stdint.h>

#include "kvm_code.h"
#include "kvm_device.h"
#include "kvm_tables.h"
#include "sandbox_limits.h"

/* A range of this process's memory as the guest has it. */
struct kvm_pool {
	const uint8_t *base;
	uint64_t bytes;
	uint64_t physical;
};

/* What a code has in this machine: tables that lead to it, and memory of its own. */
struct kvm_space {
	uint64_t serial; // of the code
	uint64_t below;  // table for slot 0 of a root
	uint64_t off;    // of its memory in private_base
};

/* What a code sees of one region: its root table. */
struct kvm_view {
	uint64_t root; // 0: this place is free
	uint64_t physical;
	uint64_t bytes;
	uint32_t space;
};

struct kvm_vm {
	const struct kvm_device *device;
	int vm_fd, vcpu_fd;
	struct kvm_run *run;
	struct kvm_sregs sregs; // of every run, but for the root
	uint8_t *platform;      // the system's pages, then tables
	struct kvm_tables tables;
	uint64_t system_below; // table for the platform's slot of a root
	uint8_t *private_base;
	uint64_t private_used;
	struct kvm_pool pools[KVM_POOLS_MAX];
	uint32_t pool_count;
	uint64_t physical_next; // for the next pool
	struct kvm_space spaces[KVM_SPACES_MAX];
	uint32_t space_count;
	struct kvm_view views[2 * KVM_VIEWS_MAX]; // by hash, then the next free place
	uint32_t view_count;
	uint8_t *copy; // for a region that is in no pool
	uint64_t copy_bytes;
};

/* 0, or -errno with error. */
int kvm_vm_create(struct kvm_vm **vm, char *error, size_t error_bytes);
/* Nulls *vm, which may be NULL. */
void kvm_vm_destroy(struct kvm_vm **vm);
/* Where the guest has that whole range of memory, which gets a slot if it has none. 0; -ENOSPC when
 * there is no slot or address left: kvm_vm_forget_pools() makes room; -errno. */
int kvm_vm_pool(struct kvm_vm *vm, const uint8_t *base, uint64_t bytes, uint64_t *physical);
/* Drops all spaces, views and tables, and what KVM remembers of them. 0 or -errno: then the machine
 * is of no more use. */
int kvm_vm_forget(struct kvm_vm *vm);
/* The same, and the pools. */
int kvm_vm_forget_pools(struct kvm_vm *vm);
/* Memory of that many bytes, mapped as a pool, contents undefined, valid until the next call. NULL
 * when there is none. */
uint8_t *kvm_vm_copy_room(struct kvm_vm *vm, uint64_t bytes);

/* Guest-physical addresses of the permanent slots. */
uint64_t kvm_vm_private_physical(void);
uint64_t kvm_vm_store_physical(void);

#endif
