/*
 * Where everything lies in a guest: selectors, ports, virtual and physical addresses.
 *
 * Virtual: a 512 GiB slot of the root table has one purpose, so that a root is two entries.
 * Physical: from 4 GiB up, where no legacy device of a PC can be meant.
 */
#ifndef KVM_LAYOUT_H
#define KVM_LAYOUT_H

#include <stdint.h>

#define KVM_PAGE_BYTES 4096u
#define KVM_LARGE_BYTES (2u << 20)
#define KVM_ROOT_SLOT_BYTES (1ull << 39)

/* Slot 0: image, stack and region, where image.h says. A region that large pages pay for lies a
 * little higher, at the same offset in a large page as in guest memory. */
#define KVM_REGION_LARGE_BYTES (2 * KVM_LARGE_BYTES)
/* Slot 1: the platform's pages, in this order; the function may execute the fourth and read the
 * fifth, the others are the supervisor's. */
#define KVM_SYSTEM_ADDRESS KVM_ROOT_SLOT_BYTES
enum kvm_system_page {
	KVM_PAGE_DESCRIPTORS, /* GDT, TSS and IDT: read-only */
	KVM_PAGE_STUBS,       /* one for each exception: executable */
	KVM_PAGE_STACKS,      /* where the processor puts an exception's frame */
	KVM_PAGE_ENTRY,       /* calls the function */
	KVM_PAGE_CLEAN,       /* the state of floating point that a function starts with */
	KVM_SYSTEM_PAGES,
};
/* The last is mapped so many times in a row: XRSTOR reads its first bytes only, but wants room for
 * all components that the processor has (11,008 bytes with AMX). */
#define KVM_CLEAN_PAGES 4
/* Slot 2 stays empty. Where PVM sends a system call, whatever EFER.SCE says: nothing is there. */
#define KVM_SYSCALL_ADDRESS (2 * KVM_ROOT_SLOT_BYTES)

#define KVM_PHYSICAL_BASE (4ull << 30)

/* Linux's own selectors: under PVM ring 3 loads them from the host's table. */
#define KVM_SELECTOR_KERNEL_CODE 0x10
#define KVM_SELECTOR_USER_DATA 0x2b
#define KVM_SELECTOR_USER_CODE 0x33
#define KVM_SELECTOR_TASK 0x40

#define KVM_PORT_END 0x10   /* the one port of ring 3: 32 bits, the function's status */
#define KVM_PORT_FAULT 0x20 /* of the stubs, in ring 0 */

#define KVM_EXCEPTIONS 32
#define KVM_STUB_BYTES 8 /* of each stub: the instruction pointer tells the exception */

#endif
