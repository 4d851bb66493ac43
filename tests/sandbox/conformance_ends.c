/*
 * Functions that do wrong: each run ends in its own way, with a clear text, the thread goes on, and
 * many of them in a row leave memory and descriptors as they were.
 */
#include <pthread.h>

#include "conformance.h"

#define TIME_LIMIT_MS 20
#define THREAD_DESCRIPTORS 2 /* that a backend keeps for another thread at the same function */

struct bad {
	const char *name;
	enum sandbox_outcome ends[KIND_COUNT]; // wasm, image, native
	const char *text;                      // part of what is said; not by native
};

/* SANDBOX_OK: not run. Native code is confined by nothing, and some of it would damage this
 * process; in images a wrong function pointer is a call like any other, and a float that no integer
 * holds converts to some integer. */
static const struct bad bads[] = {
    {"bad_read",
     {SANDBOX_OUT_OF_BOUNDS, SANDBOX_OUT_OF_BOUNDS, SANDBOX_CRASHED},
     "outside its bounds"},
    {"bad_write", {SANDBOX_OUT_OF_BOUNDS, SANDBOX_OUT_OF_BOUNDS, SANDBOX_OK}, "outside its bounds"},
    {"bad_copy", {SANDBOX_OUT_OF_BOUNDS, SANDBOX_OUT_OF_BOUNDS, SANDBOX_OK}, "outside its bounds"},
    {"bad_loop", {SANDBOX_TIME_LIMIT, SANDBOX_TIME_LIMIT, SANDBOX_TIME_LIMIT}, "20 ms"},
    {"bad_recursion",
     {SANDBOX_STACK_OVERFLOW, SANDBOX_STACK_OVERFLOW, SANDBOX_STACK_OVERFLOW},
     "recursion"},
    {"bad_deep",
     {SANDBOX_STACK_OVERFLOW, SANDBOX_STACK_OVERFLOW, SANDBOX_STACK_OVERFLOW},
     "recursion"},
    {"bad_division", {SANDBOX_DIVISION, SANDBOX_DIVISION, SANDBOX_CRASHED}, "by zero"},
    {"bad_overflow", {SANDBOX_DIVISION, SANDBOX_DIVISION, SANDBOX_CRASHED}, "by -1"},
    {"bad_convert", {SANDBOX_CONVERSION, SANDBOX_OK, SANDBOX_OK}, "floating-point"},
    {"bad_abort", {SANDBOX_UNREACHABLE, SANDBOX_UNREACHABLE, SANDBOX_CRASHED}, "gave up"},
    {"bad_pointer", {SANDBOX_BAD_CALL, SANDBOX_OK, SANDBOX_OK}, "pointer"},
    {"bad_memory", {SANDBOX_FAILED, SANDBOX_FAILED, SANDBOX_FAILED}, "raise `memory`"},
    {"bad_text", {SANDBOX_FAILED, SANDBOX_FAILED, SANDBOX_FAILED}, "line 17 is not to my taste"},
    {"bad_silent", {SANDBOX_FAILED, SANDBOX_FAILED, SANDBOX_FAILED}, "returned 42"},
    {"bad_words", {SANDBOX_FAILED, SANDBOX_FAILED, SANDBOX_FAILED}, "returned 1"},
    {"bad_count", {SANDBOX_BAD_OUTPUT, SANDBOX_BAD_OUTPUT, SANDBOX_BAD_OUTPUT}, ""},
    {"bad_table", {SANDBOX_BAD_OUTPUT, SANDBOX_BAD_OUTPUT, SANDBOX_BAD_OUTPUT}, ""},
    {"bad_item", {SANDBOX_BAD_OUTPUT, SANDBOX_BAD_OUTPUT, SANDBOX_BAD_OUTPUT}, ""},
    {"bad_key", {SANDBOX_BAD_OUTPUT, SANDBOX_BAD_OUTPUT, SANDBOX_BAD_OUTPUT}, ""},
};
#define BAD_COUNT (sizeof(bads) / sizeof(bads[0]))

static enum conformance_kind kind;
static struct harness_function functions[BAD_COUNT], echo;

static void bad_run(size_t index)
{
	const struct bad *bad = &bads[index];
	const enum sandbox_outcome wanted = bad->ends[kind];
	const struct harness_set in = {"in", NULL, 0};
	struct harness_run run;

	if (wanted == SANDBOX_OK)
		return;
	harness_invoke(&functions[index], &in, 1, &run);
	CHECK(run.result.outcome == wanted, "%s: %s (%s)", bad->name,
	      sandbox_outcome_text(run.result.outcome), run.result.text);
	CHECK(run.result.text[0] != 0, "%s", bad->name);
	CHECK(kind == KIND_NATIVE || strstr(run.result.text, bad->text) != NULL, "%s: %s",
	      bad->name, run.result.text);
	harness_release(&run);
}

static void all_run(int runs)
{
	for (int i = 0; i < runs; i++)
		for (size_t b = 0; b < BAD_COUNT; b++)
			if (bads[b].ends[KIND_WASM] != SANDBOX_TIME_LIMIT || i % 50 == 0)
				bad_run(b);
	conformance_echo(&echo);
}

static void *thread_main(void *runs)
{
	CHECK(sandbox_thread_enter() == 0);
	all_run(*(const int *)runs);
	sandbox_thread_leave();
	return NULL;
}

static void two_threads_run(int runs)
{
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, thread_main, &runs) == 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

/* Its outputs, against what it may put out: three items of 100 bytes, and their names. */
static void limited_run(uint64_t bytes_max, uint32_t items_max, enum sandbox_outcome wanted,
			const char *text)
{
	static const char bytes[100];
	const struct harness_item items[3] = {
	    {.name = "a", .bytes = bytes, .len = sizeof(bytes)},
	    {.name = "b", .bytes = bytes, .len = sizeof(bytes)},
	    {.name = "c", .bytes = bytes, .len = sizeof(bytes)},
	};
	const struct harness_set in = {"in", items, 3};
	struct harness_function limited = echo;
	struct harness_run run;

	limited.output_bytes_max = bytes_max;
	limited.output_items_max = items_max;
	harness_invoke(&limited, &in, 1, &run);
	CHECK(run.result.outcome == wanted, "%s (%s)", sandbox_outcome_text(run.result.outcome),
	      run.result.text);
	CHECK(strstr(run.result.text, text) != NULL, "%s", run.result.text);
	harness_release(&run);
}

static void outputs_limited(void)
{
	limited_run(0, 0, SANDBOX_OK, "");
	limited_run(10000, 3, SANDBOX_OK, "");
	limited_run(300, 3, SANDBOX_OUTPUT_LIMIT, "raise `output`");
	limited_run(10000, 2, SANDBOX_ITEM_LIMIT, "raise `items`");
}

void conformance_ends(const struct conformance *c)
{
	long descriptors, rss;

	kind = c->kind;
	for (size_t b = 0; b < BAD_COUNT; b++) {
		functions[b] = conformance_function(c, bads[b].name);
		if (bads[b].ends[KIND_WASM] == SANDBOX_TIME_LIMIT)
			functions[b].time_limit_ms = TIME_LIMIT_MS;
	}
	echo = conformance_function(c, "good_echo");
	for (size_t b = 0; b < BAD_COUNT; b++) {
		bad_run(b);
		conformance_echo(&echo);
	}
	outputs_limited();
	/* Allocators take a while until they hold what they ever will. */
	all_run(c->runs / 4);
	two_threads_run(c->runs / 8);
	descriptors = harness_descriptors();
	rss = conformance_rss_kib();
	all_run(c->runs);
	CHECK(harness_descriptors() == descriptors, "%ld, then %ld", descriptors,
	      harness_descriptors());
	/* Two threads at the same function may have met for the first time. */
	two_threads_run(c->runs / 4);
	CHECK(harness_descriptors() <= descriptors + THREAD_DESCRIPTORS * (long)BAD_COUNT,
	      "%ld, then %ld", descriptors, harness_descriptors());
	CHECK(conformance_rss_kib() < rss + 4096, "%ld KiB, then %ld", rss, conformance_rss_kib());
	for (size_t b = 0; b < BAD_COUNT; b++)
		sandbox_release(&functions[b].code);
	sandbox_release(&echo.code);
}
