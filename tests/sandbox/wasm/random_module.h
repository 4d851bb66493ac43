/*
 * A module that `wasm-opt --translate-to-fuzz` made, reworked into a function: it keeps its own
 * code, and gets an entry that calls every function it exports, with arguments of all kinds, and
 * keeps a log of all that they return and report. So that an engine that knows nothing of us can
 * run it too, it also exports `run`, which enters it as the sandbox does, and `state`, which says
 * what memory is like afterwards.
 *
 * The log is in memory, where it stays after a trap: a hash and a count. Memory never grows, as in
 * the sandbox.
 */
#ifndef RANDOM_MODULE_H
#define RANDOM_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANDOM_PAGE_BYTES 65536u
#define RANDOM_AREA_OFF 4096u /* in the last page: what RANDOM_START and so on are offsets in */
#define RANDOM_START 0u       /* u32: the step to begin with, one for each function called */
#define RANDOM_STEP 4u        /* u32: the step it came to; their number after the last */

struct random_module {
	uint8_t *bytes; // malloc()ed, the caller frees
	size_t len;
	uint32_t memory_bytes;
	uint32_t header_off; // where its last page begins: `__heap_base`
	uint32_t steps;
	bool has_stack_pointer; // its global 0 looks like one: overrun, it is taken for that
};

/* start is the step that its own `run` begins with. Exits where the module is not as wasm-opt
 * writes such. */
void random_module_make(const uint8_t *module, size_t bytes, uint32_t start,
			struct random_module *made);
/* What `state` says of memory. */
uint64_t random_memory_hash(const uint8_t *memory, size_t bytes);

#endif
