/* The attacking module, instruction by instruction. */
#include "wasm_attack.h"

#include "test.h"
#include "wasm_writer.h"

enum {
	TYPES = 1,
	FUNCTIONS = 3,
	TABLES,
	MEMORIES,
	GLOBALS,
	EXPORTS,
	ELEMENTS = 9,
	CODE,
	DATA,
	DATA_COUNT
};

enum {
	OP_IF = 0x04,
	OP_END = 0x0b,
	OP_RETURN = 0x0f,
	OP_CALL = 0x10,
	OP_CALL_INDIRECT,
	OP_LOCAL_GET = 0x20,
	OP_LOCAL_SET,
	OP_GLOBAL_GET = 0x23,
	OP_TABLE_GET = 0x25,
	OP_TABLE_SET,
	OP_I32_LOAD = 0x28,
	OP_I64_LOAD,
	OP_F32_LOAD,
	OP_F64_LOAD,
	OP_I32_STORE = 0x36,
	OP_I64_STORE,
	OP_F32_STORE,
	OP_F64_STORE,
	OP_MEMORY_GROW = 0x40,
	OP_I64_CONST = 0x42,
	OP_F32_CONST,
	OP_F64_CONST,
	OP_I32_EQ = 0x46,
	OP_F64_EQ = 0x61,
	OP_F64_ADD = 0xa0,
	OP_I64_EXTEND_I32_U = 0xad,
	OP_I32_REINTERPRET = 0xbc,
	OP_I64_REINTERPRET,
	OP_REF_NULL = 0xd0,
	OP_REF_IS_NULL,
	OP_BULK = 0xfc,
};
enum { MEMORY_INIT = 8, MEMORY_COPY = 10, MEMORY_FILL, TABLE_INIT, TABLE_COPY = 14, TABLE_GROW };
enum { TABLE_FILL = 17 };

#define FUNCREF 0x70
#define F64 0x7c
#define NO_VALUE 0x40

static const struct wasm_access instructions[] = {
    {0x28, 4, 0, 0}, {0x29, 8, 0, 0}, {0x2a, 4, 0, 0}, {0x2b, 8, 0, 0}, {0x2c, 1, 0, 0},
    {0x2d, 1, 0, 0}, {0x2e, 2, 0, 0}, {0x2f, 2, 0, 0}, {0x30, 1, 0, 0}, {0x31, 1, 0, 0},
    {0x32, 2, 0, 0}, {0x33, 2, 0, 0}, {0x34, 4, 0, 0}, {0x35, 4, 0, 0}, {0x36, 4, 1, 0},
    {0x37, 8, 1, 0}, {0x38, 4, 1, 0}, {0x39, 8, 1, 0}, {0x3a, 1, 1, 0}, {0x3b, 2, 1, 0},
    {0x3c, 1, 1, 0}, {0x3d, 2, 1, 0}, {0x3e, 4, 1, 0},
};
#define INSTRUCTION_COUNT (sizeof(instructions) / sizeof(instructions[0]))

static const uint32_t offsets[] = {0, 1, 4096, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff};
#define OFFSET_COUNT (sizeof(offsets) / sizeof(offsets[0]))

uint32_t wasm_access_count(void)
{
	return INSTRUCTION_COUNT * OFFSET_COUNT;
}

struct wasm_access wasm_access_at(uint32_t index)
{
	struct wasm_access access = instructions[index / OFFSET_COUNT];

	access.off = offsets[index % OFFSET_COUNT];
	return access;
}

/* ---- Instructions ---- */

static void field_load(struct wasm_writer *w, size_t field)
{
	wasm_put_i32(w, WASM_ORDER_OFF);
	wasm_put_memory(w, OP_I32_LOAD, (uint32_t)field);
}

#define FIELD(w, field) field_load(w, offsetof(struct wasm_order, field))

enum { LOCAL_KIND = 1, LOCAL_ACCESS }; /* of the order; local 0 is the header's place */

/* What follows runs when that is the value, and then it is done. */
static void when(struct wasm_writer *w, uint32_t local, uint32_t value)
{
	wasm_put_with(w, OP_LOCAL_GET, local);
	wasm_put_i32(w, value);
	wasm_put_byte(w, OP_I32_EQ);
	wasm_put_byte(w, OP_IF);
	wasm_put_byte(w, NO_VALUE);
}

static void when_end(struct wasm_writer *w)
{
	wasm_put_i32(w, 0);
	wasm_put_byte(w, OP_RETURN);
	wasm_put_byte(w, OP_END);
}

static void answer_begin(struct wasm_writer *w)
{
	wasm_put_i32(w, WASM_ORDER_OFF);
}

static void answer_end(struct wasm_writer *w)
{
	wasm_put_memory(w, OP_I64_STORE, offsetof(struct wasm_order, answer));
}

static void arguments_load(struct wasm_writer *w)
{
	FIELD(w, a);
	FIELD(w, b);
	FIELD(w, c);
}

static void bulk(struct wasm_writer *w, uint32_t which, uint32_t first, int second)
{
	wasm_put_with(w, OP_BULK, which);
	wasm_put_u32(w, first);
	if (second >= 0)
		wasm_put_u32(w, (uint32_t)second);
}

static void access_do(struct wasm_writer *w, const struct wasm_access *access)
{
	static const uint8_t zeros[8];

	if (!access->is_store)
		answer_begin(w);
	FIELD(w, a);
	if (access->op == OP_F32_STORE || access->op == OP_F64_STORE) {
		wasm_put_byte(w, access->op == OP_F32_STORE ? OP_F32_CONST : OP_F64_CONST);
		wasm_put(w, zeros, access->bytes);
	} else if (access->is_store) {
		const int is_i32 =
		    access->op == OP_I32_STORE || access->op == 0x3a || access->op == 0x3b;

		wasm_put_byte(w, is_i32 ? 0x41 : OP_I64_CONST);
		wasm_put_signed(w, -1);
	}
	wasm_put_memory(w, access->op, access->off);
	if (access->is_store)
		return;
	if (access->op == OP_F32_LOAD)
		wasm_put_byte(w, OP_I32_REINTERPRET);
	if (access->op == OP_F64_LOAD)
		wasm_put_byte(w, OP_I64_REINTERPRET);
	if (access->op == OP_I32_LOAD || access->op == OP_F32_LOAD ||
	    (access->op >= 0x2c && access->op <= 0x2f))
		wasm_put_byte(w, OP_I64_EXTEND_I32_U);
	answer_end(w);
}

static void accesses_write(struct wasm_writer *w)
{
	when(w, LOCAL_KIND, WASM_ACCESS);
	for (uint32_t i = 0; i < wasm_access_count(); i++) {
		const struct wasm_access access = wasm_access_at(i);

		when(w, LOCAL_ACCESS, i);
		access_do(w, &access);
		when_end(w);
	}
	when_end(w);
}

static void memory_write(struct wasm_writer *w)
{
	static const struct {
		enum wasm_attack kind;
		uint32_t which;
		int second;
	} bulks[] = {{WASM_COPY, MEMORY_COPY, 0},
		     {WASM_FILL, MEMORY_FILL, -1},
		     {WASM_INIT, MEMORY_INIT, 0},
		     {WASM_TABLE_COPY, TABLE_COPY, 0},
		     {WASM_TABLE_INIT, TABLE_INIT, 0}};

	for (size_t i = 0; i < sizeof(bulks) / sizeof(bulks[0]); i++) {
		/* Of the segments of elements the second is passive, of data the first. */
		const uint32_t first = bulks[i].kind == WASM_TABLE_INIT;

		when(w, LOCAL_KIND, bulks[i].kind);
		arguments_load(w);
		bulk(w, bulks[i].which, first, bulks[i].second);
		when_end(w);
	}
	when(w, LOCAL_KIND, WASM_GROW);
	answer_begin(w);
	FIELD(w, a);
	wasm_put_with(w, OP_MEMORY_GROW, 0);
	wasm_put_byte(w, OP_I64_EXTEND_I32_U);
	answer_end(w);
	when_end(w);
}

static void null_put(struct wasm_writer *w)
{
	wasm_put_with(w, OP_REF_NULL, FUNCREF);
}

static void table_write(struct wasm_writer *w)
{
	when(w, LOCAL_KIND, WASM_CALL);
	answer_begin(w);
	FIELD(w, a);
	FIELD(w, a);
	wasm_put_with(w, OP_CALL_INDIRECT, 0);
	wasm_put_u32(w, 0);
	wasm_put_byte(w, OP_I64_EXTEND_I32_U);
	answer_end(w);
	when_end(w);
	when(w, LOCAL_KIND, WASM_TABLE_GET);
	answer_begin(w);
	FIELD(w, a);
	wasm_put_with(w, OP_TABLE_GET, 0);
	wasm_put_byte(w, OP_REF_IS_NULL);
	wasm_put_byte(w, OP_I64_EXTEND_I32_U);
	answer_end(w);
	when_end(w);
	when(w, LOCAL_KIND, WASM_TABLE_SET);
	FIELD(w, a);
	null_put(w);
	wasm_put_with(w, OP_TABLE_SET, 0);
	when_end(w);
	when(w, LOCAL_KIND, WASM_TABLE_FILL);
	FIELD(w, a);
	null_put(w);
	FIELD(w, c);
	bulk(w, TABLE_FILL, 0, -1);
	when_end(w);
	when(w, LOCAL_KIND, WASM_TABLE_GROW);
	answer_begin(w);
	null_put(w);
	FIELD(w, a);
	bulk(w, TABLE_GROW, 0, -1);
	wasm_put_byte(w, OP_I64_EXTEND_I32_U);
	answer_end(w);
	when_end(w);
}

/* ---- Functions ---- */

static void f64_one_put(struct wasm_writer *w)
{
	const double one = 1;

	wasm_put_byte(w, OP_F64_CONST);
	wasm_put(w, &one, sizeof(one));
}

enum { ENTRY, RIGHT, EQUAL, RESULT, PARAMETER, RECURSE, FUNCTION_COUNT };

static void entry_write(struct wasm_writer *code)
{
	struct wasm_writer w = {0};

	wasm_put(&w, "\x01\x02\x7f", 3); /* two locals, i32 */
	FIELD(&w, kind);
	wasm_put_with(&w, OP_LOCAL_SET, LOCAL_KIND);
	FIELD(&w, access);
	wasm_put_with(&w, OP_LOCAL_SET, LOCAL_ACCESS);
	accesses_write(&w);
	memory_write(&w);
	table_write(&w);
	when(&w, LOCAL_KIND, WASM_RECURSE);
	answer_begin(&w);
	wasm_put_with(&w, OP_CALL, RECURSE);
	wasm_put_byte(&w, OP_I64_REINTERPRET);
	answer_end(&w);
	when_end(&w);
	wasm_put_i32(&w, 0);
	wasm_put_byte(&w, OP_END);
	wasm_put_part(code, &w);
}

/* As long as its first global is what it was from the start, it calls itself, without a word into
 * its frame but what the call itself takes. Else it would need as many globals after a call that
 * might change them: so large is the frame. */
static void recurse_write(struct wasm_writer *code, uint32_t frame_values)
{
	struct wasm_writer w = {0};

	wasm_put_u32(&w, 1);
	wasm_put_u32(&w, frame_values);
	wasm_put_byte(&w, F64);
	wasm_put_with(&w, OP_GLOBAL_GET, 1);
	f64_one_put(&w);
	wasm_put_byte(&w, OP_F64_EQ);
	wasm_put_with(&w, OP_IF, NO_VALUE);
	wasm_put_with(&w, OP_CALL, RECURSE);
	f64_one_put(&w); /* or the call would be the last, and need no frame */
	wasm_put_byte(&w, OP_F64_ADD);
	wasm_put_byte(&w, OP_RETURN);
	wasm_put_byte(&w, OP_END);
	for (uint32_t i = 0; i < frame_values; i++) {
		wasm_put_with(&w, OP_GLOBAL_GET, 1 + i);
		wasm_put_with(&w, OP_LOCAL_SET, i);
	}
	wasm_put_with(&w, OP_CALL, RECURSE);
	for (uint32_t i = 0; i < frame_values; i++) {
		wasm_put_with(&w, OP_LOCAL_GET, i);
		wasm_put_byte(&w, OP_F64_ADD);
	}
	wasm_put_byte(&w, OP_END);
	wasm_put_part(code, &w);
}

/* Where its heap begins, and what its large frame is made of. */
static void globals_write(struct wasm_writer *w, uint32_t frame_values)
{
	struct wasm_writer part = {0};

	wasm_put_u32(&part, 1 + frame_values);
	wasm_put(&part, "\x7f\x00\x41\x80\x08\x0b", 6);
	for (uint32_t i = 0; i < frame_values; i++) {
		wasm_put(&part, "\x7c\x01", 2);
		f64_one_put(&part);
		wasm_put_byte(&part, OP_END);
	}
	wasm_put_section(w, GLOBALS, &part);
}

static void code_write(struct wasm_writer *w, uint32_t frame_values)
{
	static const char right[] = "\x05\x00\x41\x92\x21\x0b"; /* WASM_CALL_ANSWER */
	static const char result[] = "\x04\x00\x42\x01\x0b";
	struct wasm_writer part = {0};

	wasm_put_u32(&part, FUNCTION_COUNT);
	entry_write(&part);
	wasm_put(&part, right, sizeof(right) - 1);
	wasm_put(&part, right, sizeof(right) - 1);
	wasm_put(&part, result, sizeof(result) - 1);
	wasm_put(&part, right, sizeof(right) - 1);
	recurse_write(&part, frame_values);
	wasm_put_section(w, CODE, &part);
}

static void section(struct wasm_writer *w, unsigned int id, const char *bytes, size_t len)
{
	struct wasm_writer part = {0};

	wasm_put(&part, bytes, len);
	wasm_put_section(w, id, &part);
}

#define SECTION(w, id, text) section(w, id, text, sizeof(text) - 1)

/* One segment, passive: copied by memory.init only. */
static void data_write(struct wasm_writer *w)
{
	struct wasm_writer part = {0};

	wasm_put(&part, "\x01\x01", 2);
	wasm_put_u32(&part, WASM_SEGMENT_BYTES);
	wasm_put_times(&part, 'd', WASM_SEGMENT_BYTES);
	wasm_put_section(w, DATA, &part);
}

uint8_t *wasm_attack_make(uint32_t frame_values, size_t *bytes)
{
	struct wasm_writer w = {0};

	wasm_put(&w, "\0asm\1\0\0\0", 8);
	/* (i32) -> i32, the same again, (i32) -> i64, (i64) -> i32, () -> f64 */
	SECTION(&w, TYPES,
		"\x05\x60\x01\x7f\x01\x7f\x60\x01\x7f\x01\x7f\x60\x01\x7f\x01\x7e"
		"\x60\x01\x7e\x01\x7f\x60\x00\x01\x7c");
	SECTION(&w, FUNCTIONS, "\x06\x00\x00\x01\x02\x03\x04");
	SECTION(&w, TABLES, "\x01\x70\x00\x08");
	SECTION(&w, MEMORIES, "\x01\x00\x01");
	globals_write(&w, frame_values);
	SECTION(&w, EXPORTS, "\x03\x06memory\x02\x00\x0b__heap_base\x03\x00\x08mr_entry\x00\x00");
	/* Into the table from its first entry on; and a passive segment of eight times the right.
	 */
	SECTION(&w, ELEMENTS,
		"\x02\x00\x41\x00\x0b\x04\x01\x02\x03\x04"
		"\x01\x00\x08\x01\x01\x01\x01\x01\x01\x01\x01");
	SECTION(&w, DATA_COUNT, "\x01");
	code_write(&w, frame_values);
	data_write(&w);
	*bytes = w.len;
	return w.bytes;
}
