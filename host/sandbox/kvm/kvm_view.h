/* What one code sees of one region: looked up, or built of fresh tables; and the code's memory. */
#ifndef KVM_VIEW_H
#define KVM_VIEW_H

#include "kvm_vm.h"

/* A root for that code and [physical, physical + bytes), whole pages, as its region. The view is
 * good until kvm_vm_forget(). 0, or -ENOSPC when books or tables are full: kvm_vm_forget() makes
 * room. */
int kvm_view_find(struct kvm_vm *vm, const struct kvm_code *code, uint64_t physical, uint64_t bytes,
		  const struct kvm_view **view);
/* Restores what runs of the code may have written: data as loaded, the rest zeros. */
void kvm_view_reset(struct kvm_vm *vm, const struct kvm_view *view, const struct kvm_code *code);
/* The address that such a region has in a view. */
uint64_t kvm_view_region_address(uint64_t physical, uint64_t bytes);

#endif
