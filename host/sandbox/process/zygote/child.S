/*
 * The child: from clone to the function, and from the function to its end. A child runs nothing
 * else of ours, on no stack of ours, and the page it runs in (the gate) is all that stays mapped.
 *
 * The filter (filter.c) lets a child make exactly the system calls below, from this page, with
 * exactly these arguments; made again by a function they change nothing.
 */
#include <asm/unistd_64.h>

#include "process_protocol.h"

#define SIGCHLD 17
#define SIGKILL 9
#define PR_SET_PDEATHSIG 1
#define MADV_POPULATE_WRITE 23

	.text
	.globl zygote_start
	.type zygote_start, @function
zygote_start: /* the kernel gives a stack; ours is in our data */
	lea zygote_stack + ZYGOTE_STACK_BYTES(%rip), %rsp
	xor %ebp, %ebp
	call zygote_main
	ud2

	.globl child_clone
	.type child_clone, @function
child_clone: /* long (entry, header_off, region_bytes, own_pid): the child's pid or -errno */
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rdi, %r12
	mov %rsi, %r13
	mov %rdx, %r14
	mov %rcx, %r15
	mov $SIGCHLD, %edi
	xor %esi, %esi
	xor %edx, %edx
	xor %r10d, %r10d
	xor %r8d, %r8d
	mov $__NR_clone, %eax
	syscall
	test %rax, %rax
	jz child_begin
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	ret

	.section .gate, "ax", @progbits
child_begin:
	mov $ZYGOTE_CODE, %edi
	mov $ZYGOTE_CODE_BYTES, %esi
	mov $__NR_munmap, %eax
	syscall
	test %rax, %rax
	jnz child_unfit
	xor %edi, %edi
	mov $0xffffffff, %esi
	xor %edx, %edx
	mov $__NR_close_range, %eax
	syscall
	test %rax, %rax
	jnz child_unfit
	mov $PR_SET_PDEATHSIG, %edi
	mov $SIGKILL, %esi
	mov $__NR_prctl, %eax
	syscall
	test %rax, %rax
	jnz child_unfit
	/* It comes too late for a zygote that died before. */
	mov $__NR_getppid, %eax
	syscall
	cmp %r15, %rax
	jne child_unfit
	/* All of the region at once: its faults one by one cost several times as much. A kernel
	 * without it (before 5.14) takes them. */
	mov $PROCESS_REGION_BASE, %rdi
	mov %r14, %rsi
	mov $MADV_POPULATE_WRITE, %edx
	mov $__NR_madvise, %eax
	syscall

	mov $(PROCESS_STACK_TOP - PROCESS_THREAD_BYTES), %esp
	mov %rsp, (%rsp) /* where FS points: its own address */
	mov $PROCESS_REGION_BASE, %rdi
	mov %r13d, %esi
	xor %eax, %eax
	xor %ebx, %ebx
	xor %ecx, %ecx
	xor %edx, %edx
	xor %ebp, %ebp
	xor %r8d, %r8d
	xor %r9d, %r9d
	xor %r10d, %r10d
	xor %r11d, %r11d
	xor %r13d, %r13d
	xor %r14d, %r14d
	xor %r15d, %r15d
	call *%r12

	cld
	xor %edi, %edi /* CHILD_RETURNED */
	test %eax, %eax
	jz child_exit
	mov $PROCESS_REGION_BASE, %rdx
	mov %eax, NOTE_STATUS(%rdx)
	mov $CHILD_STATUS, %edi
child_exit:
	mov $__NR_exit_group, %eax
	syscall
	ud2
child_unfit:
	mov $CHILD_UNFIT, %edi
	jmp child_exit

	.globl child_fault
	.type child_fault, @function
child_fault: /* of a signal: (signo, siginfo, ucontext), on a stack of its own */
	mov $PROCESS_REGION_BASE, %rax
	mov %edi, NOTE_SIGNAL(%rax)
	mov 8(%rsi), %ecx /* si_code */
	mov %ecx, NOTE_CODE(%rax)
	mov 24(%rsi), %ecx /* si_syscall */
	mov %ecx, NOTE_CALL(%rax)
	mov 16(%rsi), %rcx /* si_addr */
	mov %rcx, NOTE_ADDRESS(%rax)
	mov 168(%rdx), %rcx /* uc_mcontext.gregs[REG_RIP] */
	mov %rcx, NOTE_AT(%rax)
	mov $CHILD_FAULTED, %edi
	jmp child_exit

	.section .note.GNU-stack, "", @progbits
