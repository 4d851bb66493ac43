/* What a wasm module becomes before anything runs it: checked, compiled or found in the cache. */
#ifndef WASM_OBJECT_H
#define WASM_OBJECT_H

#include <stddef.h>
#include <stdint.h>

#include "sandbox.h"

struct wasm_object {
	uint64_t hash;  // of the module
	char name[64];  // of the file in the cache
	uint8_t *bytes; // of the shared object that exports mr_guest_module
	size_t byte_count;
	uint32_t header_off; // where a region's image is to be
	uint32_t stack_top;  // of the stack that clang keeps in linear memory, 0: none
};

/* 0, or -errno with error text. */
int wasm_object_make(const void *module, size_t bytes, const char *cache_dir,
		     struct wasm_object *object, char *error, size_t error_bytes);
void wasm_object_free(struct wasm_object *object);
/* What a trap (enum mr_trap) means; of a number that is none, that the function gave up. */
enum sandbox_outcome wasm_trap_outcome(uint32_t trap);

#endif
