/*
 * The checker of wasm modules: everything that must hold before a module meets wasm2c and a
 * compiler.
 *
 * It reads bytes from anywhere, never past their end, and allocates nothing. It does not validate
 * function bodies: wasm2c does. Source: WebAssembly Core Specification 2.0, chapter 5.
 */
#ifndef WASM_CHECK_H
#define WASM_CHECK_H

#include <stddef.h>
#include <stdint.h>

struct wasm_facts {
	uint32_t heap_base;     /* value of the exported __heap_base */
	uint32_t stack_top;     /* initial value of global 0 when it is the stack pointer, else 0 */
	uint32_t types;         /* function types */
	uint32_t type_bytes;    /* of the section that holds them */
	uint32_t table_entries; /* initial, of all tables */
};

/* 0, or -ENOEXEC with what is wrong and what to do in error. */
int wasm_check(const uint8_t *module, size_t bytes, struct wasm_facts *facts, char *error,
	       size_t error_bytes);
/* Copies a checked module without its custom sections (names, debug information) to out, which has
 * room for bytes. Returns the bytes written. */
size_t wasm_strip(const uint8_t *module, size_t bytes, uint8_t *out);

#endif
