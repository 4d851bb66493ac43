/*
 * Functions that do wrong: each run ends in its own way, with a clear text, the thread goes on, and
 * a thousand of them in a row leave memory and descriptors as they were.
 *
 *	test_bad BACKEND DIR [RUNS]
 */
#include <dirent.h>
#include <pthread.h>
#include <time.h>

#include "harness.h"
#include "test.h"

#define TIME_LIMIT_MS 20

struct bad {
	const char *name;
	enum sandbox_outcome wasm, native;
	const char *text; /* part of the wasm run's text */
};

/* Native code is confined by nothing: what would damage this process is left out (SANDBOX_OK). */
static const struct bad bads[] = {
    {"bad_read", SANDBOX_OUT_OF_BOUNDS, SANDBOX_CRASHED, "outside its bounds"},
    {"bad_write", SANDBOX_OUT_OF_BOUNDS, SANDBOX_OK, "outside its bounds"},
    {"bad_copy", SANDBOX_OUT_OF_BOUNDS, SANDBOX_OK, "outside its bounds"},
    {"bad_loop", SANDBOX_TIME_LIMIT, SANDBOX_TIME_LIMIT, "20 ms"},
    {"bad_recursion", SANDBOX_STACK_OVERFLOW, SANDBOX_STACK_OVERFLOW, "recursion"},
    {"bad_deep", SANDBOX_STACK_OVERFLOW, SANDBOX_STACK_OVERFLOW, "recursion"},
    {"bad_division", SANDBOX_DIVISION, SANDBOX_CRASHED, "by zero"},
    {"bad_overflow", SANDBOX_DIVISION, SANDBOX_CRASHED, "by -1"},
    {"bad_convert", SANDBOX_CONVERSION, SANDBOX_FAILED, "floating-point"},
    {"bad_abort", SANDBOX_UNREACHABLE, SANDBOX_CRASHED, "gave up"},
    {"bad_pointer", SANDBOX_BAD_CALL, SANDBOX_OK, "pointer"},
    {"bad_memory", SANDBOX_FAILED, SANDBOX_FAILED, "raise `memory`"},
    {"bad_text", SANDBOX_FAILED, SANDBOX_FAILED, "line 17 is not to my taste"},
    {"bad_silent", SANDBOX_FAILED, SANDBOX_FAILED, "returned 42"},
    {"bad_words", SANDBOX_FAILED, SANDBOX_FAILED, "returned 1"},
    {"bad_count", SANDBOX_BAD_OUTPUT, SANDBOX_BAD_OUTPUT, ""},
    {"bad_table", SANDBOX_BAD_OUTPUT, SANDBOX_BAD_OUTPUT, ""},
    {"bad_item", SANDBOX_BAD_OUTPUT, SANDBOX_BAD_OUTPUT, ""},
    {"bad_key", SANDBOX_BAD_OUTPUT, SANDBOX_BAD_OUTPUT, ""},
};
#define BAD_COUNT (sizeof(bads) / sizeof(bads[0]))

static bool is_wasm;
static struct harness_function functions[BAD_COUNT], echo;

static void echo_run(void)
{
	const struct harness_item item = {.name = "greeting", .bytes = "hello", .len = 5};
	const struct harness_set in = {"in", &item, 1};
	struct harness_run run;

	harness_invoke(&echo, &in, 1, &run);
	CHECK(run.result.outcome == SANDBOX_OK, "%s", run.result.text);
	CHECK(run.out.item_count == 1);
	CHECK(memcmp(harness_bytes(&run, harness_items(&run)), "hello", 5) == 0);
	CHECK(run.result.text[0] == 0);
	harness_release(&run);
}

static void bad_run(size_t index)
{
	const struct bad *bad = &bads[index];
	const enum sandbox_outcome wanted = is_wasm ? bad->wasm : bad->native;
	const struct harness_set in = {"in", NULL, 0};
	struct harness_run run;

	if (wanted == SANDBOX_OK)
		return;
	harness_invoke(&functions[index], &in, 1, &run);
	CHECK(run.result.outcome == wanted, "%s: %s (%s)", bad->name,
	      sandbox_outcome_text(run.result.outcome), run.result.text);
	CHECK(run.result.text[0] != 0, "%s", bad->name);
	CHECK(!is_wasm || strstr(run.result.text, bad->text) != NULL, "%s: %s", bad->name,
	      run.result.text);
	harness_release(&run);
}

static long descriptors_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	long n = 0;

	CHECK(dir != NULL);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static long rss_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size, resident;

	CHECK(file != NULL && fscanf(file, "%ld %ld", &size, &resident) == 2);
	fclose(file);
	return resident * 4;
}

static void all_run(int runs)
{
	for (int i = 0; i < runs; i++)
		for (size_t b = 0; b < BAD_COUNT; b++)
			if (bads[b].wasm != SANDBOX_TIME_LIMIT || i % 50 == 0)
				bad_run(b);
	echo_run();
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

/* What ASan holds back from use, to catch it used after its release, would pass for a leak. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
}

int main(int argc, char **argv)
{
	const int runs = argc > 3 ? atoi(argv[3]) : 200;
	long descriptors, rss;

	harness_start();
	is_wasm = strcmp(argv[1], "wasm") == 0;
	for (size_t b = 0; b < BAD_COUNT; b++)
		functions[b] = (struct harness_function){
		    .code = harness_prepare(argv[1], argv[2], bads[b].name),
		    .out = "out",
		    .keyed = true,
		    .memory_base = 65536,
		    .time_limit_ms = bads[b].wasm == SANDBOX_TIME_LIMIT ? TIME_LIMIT_MS : 10000};
	echo = (struct harness_function){.code = harness_prepare(argv[1], argv[2], "good_echo"),
					 .out = "out",
					 .keyed = true,
					 .memory_base = 4096};
	for (size_t b = 0; b < BAD_COUNT; b++) {
		bad_run(b);
		echo_run();
	}
	/* Allocators take a while until they hold what they ever will. */
	all_run(runs / 4);
	two_threads_run(runs / 8);
	descriptors = descriptors_open();
	rss = rss_kib();
	all_run(runs);
	two_threads_run(runs / 4);
	CHECK(descriptors_open() == descriptors, "%ld, then %ld", descriptors, descriptors_open());
	CHECK(rss_kib() < rss + 4096, "%ld KiB, then %ld", rss, rss_kib());
	for (size_t b = 0; b < BAD_COUNT; b++)
		sandbox_release(&functions[b].code);
	sandbox_release(&echo.code);
	harness_stop();
	return 0;
}
