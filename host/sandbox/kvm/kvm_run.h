/* One run on a thread's virtual machine, until an exit ends it. */
#ifndef KVM_RUN_H
#define KVM_RUN_H

#include "guest.h"
#include "kvm_system.h"
#include "kvm_view.h"

enum kvm_end {
	KVM_END_RETURNED,  /* the function returned: a status */
	KVM_END_EXCEPTION, /* a fault of its own */
	KVM_END_TIME,      /* stopped from outside */
	KVM_END_PORT,      /* it used the end's port in a way of its own */
	KVM_END_MACHINE,   /* an exit that no function should be able to cause */
};

struct kvm_report {
	enum kvm_end end;
	int32_t status; // KVM_END_RETURNED
	int exception;  // KVM_END_EXCEPTION: vector, frame, and the address of a page fault
	struct kvm_frame frame;
	uint64_t address;
	uint64_t rcx; // and the registers that tell of a system call
	uint32_t eax;
	int exit_reason; // KVM_END_MACHINE: KVM_EXIT_*, or the negative errno of KVM_RUN
	uint64_t run_ns;
};

/* Runs the code in that view until it ends. The machine is ready for another run afterwards, unless
 * the end is KVM_END_MACHINE. */
void kvm_run_view(struct kvm_vm *vm, const struct kvm_view *view, const struct kvm_code *code,
		  uint32_t header_off, uint32_t time_limit_ms, struct kvm_report *report);

#endif
