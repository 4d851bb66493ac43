/* What kvm_attack.c can be told to do, by the one item of its set "order": shared with the tests.
 */
#ifndef KVM_ATTACK_H
#define KVM_ATTACK_H

#include <stdint.h>

enum attack {
	ATTACK_NONE,        /* returns */
	ATTACK_SYSCALL,     /* number */
	ATTACK_SYSENTER,    /* number */
	ATTACK_INT80,       /* number */
	ATTACK_OUT,         /* port, width 1, 2 or 4 bytes in extra */
	ATTACK_IN,          /* the same */
	ATTACK_OUTS,        /* port: rep outsb of 64 bytes */
	ATTACK_INS,         /* port: rep insb */
	ATTACK_READ,        /* address; extra 1: counted from the region's base */
	ATTACK_WRITE,       /* the same */
	ATTACK_JUMP,        /* address */
	ATTACK_INTERRUPT,   /* int $number */
	ATTACK_PRIVILEGED,  /* number: of an instruction, below ATTACK_PRIVILEGED_COUNT */
	ATTACK_FAR,         /* far return to that code selector; returns CS where it gets there */
	ATTACK_SELECTOR,    /* loads ds, es, fs, gs and ss, extra 0 to 4, with that selector */
	ATTACK_FLAGS,       /* pops these flags; returns what they are then */
	ATTACK_STACK,       /* pushes to a stack at that address */
	ATTACK_FAULT_AT,    /* faults (ud2) with its stack at that address */
	ATTACK_OWN_CODE,    /* writes to its own code */
	ATTACK_REGION_CODE, /* writes code to its region and jumps there */
	ATTACK_STACK_CODE,  /* the same, on its stack */
	ATTACK_DEEP,        /* a frame of that many bytes, touched at its far end */
	ATTACK_RECURSE,     /* without end */
	ATTACK_SPIN,        /* a loop of one instruction, without end */
	ATTACK_SPIN_STRING, /* string instructions that take long, without end */
	ATTACK_SPIN_WAIT,   /* TPAUSE, without end */
	ATTACK_SPIN_US,     /* a loop of about that many microseconds; returns */
	ATTACK_ZERO,        /* fails unless the eight bytes at that address are zero */
	ATTACK_SCRIBBLE,    /* writes a secret to all memory, registers and flags it has */
	ATTACK_WITNESS, /* fails, with words, unless all that it starts with is as it should be */
};

#define ATTACK_PRIVILEGED_COUNT 32
#define ATTACK_SECRET 0x5ec7e75ec7e75ec7ull
#define ATTACK_STACK_BYTES 65536 /* as it is linked */

struct attack_order {
	uint64_t kind; /* enum attack */
	uint64_t number;
	uint64_t extra;
};

#endif
