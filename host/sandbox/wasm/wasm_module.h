/*
 * What the host and the native code made from a wasm module know of each other. Compiled into both:
 * a change here needs a new MR_GUEST_ABI, which is part of the cache's key.
 */
#ifndef MR_WASM_MODULE_H
#define MR_WASM_MODULE_H

#include <stdint.h>

#define MR_GUEST_ABI 2

/* Values of wasm_rt_trap_t; the order is wabt's. */
enum mr_trap {
	MR_TRAP_NONE,
	MR_TRAP_OUT_OF_BOUNDS,
	MR_TRAP_INT_OVERFLOW,
	MR_TRAP_DIV_BY_ZERO,
	MR_TRAP_CONVERSION,
	MR_TRAP_UNREACHABLE,
	MR_TRAP_CALL_INDIRECT,
	MR_TRAP_EXCEPTION,
	MR_TRAP_EXHAUSTION,
};

/* In front of each instance: where its memory is, and how it tells the host of a trap. */
struct mr_guest {
	uint8_t *memory;
	uint64_t memory_bytes; /* below 4 GiB */
	uint8_t *tables;       /* room for table_entries; moves up as tables are set up */
	uint8_t *tables_end;
	uint64_t reserved[4]; /* the instance starts at a multiple of 64 */
};

/* The one symbol that a module's native code exports: mr_guest_module. */
struct mr_guest_module {
	uint32_t abi;
	uint32_t block_bytes; /* struct mr_guest, instance and tables: memory for one run */
	uint32_t tables_off;  /* in the block */
	/* Called once after loading; trap does not return. */
	void (*load)(void (*trap)(int trap));
	/* Sets up an instance in the block, whose struct mr_guest is filled in, and runs it. */
	int32_t (*run)(void *block, uint32_t header_off);
	/* The module's stack pointer in that block. */
	uint32_t (*stack_pointer)(const void *block);
};

#endif
