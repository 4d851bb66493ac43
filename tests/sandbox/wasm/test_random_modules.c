/*
 * Random valid modules do in the sandbox what they do in wabt's interpreter: Binaryen makes them
 * from random bytes, and both run the same function (random_module.h) from the same memory. Each
 * trap ends both for the same reason, with the same memory to its last byte; then both go on, anew,
 * with what follows it.
 *
 *	test_random_modules [COUNT [SEED]]
 *	test_random_modules plant	(a difference is planted: it must be found)
 */
#include <inttypes.h>
#include <sys/wait.h>

#include "harness.h"
#include "random_module.h"
#include "test.h"

#define COUNT_DEFAULT 20
#define PLANTED_COUNT 20 /* one of so many modules must show what was planted */
#define INPUT_BYTES_MIN 200
#define INPUT_BYTES_MAX 12000
#define TIME_LIMIT_MS 20000
#define STACKS_SHARE_MAX \
	20 /* one run in so many may exhaust a stack, which engines have of any size */

/* What this wasm2c and this interpreter know, but for SIMD, and references, which Binaryen gives
 * types of an older draft. Not-a-number has many patterns of bits, and engines choose: --denan. */
#define FEATURES                                                                          \
	"--mvp-features --enable-mutable-globals --enable-sign-ext --enable-bulk-memory " \
	"--enable-multivalue --enable-nontrapping-float-to-int"
#define MODULE_COMMAND \
	"wasm-opt -q --translate-to-fuzz %s/input --denan " FEATURES " -o %s/module >%s/log 2>&1"
/* What a compiler that is wrong may do: divisions and conversions that should trap give a number.
 */
#define PLANT_COMMAND \
	"wasm-opt -q %s/module --trap-mode-clamp " FEATURES " -o %s/planted >%s/log 2>&1"
#define RUN_COMMAND "timeout 60 wasm-interp --run-all-exports %s/run.wasm"

struct bytes {
	uint8_t *data;
	size_t len;
};

/* How it ended there, and what it left. */
struct reference {
	char trap[128]; // empty: it returned
	uint64_t memory_hash;
	uint32_t step;
};

static uint32_t runs, traps, stacks;

/* ---- Programs and files ---- */

static void command_run(const char *format)
{
	const char *dir = harness_cache();
	char command[1024];

	snprintf(command, sizeof(command), format, dir, dir, dir);
	CHECK(system(command) == 0, "%s", command);
}

static void file_path(char path[128], const char *name)
{
	snprintf(path, 128, "%s/%s", harness_cache(), name);
}

static void file_write(const char *name, const void *data, size_t len)
{
	char path[128];
	FILE *file;

	file_path(path, name);
	file = fopen(path, "we");
	CHECK(file != NULL && fwrite(data, 1, len, file) == len && fclose(file) == 0, "%s", path);
}

static struct bytes file_read(const char *name)
{
	struct bytes bytes = {0};
	char path[128];
	FILE *file;

	file_path(path, name);
	file = fopen(path, "re");
	CHECK(file != NULL && fseek(file, 0, SEEK_END) == 0, "%s", path);
	bytes.len = (size_t)ftell(file);
	bytes.data = malloc(bytes.len);
	rewind(file);
	CHECK(bytes.data != NULL && fread(bytes.data, 1, bytes.len, file) == bytes.len);
	fclose(file);
	return bytes;
}

static uint64_t random_next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static void input_write(uint64_t seed)
{
	static uint8_t bytes[INPUT_BYTES_MAX];
	const size_t len =
	    INPUT_BYTES_MIN + random_next(&seed) % (INPUT_BYTES_MAX - INPUT_BYTES_MIN);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)random_next(&seed);
	file_write("input", bytes, len);
}

/* ---- The two engines ---- */

static void reference_run(const struct bytes *module, uint32_t start, struct reference *reference)
{
	struct random_module made;
	char command[256], line[256];
	bool ran = false, told = false;
	FILE *output;

	memset(reference, 0, sizeof(*reference));
	random_module_make(module->data, module->len, start, &made);
	file_write("run.wasm", made.bytes, made.len);
	free(made.bytes);
	snprintf(command, sizeof(command), RUN_COMMAND, harness_cache());
	output = popen(command, "re");
	CHECK(output != NULL);
	while (fgets(line, sizeof(line), output) != NULL) {
		line[strcspn(line, "\n")] = 0;
		if (strcmp(line, "run() => i32:0") == 0)
			ran = true;
		else if (sscanf(line, "run() => error: %127[^\n]", reference->trap) == 1)
			ran = true;
		else if (sscanf(line, "state() => i64:%" SCNu64 ", i32:%" SCNu32,
				&reference->memory_hash, &reference->step) == 2)
			told = true;
		else
			CHECK(false, "wasm-interp says: %s", line);
	}
	CHECK(pclose(output) >= 0 && ran && told, "wasm-interp says too little");
}

static struct region *sandbox_enter(struct sandbox_code *code, const struct random_module *made,
				    uint32_t start, struct sandbox_result *result)
{
	struct region *region;

	CHECK(code->header_off == made->header_off);
	CHECK(region_alloc(harness_pool(), made->memory_bytes, REGION_ANY, &region) == 0);
	memset(region->base, 0, region->bytes);
	memcpy(region->base + made->header_off + RANDOM_AREA_OFF + RANDOM_START, &start,
	       sizeof(start));
	sandbox_run(code, region, TIME_LIMIT_MS, result);
	return region;
}

/* Is that outcome what the interpreter's words mean? */
static bool outcome_fits(enum sandbox_outcome outcome, const char *trap, bool has_stack_pointer)
{
	static const struct {
		const char *words;
		enum sandbox_outcome outcomes[2]; // the interpreter has one word for some two
	} meanings[] = {
	    {"out of bounds", {SANDBOX_OUT_OF_BOUNDS, SANDBOX_OUT_OF_BOUNDS}},
	    {"unreachable executed", {SANDBOX_UNREACHABLE, SANDBOX_UNREACHABLE}},
	    {"integer divide by zero", {SANDBOX_DIVISION, SANDBOX_DIVISION}},
	    {"integer overflow", {SANDBOX_DIVISION, SANDBOX_CONVERSION}},
	    {"invalid conversion", {SANDBOX_CONVERSION, SANDBOX_CONVERSION}},
	    {"undefined table index", {SANDBOX_BAD_CALL, SANDBOX_OUT_OF_BOUNDS}},
	    {"uninitialized table element", {SANDBOX_BAD_CALL, SANDBOX_BAD_CALL}},
	    {"indirect call signature mismatch", {SANDBOX_BAD_CALL, SANDBOX_BAD_CALL}},
	};

	if (trap[0] == 0)
		return outcome == SANDBOX_OK;
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strncmp(trap, meanings[i].words, strlen(meanings[i].words)) == 0)
			return outcome == meanings[i].outcomes[0] ||
			       outcome == meanings[i].outcomes[1] ||
			       (i == 0 && has_stack_pointer && outcome == SANDBOX_STACK_OVERFLOW);
	return false;
}

/* A function that writes its own status into the header, by chance, ends as that says. */
static bool status_written(const struct region *region, uint32_t header_off)
{
	struct mr_region header;

	memcpy(&header, region->base + header_off, sizeof(header));
	return header.status != 0;
}

static bool same(const struct region *region, const struct random_module *made,
		 const struct sandbox_result *result, const struct reference *reference)
{
	const uint64_t hash = random_memory_hash(region->base, region->bytes);

	if (!status_written(region, made->header_off) &&
	    !outcome_fits(result->outcome, reference->trap, made->has_stack_pointer)) {
		printf("the sandbox: %s; the interpreter: %s\n",
		       sandbox_outcome_text(result->outcome),
		       reference->trap[0] != 0 ? reference->trap : "it returned");
		return false;
	}
	if (hash != reference->memory_hash) {
		printf("memory differs after step %u (%s)\n", reference->step,
		       reference->trap[0] != 0 ? reference->trap : "the last");
		return false;
	}
	return true;
}

static bool stack_exhausted(const struct sandbox_result *result, const struct reference *reference)
{
	return strstr(reference->trap, "stack exhausted") != NULL ||
	       (result->outcome == SANDBOX_STACK_OVERFLOW &&
		strncmp(reference->trap, "out of bounds", 13) != 0);
}

/* Runs both from that step on. Returns the step that a trap ended, or the number of all; -1: they
 * differ. */
static int64_t both_run(struct sandbox_code *code, const struct random_module *made,
			const struct bytes *module, uint32_t start)
{
	struct sandbox_result result;
	struct reference reference;
	struct region *region = sandbox_enter(code, made, start, &result);
	int64_t step;

	reference_run(module, start, &reference);
	runs++;
	traps += reference.trap[0] != 0;
	step = reference.trap[0] != 0 ? reference.step : made->steps;
	if (stack_exhausted(&result, &reference)) {
		stacks++;
		step = made->steps;
	} else if (!same(region, made, &result, &reference)) {
		step = -1;
	}
	region_unref(&region);
	return step;
}

/* The sandbox gets one module, the interpreter the other: mostly the same. */
static bool modules_agree(const struct bytes *sandboxed, const struct bytes *interpreted)
{
	char error[MR_ERROR_BYTES_MAX] = "";
	struct random_module made;
	struct sandbox_code *code;
	int64_t start = 0, step;

	random_module_make(sandboxed->data, sandboxed->len, 0, &made);
	CHECK(sandbox_backend("wasm")->prepare(made.bytes, made.len, harness_cache(), &code, error,
					       sizeof(error)) == 0,
	      "%s", error);
	do {
		step = both_run(code, &made, interpreted, (uint32_t)start);
		/* What it wrote over its own log goes no further. */
		start = step >= start ? step + 1 : made.steps;
	} while (step >= 0 && start < made.steps);
	sandbox_release(&code);
	free(made.bytes);
	return step >= 0;
}

static bool seed_agrees(uint64_t seed, bool planted)
{
	struct bytes module, other;
	bool agree;

	input_write(seed);
	command_run(MODULE_COMMAND);
	if (planted)
		command_run(PLANT_COMMAND);
	module = file_read("module");
	other = file_read(planted ? "planted" : "module");
	agree = modules_agree(&other, &module);
	free(module.data);
	free(other.data);
	return agree;
}

static void plant_found(void)
{
	uint64_t seed = 1;

	while (seed <= PLANTED_COUNT && seed_agrees(seed, true))
		seed++;
	CHECK(seed <= PLANTED_COUNT, "what was planted is in none of %d modules", PLANTED_COUNT);
	printf("seed %" PRIu64 " shows what was planted\n", seed);
}

static void agreed(uint64_t count, uint64_t first)
{
	for (uint64_t seed = first; seed < first + count; seed++)
		CHECK(seed_agrees(seed, false),
		      "seed %" PRIu64 ": repeat it with arguments 1 %" PRIu64, seed, seed);
	printf("%" PRIu64 " modules from seed %" PRIu64 ": %u runs of each engine, %u traps, %u "
	       "stacks exhausted\n",
	       count, first, runs, traps, stacks);
	CHECK(stacks * STACKS_SHARE_MAX <= runs, "stacks are exhausted too often to show much");
}

int main(int argc, char **argv)
{
	const bool planted = argc > 1 && strcmp(argv[1], "plant") == 0;

	if (system("command -v wasm-opt >/dev/null") != 0)
		SKIP("wasm-opt is not installed: apt-get install binaryen");
	if (system("command -v wasm-interp >/dev/null") != 0)
		SKIP("wasm-interp is not installed: apt-get install wabt");
	harness_start();
	if (planted)
		plant_found();
	else
		agreed(argc > 1 ? strtoull(argv[1], NULL, 10) : COUNT_DEFAULT,
		       argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
	harness_stop();
	return 0;
}
