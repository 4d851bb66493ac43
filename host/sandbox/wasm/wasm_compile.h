/* From a wasm module to native code in the cache: wasm2c, the rewriter, clang or gcc. */
#ifndef WASM_COMPILE_H
#define WASM_COMPILE_H

#include <stddef.h>
#include <stdint.h>

#include "wasm_check.h"

/* The name in the cache of what this machine's compilers make of such a module. 0, or -errno with
 * error, among them -ENOENT when a compiler is not installed. */
int wasm_cache_name(uint64_t code_hash, char name[64], char *error, size_t error_bytes);
/* Compiles a checked module and publishes it under that name. 0 or -errno with error. */
int wasm_compile(const uint8_t *module, size_t bytes, const struct wasm_facts *facts,
		 const char *cache_dir, const char *name, char *error, size_t error_bytes);

#endif
