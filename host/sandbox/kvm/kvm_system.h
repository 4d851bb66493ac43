/*
 * The platform's pages in a guest: descriptors, exception stubs, the code that calls a function.
 *
 * Source: Intel SDM volume 3, 3.4 (descriptors), 6.14 (64-bit interrupts), 8.7 (64-bit TSS);
 * volume 1, 13.8 (XRSTOR), 19.5.2 (I/O permission bit map).
 */
#ifndef KVM_SYSTEM_H
#define KVM_SYSTEM_H

#include <linux/kvm.h>
#include <stdint.h>

/* What the processor left of the function when an exception ended it. */
struct kvm_frame {
	uint64_t error_code; /* 0 for exceptions that have none */
	uint64_t ip;
	uint64_t code_selector;
	uint64_t flags;
	uint64_t sp;
};

/* Writes the KVM_SYSTEM_PAGES pages at base, zero-filled so far. */
void kvm_system_write(uint8_t *base);
/* The system registers that every run starts with: ring 3, 64 bits, no system call, no
 * interrupt table but the platform's. root is the physical address of the page tables; umip: the
 * processor can hide its descriptor tables. */
void kvm_system_registers(struct kvm_sregs *sregs, uint64_t root, int umip);
/* The exception whose stub lies at ip; -1 for none. */
int kvm_system_exception(uint64_t ip);
/* The frame that exception left in the platform's pages at base. */
void kvm_system_frame(const uint8_t *base, int exception, struct kvm_frame *frame);

#endif
