/* What the attacking function (attack.c) is told to do, as the bytes of its input item. */
#ifndef ATTACK_H
#define ATTACK_H

#include <stdint.h>

enum attack_kind {
	ATTACK_NOTHING, /* returns 0: the next run is sound */
	ATTACK_SYSCALL, /* number, then its arguments */
	ATTACK_INT80,
	ATTACK_SYSENTER,
	ATTACK_CALL, /* the address; rax, rdi, rsi, rdx, r10 before it */
	ATTACK_READ, /* the address */
	ATTACK_WRITE,
	ATTACK_FRAME,       /* writes so many bytes below its stack pointer */
	ATTACK_INSTRUCTION, /* of attack_instruction */
	ATTACK_OWN_DATA,    /* executes bytes of its heap; of its stack; of its variables */
	ATTACK_NEAR,        /* so far from its memory's start, writes those 32 bits */
	ATTACK_BETRAY,      /* the same; then goes on, writing at that other distance for ever */
};

enum attack_instruction {
	INSTRUCTION_HLT,
	INSTRUCTION_CLI,
	INSTRUCTION_IN,
	INSTRUCTION_OUT,
	INSTRUCTION_RDMSR,
	INSTRUCTION_WRMSR,
	INSTRUCTION_READ_CR3,
	INSTRUCTION_WRITE_CR3,
	INSTRUCTION_LGDT,
	INSTRUCTION_LIDT,
	INSTRUCTION_LTR,
	INSTRUCTION_INVLPG,
	INSTRUCTION_WBINVD,
	INSTRUCTION_SWAPGS,
	INSTRUCTION_SYSRET,
	INSTRUCTION_IRET, /* to ring 0 */
	INSTRUCTION_INT3,
	INSTRUCTION_ICEBP,
	INSTRUCTION_UD2,
	INSTRUCTION_SINGLE_STEP, /* sets the trap flag */
	INSTRUCTION_ALIGNMENT,   /* sets the alignment check flag, and misaligns */
	INSTRUCTION_STACK_SEGMENT,
	INSTRUCTION_FAR_JUMP, /* to 32-bit code */
	INSTRUCTION_NO_STACK, /* its stack pointer is 0 when it faults */
	INSTRUCTION_VMCALL,
	INSTRUCTION_MONITOR,
	INSTRUCTION_COUNT,
};

struct attack {
	uint32_t kind;
	uint32_t pad;
	uint64_t a[7];
};

#endif
