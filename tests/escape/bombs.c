/*
 * Modules that are made to hurt the compiler, as far as the checker's limits let them: each becomes
 * code, or ends by a limit or a refusal with its reason, in the time that all tools may take; and
 *the host has what it had before.
 *
 *	bombs [NAME...|all]	(without names: those that end within a few seconds)
 */
#include <dirent.h>
#include <errno.h>
#include <time.h>

#include "harness.h"
#include "sandbox_limits.h"
#include "test.h"
#include "wasm_writer.h"

enum { TYPES = 1, FUNCTIONS = 3, TABLES, MEMORIES, GLOBALS, EXPORTS, ELEMENTS = 9, CODE, DATA };
enum {
	OP_BLOCK = 0x02,
	OP_LOOP,
	OP_IF,
	OP_END = 0x0b,
	OP_BR_IF = 0x0d,
	OP_BR_TABLE,
	OP_CALL = 0x10,
	OP_LOCAL_GET = 0x20,
	OP_LOCAL_SET,
	OP_I32_ADD = 0x6a,
	OP_I32_MUL = 0x6c,
};

#define I32 0x7f
#define NO_VALUE 0x40
#define TOOLS 3 /* each has its own time */

/* What a bomb fills in: bodies of functions of type 0, (i32) -> i32; the first is the entry. */
struct bomb {
	struct wasm_writer types, functions, code;
	uint32_t type_count, function_count;
};

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t bound)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)random_state * bound >> 32);
}

static void emit(struct wasm_writer *w, unsigned int op, uint32_t index)
{
	wasm_put_byte(w, op);
	wasm_put_u32(w, index);
}

static void type_add(struct bomb *b, uint32_t params, uint32_t results)
{
	wasm_put_byte(&b->types, 0x60);
	wasm_put_u32(&b->types, params);
	wasm_put_times(&b->types, I32, params);
	wasm_put_u32(&b->types, results);
	wasm_put_times(&b->types, I32, results);
	b->type_count++;
}

static void body_begin(struct wasm_writer *w, uint32_t locals)
{
	wasm_put_u32(w, 1);
	wasm_put_u32(w, locals);
	wasm_put_byte(w, I32);
}

static void body_add(struct bomb *b, uint32_t type, struct wasm_writer *body)
{
	wasm_put_byte(body, OP_END);
	wasm_put_u32(&b->functions, type);
	wasm_put_part(&b->code, body);
	b->function_count++;
}

/* local = local + local, all over them, as often as a function has room for. */
static void sums_emit(struct wasm_writer *w, uint32_t locals, size_t bytes)
{
	while (w->len < bytes) {
		emit(w, OP_LOCAL_GET, random_below(locals));
		emit(w, OP_LOCAL_GET, random_below(locals));
		wasm_put_byte(w, OP_I32_ADD);
		emit(w, OP_LOCAL_SET, random_below(locals));
	}
}

static void locals_fill(struct bomb *b)
{
	struct wasm_writer body = {0};

	body_begin(&body, SANDBOX_LOCALS_MAX);
	sums_emit(&body, SANDBOX_LOCALS_MAX, SANDBOX_BODY_BYTES_MAX - 64);
	emit(&body, OP_LOCAL_GET, 1);
	body_add(b, 0, &body);
}

/* Each local lives across each of many small loops. */
static void loops_fill(struct bomb *b)
{
	struct wasm_writer body = {0};

	body_begin(&body, SANDBOX_LOCALS_MAX);
	while (body.len < SANDBOX_BODY_BYTES_MAX - 256) {
		wasm_put_byte(&body, OP_LOOP);
		wasm_put_byte(&body, NO_VALUE);
		sums_emit(&body, SANDBOX_LOCALS_MAX, body.len + 32);
		emit(&body, OP_LOCAL_GET, random_below(SANDBOX_LOCALS_MAX));
		emit(&body, OP_BR_IF, 0);
		wasm_put_byte(&body, OP_END);
	}
	emit(&body, OP_LOCAL_GET, 1);
	body_add(b, 0, &body);
}

static void nested_fill(struct bomb *b, unsigned int op, uint32_t depth)
{
	struct wasm_writer body = {0};

	body_begin(&body, 100);
	for (uint32_t i = 0; i < depth; i++) {
		if (op == OP_IF)
			emit(&body, OP_LOCAL_GET, 0);
		wasm_put_byte(&body, op);
		wasm_put_byte(&body, NO_VALUE);
	}
	for (uint32_t i = 0; i < depth; i++) {
		if (op == OP_LOOP) {
			emit(&body, OP_LOCAL_GET, random_below(100));
			emit(&body, OP_BR_IF, 0);
		}
		wasm_put_byte(&body, OP_END);
	}
	emit(&body, OP_LOCAL_GET, 1);
	body_add(b, 0, &body);
}

static void blocks_fill(struct bomb *b)
{
	nested_fill(b, OP_BLOCK, SANDBOX_BODY_BYTES_MAX / 3 - 100);
}

static void ifs_fill(struct bomb *b)
{
	nested_fill(b, OP_IF, SANDBOX_BODY_BYTES_MAX / 5 - 100);
}

static void nested_loops_fill(struct bomb *b)
{
	nested_fill(b, OP_LOOP, 2000);
}

/* An expression as deep as a function is long. */
static void deep_fill(struct bomb *b)
{
	const uint32_t depth = SANDBOX_BODY_BYTES_MAX / 3 - 100;
	struct wasm_writer body = {0};

	body_begin(&body, 1);
	for (uint32_t i = 0; i < depth; i++)
		emit(&body, OP_LOCAL_GET, i % 2);
	for (uint32_t i = 1; i < depth; i++)
		wasm_put_byte(&body, i % 3 == 0 ? OP_I32_MUL : OP_I32_ADD);
	body_add(b, 0, &body);
}

/* Jumps to anywhere of many blocks, a million ways. */
static void jumps_fill(struct bomb *b)
{
	const uint32_t depth = 10000, ways = SANDBOX_BODY_BYTES_MAX / 2 - 20000;
	struct wasm_writer body = {0};

	body_begin(&body, 1);
	for (uint32_t i = 0; i < depth; i++) {
		wasm_put_byte(&body, OP_BLOCK);
		wasm_put_byte(&body, NO_VALUE);
	}
	emit(&body, OP_LOCAL_GET, 0);
	emit(&body, OP_BR_TABLE, ways);
	for (uint32_t i = 0; i <= ways; i++)
		wasm_put_u32(&body, random_below(depth));
	for (uint32_t i = 0; i < depth; i++)
		wasm_put_byte(&body, OP_END);
	emit(&body, OP_LOCAL_GET, 1);
	body_add(b, 0, &body);
}

static void functions_fill(struct bomb *b)
{
	for (uint32_t i = 0; i < SANDBOX_FUNCTIONS_MAX; i++) {
		struct wasm_writer body = {0};

		body_begin(&body, 1);
		emit(&body, OP_LOCAL_GET, 0);
		emit(&body, OP_CALL, (i + 1) % SANDBOX_FUNCTIONS_MAX);
		body_add(b, 0, &body);
	}
}

/* Functions of as many parameters and results as there may be, which call each other with them. */
static void values_fill(struct bomb *b)
{
	struct wasm_writer entry = {0};

	type_add(b, SANDBOX_PARAMS_MAX, SANDBOX_PARAMS_MAX);
	body_begin(&entry, 1);
	emit(&entry, OP_LOCAL_GET, 0);
	body_add(b, 0, &entry);
	for (uint32_t i = 0; i < 100; i++) {
		struct wasm_writer body = {0};

		body_begin(&body, 1);
		for (uint32_t n = 0; n < SANDBOX_PARAMS_MAX; n++)
			emit(&body, OP_LOCAL_GET, random_below(SANDBOX_PARAMS_MAX));
		for (int calls = 0; calls < 10; calls++)
			emit(&body, OP_CALL, 1 + random_below(100));
		body_add(b, 1, &body);
	}
}

static void types_fill(struct bomb *b)
{
	struct wasm_writer entry = {0};

	/* Each is another, in its last bytes: as many values as a section has room for. */
	for (uint32_t i = 1; i < SANDBOX_TYPES_MAX; i++)
		type_add(b, i % 100, i / 100);
	body_begin(&entry, 1);
	emit(&entry, OP_LOCAL_GET, 0);
	body_add(b, 0, &entry);
}

/* All code that there may be, in functions of a middle size. */
static void code_fill(struct bomb *b)
{
	while (b->code.len < SANDBOX_CODE_BYTES_MAX - 70000) {
		struct wasm_writer body = {0};

		body_begin(&body, 1000);
		sums_emit(&body, 1000, 65000);
		emit(&body, OP_LOCAL_GET, 1);
		body_add(b, 0, &body);
	}
}

static const struct {
	const char *name;
	void (*fill)(struct bomb *b);
	bool quick;
} bombs[] = {
    {"locals", locals_fill, false},      {"loops", loops_fill, false},
    {"blocks", blocks_fill, true},       {"ifs", ifs_fill, true},
    {"nested", nested_loops_fill, true}, {"deep", deep_fill, false},
    {"jumps", jumps_fill, false},        {"functions", functions_fill, false},
    {"values", values_fill, false},      {"types", types_fill, false},
    {"code", code_fill, false},
};
#define BOMB_COUNT (sizeof(bombs) / sizeof(bombs[0]))

static void counted_put(struct wasm_writer *w, unsigned int section, uint32_t count,
			struct wasm_writer *part)
{
	struct wasm_writer whole = {0};

	wasm_put_u32(&whole, count);
	wasm_put(&whole, part->bytes, part->len);
	free(part->bytes);
	wasm_put_section(w, section, &whole);
}

static void module_write(struct wasm_writer *w, struct bomb *b)
{
	static const char memory[] = "\x05\x03\x01\x00\x01";
	static const char globals[] = "\x06\x07\x01\x7f\x00\x41\x80\x08\x0b";
	static const char exports[] = "\x07\x23\x03\x06memory\x02\x00\x0b__heap_base\x03\x00"
				      "\x08mr_entry\x00";

	wasm_put(w, "\0asm\1\0\0\0", 8);
	counted_put(w, TYPES, b->type_count, &b->types);
	counted_put(w, FUNCTIONS, b->function_count, &b->functions);
	wasm_put(w, memory, sizeof(memory) - 1);
	wasm_put(w, globals, sizeof(globals) - 1);
	wasm_put(w, exports, sizeof(exports));
	counted_put(w, CODE, b->function_count, &b->code);
}

static double seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int bomb_prepare(size_t index, char *error)
{
	struct bomb b = {0};
	struct wasm_writer w = {0};
	struct sandbox_code *code = NULL;
	int rc;

	type_add(&b, 1, 1);
	bombs[index].fill(&b);
	module_write(&w, &b);
	rc = sandbox_backend("wasm")->prepare(w.bytes, w.len, harness_cache(), &code, error,
					      MR_ERROR_BYTES_MAX);
	sandbox_release(&code);
	free(w.bytes);
	return rc;
}

/* Files of the cache that are not finished. */
static bool something_left(void)
{
	DIR *dir = opendir(harness_cache());
	struct dirent *entry;
	bool left = false;

	CHECK(dir != NULL);
	while ((entry = readdir(dir)) != NULL)
		left = left || (entry->d_name[0] != '.' && strstr(entry->d_name, ".so") == NULL);
	closedir(dir);
	return left;
}

static void bomb_ends(size_t index)
{
	char error[MR_ERROR_BYTES_MAX] = "";
	const double start = seconds_now();
	const int rc = bomb_prepare(index, error);
	const double took = seconds_now() - start;

	printf("%s: %s, in %.1f s%s%.200s\n", bombs[index].name, rc == 0 ? "code" : "an error",
	       took, rc == 0 ? "" : ": ", error);
	fflush(stdout);
	CHECK(rc == 0 || rc == -ETIMEDOUT || rc == -ENOMEM || rc == -EFBIG || rc == -ENOEXEC,
	      "%s: %s", bombs[index].name, strerror(-rc));
	CHECK(rc == 0 || error[0] != 0, "%s is refused without a reason", bombs[index].name);
	CHECK(took < TOOLS * (SANDBOX_COMPILE_SECONDS_MAX + 10), "%s", bombs[index].name);
	CHECK(!something_left(), "%s leaves something in the cache", bombs[index].name);
}

static bool chosen(size_t index, char **names)
{
	if (*names == NULL)
		return bombs[index].quick;
	for (; *names != NULL; names++)
		if (strcmp(*names, bombs[index].name) == 0 || strcmp(*names, "all") == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	harness_start();
	for (size_t i = 0; i < BOMB_COUNT; i++)
		if (chosen(i, argv + 1))
			bomb_ends(i);
	harness_stop();
	return 0;
}
