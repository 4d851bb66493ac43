/* The limits of wasm modules: one that is at a limit is accepted, one that is a single thing past
 * it is refused, and told why. Each module is whole and valid but for its size. */
#include <errno.h>

#include <millrace/limits.h>

#include "sandbox_limits.h"
#include "test.h"
#include "wasm_check.h"
#include "wasm_writer.h"

enum { TYPES = 1, FUNCTIONS = 3, TABLES, MEMORIES, GLOBALS, EXPORTS, ELEMENTS = 9, CODE, DATA };

#define I32 0x7f
#define FUNCREF 0x70
#define OP_NOP 0x01
#define OP_END 0x0b
#define OP_I32_CONST 0x41
#define EMPTY_BODY_BYTES 5 /* with its length: no locals, i32.const 0, end */

/* What a module has of everything, more than the least that makes it a function. */
struct shape {
	uint32_t types;                  // () -> ()
	uint32_t values[2];              // parameters and results of one more type
	uint32_t functions;              // that do nothing
	uint32_t table[2];               // entries of two tables
	uint32_t memories;               // besides the one that it must have
	uint32_t name_bytes;             // of one more export
	uint32_t element_bytes;          // of the whole section
	uint32_t locals[2];              // of the entry, in two groups
	uint32_t body_bytes;             // of the entry: it is filled up
	uint32_t code_bytes, data_bytes; // of the whole section
	uint32_t heap_base;
};

static void types_write(struct wasm_writer *w, const struct shape *s)
{
	struct wasm_writer part = {0};

	wasm_put_u32(&part, 2 + s->types);
	wasm_put(&part, "\x60\x01\x7f\x01\x7f", 5);
	wasm_put_byte(&part, 0x60);
	for (int side = 0; side < 2; side++) {
		wasm_put_u32(&part, s->values[side]);
		wasm_put_times(&part, I32, s->values[side]);
	}
	for (uint32_t i = 0; i < s->types; i++)
		wasm_put(&part, "\x60\0\0", 3);
	wasm_put_section(w, TYPES, &part);
}

/* Bodies fill the code up to its size: how many there are then. */
static uint32_t fillers(const struct shape *s)
{
	return s->code_bytes / (SANDBOX_BODY_BYTES_MAX / 2);
}

static void functions_write(struct wasm_writer *w, const struct shape *s)
{
	struct wasm_writer part = {0};

	wasm_put_u32(&part, 1 + s->functions + fillers(s));
	wasm_put_times(&part, 0, 1 + s->functions + fillers(s));
	wasm_put_section(w, FUNCTIONS, &part);
}

static void tables_write(struct wasm_writer *w, const struct shape *s)
{
	struct wasm_writer part = {0};

	wasm_put_u32(&part, 2);
	for (int i = 0; i < 2; i++) {
		wasm_put_byte(&part, FUNCREF);
		wasm_put_byte(&part, 0);
		wasm_put_u32(&part, s->table[i]);
	}
	wasm_put_section(w, TABLES, &part);
}

static void memories_write(struct wasm_writer *w, const struct shape *s)
{
	struct wasm_writer part = {0};

	wasm_put_u32(&part, 1 + s->memories);
	for (uint32_t i = 0; i <= s->memories; i++)
		wasm_put(&part, "\0\1", 2);
	wasm_put_section(w, MEMORIES, &part);
}

static void globals_write(struct wasm_writer *w, const struct shape *s)
{
	struct wasm_writer part = {0};

	wasm_put(&part, "\1\x7f\0", 3);
	wasm_put_byte(&part, OP_I32_CONST);
	wasm_put_signed(&part, (int32_t)s->heap_base);
	wasm_put_byte(&part, OP_END);
	wasm_put_section(w, GLOBALS, &part);
}

static void exports_write(struct wasm_writer *w, const struct shape *s)
{
	static const char exports[] = "\x06memory\x02\x00\x0b__heap_base\x03\x00\x08mr_entry\x00";
	struct wasm_writer part = {0};

	wasm_put_u32(&part, 3 + (s->name_bytes > 0));
	wasm_put(&part, exports, sizeof(exports));
	if (s->name_bytes > 0) {
		wasm_put_u32(&part, s->name_bytes);
		wasm_put_times(&part, 'n', s->name_bytes);
		wasm_put(&part, "\0\0", 2);
	}
	wasm_put_section(w, EXPORTS, &part);
}

/* One passive segment, in which function 0 is again and again. */
static void elements_write(struct wasm_writer *w, const struct shape *s)
{
	const uint32_t head = 1 + 2 + 3; /* the last is its length, in three bytes */
	struct wasm_writer part = {0};

	if (s->element_bytes == 0)
		return;
	wasm_put(&part, "\1\1\0", 3);
	wasm_put_u32(&part, s->element_bytes - head);
	CHECK(part.len == head);
	wasm_put_times(&part, 0, s->element_bytes - head);
	wasm_put_section(w, ELEMENTS, &part);
}

static void entry_write(struct wasm_writer *code, const struct shape *s)
{
	struct wasm_writer body = {0};

	wasm_put_u32(&body, 2);
	for (int i = 0; i < 2; i++) {
		wasm_put_u32(&body, s->locals[i]);
		wasm_put_byte(&body, I32);
	}
	if (s->body_bytes > 0)
		wasm_put_times(&body, OP_NOP, s->body_bytes - body.len - 3);
	wasm_put(&body, "\x41\0\x0b", 3);
	wasm_put_part(code, &body);
}

static void code_write(struct wasm_writer *w, const struct shape *s)
{
	struct wasm_writer part = {0};

	wasm_put_u32(&part, 1 + s->functions + fillers(s));
	entry_write(&part, s);
	for (uint32_t i = 0; i < s->functions; i++)
		wasm_put(&part, "\4\0\x41\0\x0b", EMPTY_BODY_BYTES);
	for (uint32_t i = fillers(s); i > 0; i--) {
		const uint32_t bytes = (s->code_bytes - (uint32_t)part.len) / i - 3;
		struct wasm_writer body = {0};

		wasm_put_byte(&body, 0);
		wasm_put_times(&body, OP_NOP, bytes - 4);
		wasm_put(&body, "\x41\0\x0b", 3);
		wasm_put_part(&part, &body);
	}
	CHECK(s->code_bytes == 0 || part.len == s->code_bytes, "%zu", part.len);
	wasm_put_section(w, CODE, &part);
}

/* One passive segment. */
static void data_write(struct wasm_writer *w, const struct shape *s)
{
	const uint32_t head = 1 + 1 + 4; /* the last is its length, in four bytes */
	struct wasm_writer part = {0};

	if (s->data_bytes == 0)
		return;
	wasm_put(&part, "\1\1", 2);
	wasm_put_u32(&part, s->data_bytes - head);
	CHECK(part.len == head);
	wasm_put_times(&part, 'd', s->data_bytes - head);
	wasm_put_section(w, DATA, &part);
}

/* NULL: it is accepted; else part of what is said of it. */
static void expect(const struct shape *s, const char *words)
{
	char error[MR_ERROR_BYTES_MAX] = "";
	struct wasm_writer w = {0};
	struct wasm_facts facts;
	int rc;

	wasm_put(&w, "\0asm\1\0\0\0", 8);
	types_write(&w, s);
	functions_write(&w, s);
	tables_write(&w, s);
	memories_write(&w, s);
	globals_write(&w, s);
	exports_write(&w, s);
	elements_write(&w, s);
	code_write(&w, s);
	data_write(&w, s);
	rc = wasm_check(w.bytes, w.len, &facts, error, sizeof(error));
	if (words == NULL)
		CHECK(rc == 0, "%s", error);
	else
		CHECK(rc == -ENOEXEC && strstr(error, words) != NULL, "%d, %s, wanted: %s", rc,
		      error, words);
	free(w.bytes);
}

/* At its limit it is accepted, one more is refused. */
#define LIMIT(field, most, words)           \
	do {                                \
		struct shape shape = usual; \
		shape.field = (most);       \
		expect(&shape, NULL);       \
		shape.field = (most) + 1;   \
		expect(&shape, words);      \
	} while (0)

int main(void)
{
	const struct shape usual = {.heap_base = 1024};

	expect(&usual, NULL);
	LIMIT(types, SANDBOX_TYPES_MAX - 2, "too many function types");
	LIMIT(values[0], SANDBOX_PARAMS_MAX, "too many values");
	LIMIT(values[1], SANDBOX_PARAMS_MAX, "too many values");
	LIMIT(functions, SANDBOX_FUNCTIONS_MAX - 1, "too many functions");
	LIMIT(table[0], SANDBOX_TABLE_ENTRIES_MAX, "too many entries");
	LIMIT(memories, 0, "exactly one memory");
	LIMIT(name_bytes, SANDBOX_EXPORT_BYTES_MAX, "an export's name");
	LIMIT(element_bytes, SANDBOX_SECTION_BYTES_MAX, "longer than 1 MiB");
	LIMIT(locals[0], SANDBOX_LOCALS_MAX, "too many local variables");
	LIMIT(body_bytes, SANDBOX_BODY_BYTES_MAX, "one of its functions is longer than 1 MiB");
	LIMIT(code_bytes, SANDBOX_CODE_BYTES_MAX, "longer than 16 MiB together");
	LIMIT(data_bytes, SANDBOX_DATA_BYTES_MAX, "its data is longer than 16 MiB");
	LIMIT(heap_base, UINT32_MAX / 2, "leaves no room");
	/* Limits of all together, also where 32 bits do not hold the sum. */
	expect(&(struct shape){.locals = {SANDBOX_LOCALS_MAX - 1, 1}}, NULL);
	expect(&(struct shape){.locals = {SANDBOX_LOCALS_MAX, 1}}, "too many local variables");
	expect(&(struct shape){.locals = {UINT32_MAX, 1}}, "too many local variables");
	expect(&(struct shape){.table = {SANDBOX_TABLE_ENTRIES_MAX, 1}}, "too many entries");
	expect(&(struct shape){.table = {UINT32_MAX, 1}}, "too many entries");
	return 0;
}
