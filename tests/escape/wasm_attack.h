/*
 * A module that does with memory, tables and calls what no compiler would write, as the order in
 * its memory says: for the backend wasm, where all that an attacker has is instructions.
 */
#ifndef WASM_ATTACK_H
#define WASM_ATTACK_H

#include <stddef.h>
#include <stdint.h>

enum wasm_attack {
	WASM_NOTHING,
	WASM_ACCESS, /* case: an instruction and an offset of it; a: the address */
	WASM_COPY,   /* a: to, b: from, c: bytes */
	WASM_FILL,
	WASM_INIT, /* from a segment of WASM_SEGMENT_BYTES */
	WASM_GROW, /* a: pages; the answer is what it gave */
	WASM_CALL, /* a: index into the table */
	WASM_TABLE_GET,
	WASM_TABLE_SET, /* to null */
	WASM_TABLE_COPY,
	WASM_TABLE_INIT, /* from a segment of WASM_TABLE_ENTRIES */
	WASM_TABLE_FILL,
	WASM_TABLE_GROW,
	WASM_RECURSE, /* without end */
	WASM_ATTACKS
};

#define WASM_ORDER_OFF 2048u /* in memory */
#define WASM_HEAP_BASE 1024u
#define WASM_SEGMENT_BYTES 64u
#define WASM_TABLE_ENTRIES 8u
/* Entries of the table: functions of the right type, of another that is the same, of wrong ones;
 * the rest are null. */
enum {
	WASM_ENTRY_RIGHT,
	WASM_ENTRY_EQUAL,
	WASM_ENTRY_RESULT,
	WASM_ENTRY_PARAMETER,
	WASM_ENTRY_NULL
};
#define WASM_CALL_ANSWER 4242u

struct wasm_order {
	uint32_t kind;
	uint32_t access; /* which of them */
	uint32_t a, b, c;
	uint32_t pad;
	uint64_t answer; /* what it loaded, or got */
};

struct wasm_access {
	uint8_t op;
	uint8_t bytes;
	uint8_t is_store;
	uint32_t off;
};

/* All loads and stores, each with every offset of a list. */
uint32_t wasm_access_count(void);
struct wasm_access wasm_access_at(uint32_t index);
/* The module; malloc()ed, the caller frees. frame_values: of 8 bytes, for which a recursive call
 * has room in its frame. */
uint8_t *wasm_attack_make(uint32_t frame_values, size_t *bytes);

#endif
