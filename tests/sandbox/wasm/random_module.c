/* Reworking random modules: section by section, with the binary format as its source (WebAssembly
 * Core Specification 2.0, chapter 5). */
#include "random_module.h"

#include "test.h"
#include "wasm_writer.h"

#define I32 0x7f
#define I64 0x7e
#define F32 0x7d
#define F64 0x7c
#define FUNCTIONS_MAX 4096
#define TYPES_MAX 4096
#define VALUES_MAX 32
#define HASH_FACTOR 0x9e3779b97f4a7c15ull
#define HASH_TURN 23
/* Calls and turns of loops for one step: wasm-opt's own is 10. */
#define HANG_LIMIT 200
#define AREA(made) ((made)->header_off + RANDOM_AREA_OFF)
#define LOG_HASH 8u   /* u64 in the area */
#define LOG_COUNT 16u /* u32 */

enum { TYPES = 1, IMPORTS, FUNCTIONS, TABLES, MEMORIES, GLOBALS, EXPORTS, START, ELEMENTS, CODE };
enum { DATA = 11, DATA_COUNT, SECTION_COUNT };

/* Instructions, by their names in the specification. */
enum {
	OP_IF = 0x04,
	OP_LOOP = 0x03,
	OP_END = 0x0b,
	OP_BR_IF = 0x0d,
	OP_CALL = 0x10,
	OP_LOCAL_GET = 0x20,
	OP_LOCAL_SET,
	OP_LOCAL_TEE,
	OP_GLOBAL_GET,
	OP_GLOBAL_SET,
	OP_I32_LOAD = 0x28,
	OP_I64_LOAD,
	OP_I32_STORE = 0x36,
	OP_I64_STORE,
	OP_I32_CONST = 0x41,
	OP_I64_CONST,
	OP_F32_CONST,
	OP_F64_CONST,
	OP_I32_LT_U = 0x49,
	OP_I32_GE_U = 0x4f,
	OP_I32_ADD = 0x6a,
	OP_I64_MUL = 0x7e,
	OP_I64_XOR = 0x85,
	OP_I64_ROTL = 0x89,
	OP_I64_EXTEND_I32_U = 0xad,
	OP_I32_REINTERPRET = 0xbc,
	OP_I64_REINTERPRET,
};

struct reader {
	const uint8_t *at, *end;
};

struct type {
	uint32_t counts[2]; // parameters, results
	uint8_t values[2][VALUES_MAX];
};

struct rework {
	struct random_module *made;
	struct reader sections[SECTION_COUNT];
	struct type types[TYPES_MAX];
	uint32_t type_count;
	uint32_t function_types[FUNCTIONS_MAX]; // imported ones first
	uint32_t import_count, function_count;
	uint32_t loggers[4]; // functions that take an i32, i64, f32, f64
	uint32_t callees[FUNCTIONS_MAX];
	uint32_t hang_initializer, start;
	struct wasm_writer out;
};

/* ---- Bytes ---- */

static uint8_t read_byte(struct reader *r)
{
	CHECK(r->at < r->end, "the module ends in the middle of something");
	return *r->at++;
}

static uint32_t read_u32(struct reader *r)
{
	uint32_t value = 0, shift = 0;
	uint8_t byte;

	do {
		byte = read_byte(r);
		value |= (uint32_t)(byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) != 0);
	return value;
}

static const uint8_t *read_bytes(struct reader *r, size_t len)
{
	const uint8_t *bytes = r->at;

	CHECK(len <= (size_t)(r->end - r->at), "the module ends in the middle of something");
	r->at += len;
	return bytes;
}

static void put_rest(struct wasm_writer *w, const struct reader *r)
{
	wasm_put(w, r->at, (size_t)(r->end - r->at));
}

/* ---- Instructions ---- */

static void emit_i64(struct wasm_writer *w, uint64_t value)
{
	wasm_put_byte(w, OP_I64_CONST);
	wasm_put_signed(w, (int64_t)value);
}

/* Of what is known not to be a NaN, so that all engines take the same bits. */
static void emit_argument(struct wasm_writer *w, uint8_t type, uint32_t seed)
{
	static const uint32_t i32s[] = {0, 1, 0xffffffff, 0x80000000, 0x7fffffff, 16, 65535, 42};
	static const uint64_t i64s[] = {0,         1,  UINT64_MAX, 1ull << 63,
					INT64_MAX, 16, 1 << 20,    0xffffffff};
	static const float f32s[] = {0, -0.0f, 1.5f, -1, 1e10f, -3e38f, 1e-40f, 1.0f / 0.0f};
	static const double f64s[] = {0, -0.0, 1.5, -1, 1e20, -1e300, 1e-310, -1.0 / 0.0};

	if (type == I32) {
		wasm_put_i32(w, i32s[seed % 8]);
	} else if (type == I64) {
		emit_i64(w, i64s[seed % 8]);
	} else if (type == F32) {
		wasm_put_byte(w, OP_F32_CONST);
		wasm_put(w, &f32s[seed % 8], 4);
	} else {
		CHECK(type == F64, "a parameter of type %#x", type);
		wasm_put_byte(w, OP_F64_CONST);
		wasm_put(w, &f64s[seed % 8], 8);
	}
}

/* ---- What is there ---- */

static void sections_read(struct rework *k, const uint8_t *module, size_t bytes)
{
	struct reader r = {module, module + bytes};

	CHECK(bytes > 8 && memcmp(read_bytes(&r, 8), "\0asm\1\0\0\0", 8) == 0);
	while (r.at < r.end) {
		const uint8_t id = read_byte(&r);
		const uint32_t len = read_u32(&r);
		const uint8_t *payload = read_bytes(&r, len);

		CHECK(id < SECTION_COUNT, "a section of kind %u", id);
		k->sections[id] = (struct reader){payload, payload + len};
	}
}

static void types_read(struct rework *k)
{
	struct reader r = k->sections[TYPES];

	k->type_count = read_u32(&r);
	CHECK(k->type_count <= TYPES_MAX);
	for (uint32_t i = 0; i < k->type_count; i++) {
		struct type *type = &k->types[i];

		CHECK(read_byte(&r) == 0x60);
		for (int side = 0; side < 2; side++) {
			const uint32_t count = type->counts[side] = read_u32(&r);

			CHECK(count <= VALUES_MAX);
			memcpy(type->values[side], read_bytes(&r, count), count);
		}
	}
}

/* They are how it reports values, one for each type of them. */
static void imports_read(struct rework *k)
{
	struct reader r = k->sections[IMPORTS];

	k->import_count = read_u32(&r);
	for (uint32_t i = 0; i < k->import_count; i++) {
		const uint32_t module_len = read_u32(&r);
		const uint8_t *module = read_bytes(&r, module_len);
		const uint32_t name_len = read_u32(&r);
		const uint8_t *name = read_bytes(&r, name_len);
		const struct type *type;

		CHECK(module_len == 15 && memcmp(module, "fuzzing-support", 15) == 0);
		CHECK(name_len == 7 && memcmp(name, "log-", 4) == 0);
		CHECK(read_byte(&r) == 0, "an import that is no function");
		k->function_types[i] = read_u32(&r);
		type = &k->types[k->function_types[i]];
		CHECK(type->counts[0] == 1 && type->counts[1] == 0);
		k->loggers[I32 - type->values[0][0]] = i;
	}
}

static void functions_read(struct rework *k)
{
	struct reader r = k->sections[FUNCTIONS];
	const uint32_t count = read_u32(&r);

	k->function_count = k->import_count + count;
	CHECK(k->function_count <= FUNCTIONS_MAX);
	for (uint32_t i = k->import_count; i < k->function_count; i++)
		k->function_types[i] = read_u32(&r);
}

static void exports_read(struct rework *k)
{
	static const char hang[] = "hangLimitInitializer";
	struct reader r = k->sections[EXPORTS];

	for (uint32_t n = read_u32(&r); n > 0; n--) {
		const uint32_t len = read_u32(&r);
		const uint8_t *name = read_bytes(&r, len);
		const uint8_t kind = read_byte(&r);
		const uint32_t index = read_u32(&r);

		if (kind == 0 && len == sizeof(hang) - 1 && memcmp(name, hang, len) == 0)
			k->hang_initializer = index;
		else if (kind == 0)
			k->callees[k->made->steps++] = index;
	}
	CHECK(k->made->steps > 0 && k->hang_initializer > 0);
}

static void memory_read(struct rework *k)
{
	struct reader r = k->sections[MEMORIES];
	struct reader globals = k->sections[GLOBALS];

	CHECK(read_u32(&r) == 1 && read_byte(&r) <= 1);
	k->made->memory_bytes = read_u32(&r) * RANDOM_PAGE_BYTES;
	CHECK(k->made->memory_bytes >= 2 * RANDOM_PAGE_BYTES);
	k->made->header_off = k->made->memory_bytes - RANDOM_PAGE_BYTES;
	k->made->has_stack_pointer = read_u32(&globals) > 0 && read_byte(&globals) == I32;
}

/* ---- What becomes of it ---- */

/* Types that it lacks, behind its own. */
enum { TYPE_NOTHING, TYPE_ENTRY, TYPE_RUN, TYPE_STATE, TYPES_ADDED };

static void types_write(struct rework *k)
{
	static const uint8_t added[] = {0x60, 0, 0,   0x60, 1, I32, 1,   I32, 0x60,
					0,    1, I32, 0x60, 0, 2,   I64, I32};
	struct reader r = k->sections[TYPES];
	struct wasm_writer w = {0};

	read_u32(&r);
	wasm_put_u32(&w, k->type_count + TYPES_ADDED);
	put_rest(&w, &r);
	wasm_put(&w, added, sizeof(added));
	wasm_put_section(&k->out, TYPES, &w);
}

/* Imports become functions of its own, in their old places; new ones come behind: a step for each
 * callee, the entry, run, state. */
static void functions_write(struct rework *k)
{
	struct wasm_writer w = {0};

	wasm_put_u32(&w, k->function_count + k->made->steps + 3);
	for (uint32_t i = 0; i < k->function_count; i++)
		wasm_put_u32(&w, k->function_types[i]);
	for (uint32_t i = 0; i < k->made->steps; i++)
		wasm_put_u32(&w, k->type_count + TYPE_NOTHING);
	wasm_put_u32(&w, k->type_count + TYPE_ENTRY);
	wasm_put_u32(&w, k->type_count + TYPE_RUN);
	wasm_put_u32(&w, k->type_count + TYPE_STATE);
	wasm_put_section(&k->out, FUNCTIONS, &w);
}

static void memory_write(struct rework *k)
{
	const uint32_t pages = k->made->memory_bytes / RANDOM_PAGE_BYTES;
	struct wasm_writer w = {0};

	wasm_put_u32(&w, 1);
	wasm_put_byte(&w, 1);
	wasm_put_u32(&w, pages);
	wasm_put_u32(&w, pages);
	wasm_put_section(&k->out, MEMORIES, &w);
}

/* Returns the index of `__heap_base`. */
static uint32_t globals_write(struct rework *k)
{
	struct reader r = k->sections[GLOBALS];
	const uint32_t count = read_u32(&r);
	struct wasm_writer w = {0};

	wasm_put_u32(&w, count + 1);
	put_rest(&w, &r);
	wasm_put_byte(&w, I32);
	wasm_put_byte(&w, 0);
	wasm_put_i32(&w, k->made->header_off);
	wasm_put_byte(&w, OP_END);
	wasm_put_section(&k->out, GLOBALS, &w);
	return count;
}

static void export_put(struct wasm_writer *w, const char *name, unsigned int kind, uint32_t index)
{
	wasm_put_u32(w, (uint32_t)strlen(name));
	wasm_put(w, name, strlen(name));
	wasm_put_byte(w, kind);
	wasm_put_u32(w, index);
}

static void exports_write(struct rework *k, uint32_t heap_base)
{
	const uint32_t entry = k->function_count + k->made->steps;
	struct wasm_writer w = {0};

	wasm_put_u32(&w, 5);
	export_put(&w, "memory", 2, 0);
	export_put(&w, "__heap_base", 3, heap_base);
	export_put(&w, "mr_entry", 0, entry);
	export_put(&w, "run", 0, entry + 1);
	export_put(&w, "state", 0, entry + 2);
	wasm_put_section(&k->out, EXPORTS, &w);
}

/* hash = rotl((hash ^ what is on top) * factor); the hash is below it. */
static void emit_mix(struct wasm_writer *w)
{
	wasm_put_byte(w, OP_I64_XOR);
	emit_i64(w, HASH_FACTOR);
	wasm_put_byte(w, OP_I64_MUL);
	emit_i64(w, HASH_TURN);
	wasm_put_byte(w, OP_I64_ROTL);
}

static void logger_write(struct rework *k, struct wasm_writer *code, uint8_t type)
{
	const uint32_t area = AREA(k->made);
	struct wasm_writer w = {0};

	wasm_put_u32(&w, 0); /* no locals */
	wasm_put_i32(&w, area);
	wasm_put_i32(&w, area);
	wasm_put_memory(&w, OP_I64_LOAD, LOG_HASH);
	wasm_put_with(&w, OP_LOCAL_GET, 0);
	if (type == F32)
		wasm_put_byte(&w, OP_I32_REINTERPRET);
	if (type == F64)
		wasm_put_byte(&w, OP_I64_REINTERPRET);
	if (type == I32 || type == F32)
		wasm_put_byte(&w, OP_I64_EXTEND_I32_U);
	emit_mix(&w);
	wasm_put_memory(&w, OP_I64_STORE, LOG_HASH);
	wasm_put_i32(&w, area);
	wasm_put_i32(&w, area);
	wasm_put_memory(&w, OP_I32_LOAD, LOG_COUNT);
	wasm_put_i32(&w, 1);
	wasm_put_byte(&w, OP_I32_ADD);
	wasm_put_memory(&w, OP_I32_STORE, LOG_COUNT);
	wasm_put_byte(&w, OP_END);
	wasm_put_part(code, &w);
}

/* Its only work is to set a global to how much may be done before it gives up. */
static void hang_initializer_write(struct reader body, struct wasm_writer *code)
{
	struct wasm_writer w = {0};

	CHECK(read_byte(&body) == 0 && read_byte(&body) == OP_I32_CONST);
	read_u32(&body);
	CHECK(read_byte(&body) == OP_GLOBAL_SET);
	wasm_put_u32(&w, 0);
	wasm_put_i32(&w, HANG_LIMIT);
	wasm_put_with(&w, OP_GLOBAL_SET, read_u32(&body));
	wasm_put_byte(&w, OP_END);
	wasm_put_part(code, &w);
}

static void own_code_write(struct rework *k, struct wasm_writer *code)
{
	struct reader r = k->sections[CODE];
	uint32_t index = k->import_count;

	for (uint32_t n = read_u32(&r); n > 0; n--, index++) {
		const uint32_t len = read_u32(&r);
		const uint8_t *body = read_bytes(&r, len);

		if (index == k->hang_initializer) {
			hang_initializer_write((struct reader){body, body + len}, code);
			continue;
		}
		wasm_put_u32(code, len);
		wasm_put(code, body, len);
	}
}

/* Calls one function and logs what it returns, the last value first. */
static void step_write(struct rework *k, struct wasm_writer *code, uint32_t step)
{
	const uint32_t callee = k->callees[step];
	const struct type *type = &k->types[k->function_types[callee]];
	struct wasm_writer w = {0};

	wasm_put_u32(&w, 0);
	wasm_put_with(&w, OP_CALL, k->hang_initializer);
	for (uint32_t i = 0; i < type->counts[0]; i++)
		emit_argument(&w, type->values[0][i], step * 7 + i * 3);
	wasm_put_with(&w, OP_CALL, callee);
	for (uint32_t i = type->counts[1]; i > 0; i--) {
		CHECK(type->values[1][i - 1] >= F64, "a result of type %#x",
		      type->values[1][i - 1]);
		wasm_put_with(&w, OP_CALL, k->loggers[I32 - type->values[1][i - 1]]);
	}
	wasm_put_byte(&w, OP_END);
	wasm_put_part(code, &w);
}

static void entry_write(struct rework *k, struct wasm_writer *code)
{
	const uint32_t area = AREA(k->made);
	struct wasm_writer w = {0};

	wasm_put_u32(&w, 0);
	wasm_put_i32(&w, area);
	wasm_put_memory(&w, OP_I32_LOAD, RANDOM_START);
	wasm_put_with(&w, OP_LOCAL_SET, 0); /* the step to begin with, in place of header_off */
	for (uint32_t step = 0; step < k->made->steps; step++) {
		wasm_put_i32(&w, step);
		wasm_put_with(&w, OP_LOCAL_GET, 0);
		wasm_put_byte(&w, OP_I32_GE_U);
		wasm_put_byte(&w, OP_IF);
		wasm_put_byte(&w, 0x40); /* it leaves nothing */
		wasm_put_i32(&w, area);
		wasm_put_i32(&w, step);
		wasm_put_memory(&w, OP_I32_STORE, RANDOM_STEP);
		wasm_put_with(&w, OP_CALL, k->function_count + step);
		wasm_put_byte(&w, OP_END);
	}
	wasm_put_i32(&w, area);
	wasm_put_i32(&w, k->made->steps);
	wasm_put_memory(&w, OP_I32_STORE, RANDOM_STEP);
	wasm_put_i32(&w, 0);
	wasm_put_byte(&w, OP_END);
	wasm_put_part(code, &w);
}

static void run_write(struct rework *k, struct wasm_writer *code)
{
	struct wasm_writer w = {0};

	wasm_put_u32(&w, 0);
	wasm_put_i32(&w, AREA(k->made));
	wasm_put_i32(&w, k->start);
	wasm_put_memory(&w, OP_I32_STORE, RANDOM_START);
	wasm_put_i32(&w, k->made->header_off);
	wasm_put_with(&w, OP_CALL, k->function_count + k->made->steps);
	wasm_put_byte(&w, OP_END);
	wasm_put_part(code, &w);
}

/* As random_memory_hash(), and the step. */
static void state_write(struct rework *k, struct wasm_writer *code)
{
	struct wasm_writer w = {0};

	wasm_put_u32(&w, 2); /* local 0, an i64, is the hash; local 1, an i32, the address */
	wasm_put_u32(&w, 1);
	wasm_put_byte(&w, I64);
	wasm_put_u32(&w, 1);
	wasm_put_byte(&w, I32);
	wasm_put_byte(&w, OP_LOOP);
	wasm_put_byte(&w, 0x40);
	wasm_put_with(&w, OP_LOCAL_GET, 0);
	wasm_put_with(&w, OP_LOCAL_GET, 1);
	wasm_put_memory(&w, OP_I64_LOAD, 0);
	emit_mix(&w);
	wasm_put_with(&w, OP_LOCAL_SET, 0);
	wasm_put_with(&w, OP_LOCAL_GET, 1);
	wasm_put_i32(&w, 8);
	wasm_put_byte(&w, OP_I32_ADD);
	wasm_put_with(&w, OP_LOCAL_TEE, 1);
	wasm_put_i32(&w, k->made->memory_bytes);
	wasm_put_byte(&w, OP_I32_LT_U);
	wasm_put_with(&w, OP_BR_IF, 0);
	wasm_put_byte(&w, OP_END);
	wasm_put_with(&w, OP_LOCAL_GET, 0);
	wasm_put_i32(&w, AREA(k->made));
	wasm_put_memory(&w, OP_I32_LOAD, RANDOM_STEP);
	wasm_put_byte(&w, OP_END);
	wasm_put_part(code, &w);
}

uint64_t random_memory_hash(const uint8_t *memory, size_t bytes)
{
	uint64_t hash = 0;

	for (size_t off = 0; off < bytes; off += 8) {
		uint64_t word;

		memcpy(&word, memory + off, sizeof(word));
		hash = (hash ^ word) * HASH_FACTOR;
		hash = hash << HASH_TURN | hash >> (64 - HASH_TURN);
	}
	return hash;
}

static void code_write(struct rework *k)
{
	struct wasm_writer w = {0};

	wasm_put_u32(&w, k->function_count + k->made->steps + 3);
	for (uint32_t i = 0; i < k->import_count; i++)
		logger_write(k, &w, k->types[k->function_types[i]].values[0][0]);
	own_code_write(k, &w);
	for (uint32_t step = 0; step < k->made->steps; step++)
		step_write(k, &w, step);
	entry_write(k, &w);
	run_write(k, &w);
	state_write(k, &w);
	wasm_put_section(&k->out, CODE, &w);
}

static void section_copy(struct rework *k, unsigned int id)
{
	const struct reader *r = &k->sections[id];
	struct wasm_writer w = {0};

	if (r->at == NULL)
		return;
	put_rest(&w, r);
	wasm_put_section(&k->out, id, &w);
}

void random_module_make(const uint8_t *module, size_t bytes, uint32_t start,
			struct random_module *made)
{
	struct rework *k = calloc(1, sizeof(*k));

	CHECK(k != NULL);
	memset(made, 0, sizeof(*made));
	k->made = made;
	k->start = start;
	sections_read(k, module, bytes);
	types_read(k);
	imports_read(k);
	functions_read(k);
	exports_read(k);
	memory_read(k);
	wasm_put(&k->out, "\0asm\1\0\0\0", 8);
	types_write(k);
	functions_write(k);
	section_copy(k, TABLES);
	memory_write(k);
	exports_write(k, globals_write(k));
	section_copy(k, START);
	section_copy(k, ELEMENTS);
	section_copy(k, DATA_COUNT);
	code_write(k);
	section_copy(k, DATA);
	made->bytes = k->out.bytes;
	made->len = k->out.len;
	free(k);
}
