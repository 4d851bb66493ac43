/* Writing wasm modules byte by byte, as the binary format has them (WebAssembly Core Specification
 * 2.0, chapter 5): for tests that need such as no compiler makes. */
#ifndef WASM_WRITER_H
#define WASM_WRITER_H

#include <stddef.h>
#include <stdint.h>

/* Begins as {0}; the bytes are malloc()ed, and the caller's to free. */
struct wasm_writer {
	uint8_t *bytes;
	size_t len, room;
};

void wasm_put(struct wasm_writer *w, const void *bytes, size_t len);
void wasm_put_byte(struct wasm_writer *w, unsigned int byte);
void wasm_put_times(struct wasm_writer *w, unsigned int byte, size_t count);
void wasm_put_u32(struct wasm_writer *w, uint32_t value); /* as LEB128 */
void wasm_put_signed(struct wasm_writer *w, int64_t value);
/* An instruction with one number behind it, i32.const with its value, and one on memory: of the
 * address on the stack plus off, aligned or not. */
void wasm_put_with(struct wasm_writer *w, unsigned int op, uint32_t index);
void wasm_put_i32(struct wasm_writer *w, uint32_t value);
void wasm_put_memory(struct wasm_writer *w, unsigned int op, uint32_t off);
/* A section or a function's body: what was collected in part, after its length. Frees part, which
 * is {0} again. */
void wasm_put_part(struct wasm_writer *w, struct wasm_writer *part);
void wasm_put_section(struct wasm_writer *w, unsigned int id, struct wasm_writer *part);

#endif
