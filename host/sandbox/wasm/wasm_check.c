/* The checker of wasm modules: section by section, with every limit and every refusal in words. */
#include "wasm_check.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sandbox_limits.h"

enum {
	SECTION_CUSTOM,
	SECTION_TYPE,
	SECTION_IMPORT,
	SECTION_FUNCTION,
	SECTION_TABLE,
	SECTION_MEMORY,
	SECTION_GLOBAL,
	SECTION_EXPORT,
	SECTION_START,
	SECTION_ELEMENT,
	SECTION_CODE,
	SECTION_DATA,
	SECTION_DATA_COUNT,
	SECTION_COUNT
};

enum { KIND_FUNCTION, KIND_TABLE, KIND_MEMORY, KIND_GLOBAL };

#define TYPE_I32 0x7f
#define TYPE_V128 0x7b
#define OP_END 0x0b
#define OP_I32_CONST 0x41
#define OP_PREFIX_SIMD 0xfd
#define NONE UINT32_MAX

struct reader {
	const uint8_t *at, *end;
	const char *fault; // the first thing found wrong, NULL while all is well
};

struct checker {
	struct wasm_facts *facts;
	const uint8_t *section[SECTION_COUNT]; // payloads
	uint32_t section_bytes[SECTION_COUNT];
	uint32_t memories;
	uint32_t heap_base_global, entry_function, memory_export;
	char *error;
	size_t error_bytes;
};

static void reader_fail(struct reader *r, const char *fault)
{
	if (r->fault == NULL)
		r->fault = fault;
	r->at = r->end;
}

static uint8_t read_byte(struct reader *r)
{
	if (r->at == r->end) {
		reader_fail(r, "it ends in the middle of something");
		return 0;
	}
	return *r->at++;
}

/* LEB128, at most 5 bytes; the sign is the caller's. */
static uint32_t read_u32(struct reader *r)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 35; shift += 7) {
		const uint8_t byte = read_byte(r);

		value |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return (uint32_t)value;
	}
	reader_fail(r, "a number in it is longer than 32 bits");
	return 0;
}

static void read_skip(struct reader *r, uint32_t bytes)
{
	if (bytes > (size_t)(r->end - r->at))
		reader_fail(r, "something in it is longer than the rest of it");
	else
		r->at += bytes;
}

static void read_value_type(struct reader *r)
{
	if (read_byte(r) == TYPE_V128)
		reader_fail(r, "it uses SIMD (v128), which is not supported: compile it without "
			       "-msimd128");
}

static uint32_t read_limits(struct reader *r)
{
	const uint8_t flags = read_byte(r);
	uint32_t initial;

	if (flags > 1)
		reader_fail(r, "it has a shared or 64-bit memory, which is not supported");
	initial = read_u32(r);
	if ((flags & 1) != 0)
		read_u32(r);
	return initial;
}

static struct reader section_reader(const struct checker *c, int section)
{
	const uint8_t *at = c->section[section];

	return (struct reader){.at = at, .end = at != NULL ? at + c->section_bytes[section] : at};
}

static int section_result(struct checker *c, const struct reader *r)
{
	if (r->fault == NULL)
		return 0;
	snprintf(c->error, c->error_bytes, "the wasm module is not accepted: %s", r->fault);
	return -ENOEXEC;
}

/* Finds every section. They come in no order that matters here, but none comes twice. */
static int sections_find(struct checker *c, const uint8_t *module, size_t bytes)
{
	struct reader r = {.at = module, .end = module + bytes};

	if (bytes < 8 || memcmp(module, "\0asm\1\0\0\0", 8) != 0)
		reader_fail(&r, "it does not begin like a wasm module of version 1");
	else
		r.at += 8;
	while (r.at < r.end) {
		const uint8_t id = read_byte(&r);
		const uint32_t len = read_u32(&r);
		const uint8_t *payload = r.at;

		read_skip(&r, len);
		if (r.fault != NULL || id == SECTION_CUSTOM)
			continue;
		if (id >= SECTION_COUNT) {
			reader_fail(&r, "it has a section of an unknown kind");
		} else if (c->section[id] != NULL) {
			reader_fail(&r, "it has the same section twice");
		} else {
			c->section[id] = payload;
			c->section_bytes[id] = len;
		}
	}
	return section_result(c, &r);
}

/* What a section may take, so that the C text of the whole has its bounds. */
static int sizes_check(struct checker *c)
{
	struct reader functions = section_reader(c, SECTION_FUNCTION);
	struct reader r = {0};

	for (int section = 0; section < SECTION_COUNT; section++) {
		const uint32_t bytes = c->section_bytes[section];

		if (section == SECTION_CODE && bytes > SANDBOX_CODE_BYTES_MAX)
			reader_fail(&r, "its functions are longer than 16 MiB together");
		else if (section == SECTION_DATA && bytes > SANDBOX_DATA_BYTES_MAX)
			reader_fail(&r, "its data is longer than 16 MiB: give it as an input set");
		else if (section != SECTION_CODE && section != SECTION_DATA &&
			 bytes > SANDBOX_SECTION_BYTES_MAX)
			reader_fail(&r, "its tables of types, functions, elements, globals or "
					"exports are longer than 1 MiB");
	}
	if (functions.at != functions.end && read_u32(&functions) > SANDBOX_FUNCTIONS_MAX)
		reader_fail(&r, "it has too many functions");
	return section_result(c, &r);
}

static int imports_check(struct checker *c)
{
	struct reader r = section_reader(c, SECTION_IMPORT);
	uint32_t len;
	char name[2][49];

	if (r.at == r.end || read_u32(&r) == 0)
		return section_result(c, &r);
	for (int i = 0; i < 2; i++) {
		const uint8_t *from;
		size_t n = 0;

		len = read_u32(&r);
		from = r.at;
		read_skip(&r, len);
		for (; r.fault == NULL && n < len && n < sizeof(name[i]) - 1; n++)
			name[i][n] = isprint(from[n]) ? (char)from[n] : '?';
		name[i][n] = 0;
	}
	snprintf(c->error, c->error_bytes,
		 "the wasm module imports \"%s\" from \"%s\": a function has no system calls and "
		 "imports nothing; avoid what needs it (files, clocks, printf)",
		 name[1], name[0]);
	return -ENOEXEC;
}

static int types_check(struct checker *c)
{
	struct reader r = section_reader(c, SECTION_TYPE);
	const uint32_t count = r.at != r.end ? read_u32(&r) : 0;

	if (count > SANDBOX_TYPES_MAX)
		reader_fail(&r, "it has too many function types");
	for (uint32_t i = 0; i < count && r.fault == NULL; i++) {
		if (read_byte(&r) != 0x60)
			reader_fail(&r, "it has a type that is not a function's");
		for (int side = 0; side < 2; side++) {
			const uint32_t values = read_u32(&r);

			if (values > SANDBOX_PARAMS_MAX)
				reader_fail(&r, "one of its function types has too many values");
			for (uint32_t n = values; n > 0 && r.fault == NULL; n--)
				read_value_type(&r);
		}
	}
	c->facts->types = count;
	c->facts->type_bytes = c->section_bytes[SECTION_TYPE];
	return section_result(c, &r);
}

static int tables_check(struct checker *c)
{
	struct reader r = section_reader(c, SECTION_TABLE);
	const uint32_t count = r.at != r.end ? read_u32(&r) : 0;
	uint64_t entries = 0;

	for (uint32_t i = 0; i < count && r.fault == NULL; i++) {
		read_value_type(&r);
		entries += read_limits(&r);
	}
	if (entries > SANDBOX_TABLE_ENTRIES_MAX)
		reader_fail(&r, "its tables have too many entries");
	c->facts->table_entries = (uint32_t)entries;
	return section_result(c, &r);
}

static int memories_check(struct checker *c)
{
	struct reader r = section_reader(c, SECTION_MEMORY);

	c->memories = r.at != r.end ? read_u32(&r) : 0;
	if (c->memories != 1)
		reader_fail(&r, "it must have exactly one memory of its own");
	read_limits(&r);
	return section_result(c, &r);
}

static bool name_is(const uint8_t *name, uint32_t len, const char *wanted)
{
	return len == strlen(wanted) && memcmp(name, wanted, len) == 0;
}

/* wasm2c writes an export's name into comments of the C text: it must not end one. */
static bool name_is_plain(const uint8_t *name, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		if (!isalnum(name[i]) && memchr("_.$-", name[i], 4) == NULL)
			return false;
	return len > 0 && len <= SANDBOX_EXPORT_BYTES_MAX;
}

static int exports_check(struct checker *c)
{
	struct reader r = section_reader(c, SECTION_EXPORT);
	const uint32_t count = r.at != r.end ? read_u32(&r) : 0;

	for (uint32_t i = 0; i < count && r.fault == NULL; i++) {
		const uint32_t len = read_u32(&r);
		const uint8_t *name = r.at;
		uint8_t kind;
		uint32_t index;

		read_skip(&r, len);
		kind = read_byte(&r);
		index = read_u32(&r);
		if (r.fault != NULL)
			break;
		if (!name_is_plain(name, len))
			reader_fail(&r, "an export's name is empty, too long, or not made of "
					"letters, digits and _ . $ -");
		else if (kind == KIND_MEMORY && name_is(name, len, "memory"))
			c->memory_export = index;
		else if (kind == KIND_GLOBAL && name_is(name, len, "__heap_base"))
			c->heap_base_global = index;
		else if (kind == KIND_FUNCTION && name_is(name, len, "mr_entry"))
			c->entry_function = index;
	}
	if (c->memory_export == NONE)
		reader_fail(&r, "it does not export `memory`");
	if (c->heap_base_global == NONE)
		reader_fail(&r, "it does not export `__heap_base`: link it with "
				"-Wl,--export=__heap_base");
	if (c->entry_function == NONE)
		reader_fail(&r, "it does not export `mr_entry`: use MR_ENTRY() of "
				"millrace_function.h");
	return section_result(c, &r);
}

/* Only i32 constants matter here; any other initial value is passed over up to its end. */
static void global_read(struct reader *r, bool *is_i32, bool *is_mutable, uint32_t *value)
{
	uint8_t op;

	*is_i32 = r->at < r->end && *r->at == TYPE_I32;
	read_value_type(r);
	*is_mutable = read_byte(r) == 1;
	op = read_byte(r);
	if (op == OP_I32_CONST) {
		*value = read_u32(r);
		if (read_byte(r) != OP_END)
			reader_fail(r, "a global's initial value is not a constant");
		return;
	}
	*is_i32 = false;
	if (op == 0x42 /* i64.const */)
		for (int n = 0; n < 10 && (read_byte(r) & 0x80) != 0; n++)
			;
	else if (op == 0x43 || op == 0x44 /* f32.const, f64.const */)
		read_skip(r, op == 0x43 ? 4 : 8);
	else if (op == 0xd0 || op == 0xd2 || op == 0x23 /* ref.null, ref.func, global.get */)
		read_u32(r);
	else if (op == OP_PREFIX_SIMD)
		reader_fail(r, "it uses SIMD (v128), which is not supported");
	else
		reader_fail(r, "a global's initial value is of an unknown kind");
	if (read_byte(r) != OP_END)
		reader_fail(r, "a global's initial value is not a constant");
}

static int globals_check(struct checker *c)
{
	struct reader r = section_reader(c, SECTION_GLOBAL);
	const uint32_t count = r.at != r.end ? read_u32(&r) : 0;
	bool found = false;

	for (uint32_t i = 0; i < count && r.fault == NULL; i++) {
		bool is_i32, is_mutable;
		uint32_t value = 0;

		global_read(&r, &is_i32, &is_mutable, &value);
		if (i == 0 && is_i32 && is_mutable)
			c->facts->stack_top = value;
		if (i != c->heap_base_global)
			continue;
		if (!is_i32 || is_mutable)
			reader_fail(&r, "its `__heap_base` is not a constant");
		c->facts->heap_base = value;
		found = true;
	}
	if (!found)
		reader_fail(&r, "its `__heap_base` names no global");
	else if (c->facts->heap_base > UINT32_MAX / 2)
		reader_fail(&r, "its `__heap_base` leaves no room for data");
	return section_result(c, &r);
}

static int bodies_check(struct checker *c)
{
	struct reader r = section_reader(c, SECTION_CODE);
	const uint32_t count = r.at != r.end ? read_u32(&r) : 0;

	for (uint32_t i = 0; i < count && r.fault == NULL; i++) {
		const uint32_t bytes = read_u32(&r);
		struct reader body = {.at = r.at, .end = r.at};
		uint64_t locals = 0;

		read_skip(&r, bytes);
		if (r.fault != NULL)
			break;
		if (bytes > SANDBOX_BODY_BYTES_MAX)
			reader_fail(&r, "one of its functions is longer than 1 MiB");
		body.end += bytes;
		for (uint32_t n = read_u32(&body); n > 0 && body.fault == NULL; n--) {
			locals += read_u32(&body);
			read_value_type(&body);
		}
		if (locals > SANDBOX_LOCALS_MAX)
			reader_fail(&r, "one of its functions has too many local variables");
		if (body.fault != NULL)
			reader_fail(&r, body.fault);
	}
	return section_result(c, &r);
}

int wasm_check(const uint8_t *module, size_t bytes, struct wasm_facts *facts, char *error,
	       size_t error_bytes)
{
	struct checker c = {
	    .facts = facts,
	    .heap_base_global = NONE,
	    .entry_function = NONE,
	    .memory_export = NONE,
	    .error = error,
	    .error_bytes = error_bytes,
	};
	static int (*const checks[])(struct checker *) = {
	    imports_check,  sizes_check,   types_check,   tables_check,
	    memories_check, exports_check, globals_check, bodies_check,
	};
	int rc;

	memset(facts, 0, sizeof(*facts));
	rc = sections_find(&c, module, bytes);
	for (size_t i = 0; rc == 0 && i < sizeof(checks) / sizeof(checks[0]); i++)
		rc = checks[i](&c);
	return rc;
}

size_t wasm_strip(const uint8_t *module, size_t bytes, uint8_t *out)
{
	struct reader r = {.at = module + 8, .end = module + bytes};
	size_t n = 8;

	memcpy(out, module, 8);
	while (r.at < r.end) {
		const uint8_t *section = r.at;
		const uint8_t id = read_byte(&r);

		read_skip(&r, read_u32(&r));
		if (id == SECTION_CUSTOM || r.fault != NULL)
			continue;
		memcpy(out + n, section, (size_t)(r.at - section));
		n += (size_t)(r.at - section);
	}
	return n;
}
