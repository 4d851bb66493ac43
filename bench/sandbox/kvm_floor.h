/*
 * The least that a run in a virtual machine costs here: KVM_RUN with one exit.
 *
 * A machine of 256 KiB whose guest, in ring 3, writes to a port without end. Nothing of the kvm
 * backend is in it, so that its figure stands beside the backend's.
 */
#ifndef KVM_FLOOR_H
#define KVM_FLOOR_H

#include <stddef.h>

struct kvm_floor;

/* 0, or -errno with the reason why there is none here. */
int kvm_floor_create(struct kvm_floor **floor, char *reason, size_t reason_bytes);
/* One KVM_RUN, from the guest's entry to its exit. 0 or -errno. */
int kvm_floor_run(struct kvm_floor *floor);
/* Nulls *floor, which may be NULL. */
void kvm_floor_destroy(struct kvm_floor **floor);

#endif
