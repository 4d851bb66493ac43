/* /dev/kvm, once per process: what it can do, what guests see of the processor, where code lies. */
#ifndef KVM_DEVICE_H
#define KVM_DEVICE_H

#include <linux/kvm.h>
#include <stdint.h>

#include "region.h"

struct kvm_device {
	int fd;
	uint32_t run_bytes;        // of a vCPU's shared page
	uint64_t physical_end;     // guest-physical addresses are below it
	uint64_t extended;         // XCR0: components of floating-point state that guests may use
	int umip;                  // can hide descriptor tables from ring 3
	struct kvm_cpuid2 *cpuid;  // what guests see
	struct region_pool *store; // of the read-only parts of all codes
};

/* The process's device, opened by the first call that succeeds, good until the process ends. 0, or
 * -errno with what is missing and what to do in error. Any thread. */
int kvm_device_open(const struct kvm_device **device, char *error, size_t error_bytes);

#endif
