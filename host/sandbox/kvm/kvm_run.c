/*
 * One run: registers in, KVM_RUN, and what its exit means.
 *
 * All registers travel in the page that KVM shares, so that a run is one system call; they are set
 * whole each time, whatever the run before did to them. The watchdog needs no help from KVM: its
 * signal ends KVM_RUN, and its handler, which runs before anything else on this thread, abandons
 * the stack that the call was made on (guest.h). One that comes before the call does the same.
 */
#include "kvm_run.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "kvm_layout.h"

#define RFLAGS_ALWAYS 2u /* the bit that is always set; no interrupts, I/O privilege 0 */

/* May be abandoned at any instruction: touches nothing but the vCPU, not even errno. */
static int32_t vcpu_enter(void *context, uint32_t unused)
{
	const struct kvm_vm *vm = context;
	long rc;

	do
		__asm__ volatile("syscall"
				 : "=a"(rc)
				 : "0"(SYS_ioctl), "D"((long)vm->vcpu_fd), "S"((long)KVM_RUN),
				   "d"(0L)
				 : "rcx", "r11", "memory");
	while (rc == -EINTR || rc == -EAGAIN); /* signals that were not ours */
	(void)unused;
	return (int32_t)rc;
}

static void registers_set(struct kvm_vm *vm, const struct kvm_view *view,
			  const struct kvm_code *code, uint32_t header_off)
{
	struct kvm_sync_regs *sync = &vm->run->s.regs;

	sync->regs = (struct kvm_regs){
	    .rip = KVM_SYSTEM_ADDRESS + KVM_PAGE_ENTRY * KVM_PAGE_BYTES,
	    .rsp = IMAGE_STACK_TOP - IMAGE_THREAD_BYTES,
	    .rbx = code->image.entry,
	    .rdi = kvm_view_region_address(view->physical, view->bytes),
	    .rsi = header_off,
	    .rflags = RFLAGS_ALWAYS,
	};
	sync->sregs = vm->sregs;
	sync->sregs.cr3 = view->root;
	sync->sregs.fs.base = IMAGE_STACK_TOP - IMAGE_THREAD_BYTES;
	memset(&sync->events, 0, sizeof(sync->events));
	vm->run->kvm_valid_regs = 0;
	vm->run->kvm_dirty_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS;
}

/* Finishes what an exit left half done inside KVM (the input of a port, say), without entering. */
static void vcpu_settle(struct kvm_vm *vm)
{
	vm->run->immediate_exit = 1;
	ioctl(vm->vcpu_fd, KVM_RUN, 0);
	vm->run->immediate_exit = 0;
}

static void exception_read(struct kvm_vm *vm, struct kvm_report *report)
{
	struct kvm_regs regs;
	struct kvm_sregs sregs;

	report->end = KVM_END_MACHINE;
	if (ioctl(vm->vcpu_fd, KVM_GET_REGS, &regs) != 0 ||
	    ioctl(vm->vcpu_fd, KVM_GET_SREGS, &sregs) != 0)
		return;
	report->exception = kvm_system_exception(regs.rip);
	if (report->exception < 0)
		return;
	report->end = KVM_END_EXCEPTION;
	report->address = sregs.cr2;
	report->rcx = regs.rcx;
	report->eax = (uint32_t)regs.rax;
	kvm_system_frame(vm->platform, report->exception, &report->frame);
}

static void exit_read(struct kvm_vm *vm, struct kvm_report *report)
{
	const struct kvm_run *run = vm->run;

	report->end = KVM_END_MACHINE;
	report->exit_reason = (int)run->exit_reason;
	if (run->exit_reason != KVM_EXIT_IO)
		return;
	if (run->io.port == KVM_PORT_FAULT) {
		exception_read(vm, report);
		return;
	}
	report->end = KVM_END_PORT;
	if (run->io.direction != KVM_EXIT_IO_OUT || run->io.port != KVM_PORT_END ||
	    run->io.size != sizeof(report->status) || run->io.count != 1)
		return;
	report->end = KVM_END_RETURNED;
	memcpy(&report->status, (const uint8_t *)run + run->io.data_offset, sizeof(report->status));
}

void kvm_run_view(struct kvm_vm *vm, const struct kvm_view *view, const struct kvm_code *code,
		  uint32_t header_off, uint32_t time_limit_ms, struct kvm_report *report)
{
	struct guest_report guest;

	memset(report, 0, sizeof(*report));
	registers_set(vm, view, code, header_off);
	guest_run(vcpu_enter, vm, 0, time_limit_ms, &guest);
	report->run_ns = guest.run_ns;
	if (guest.outcome == SANDBOX_TIME_LIMIT) {
		report->end = KVM_END_TIME;
	} else if (guest.outcome != SANDBOX_OK || guest.status < 0) {
		report->end = KVM_END_MACHINE;
		report->exit_reason = guest.outcome != SANDBOX_OK ? -EFAULT : guest.status;
	} else {
		exit_read(vm, report);
	}
	if (report->end != KVM_END_RETURNED)
		vcpu_settle(vm);
}
