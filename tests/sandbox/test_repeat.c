/*
 * A great many runs in a row, good ones and such as end in every way that is not meant: memory and
 * descriptors stay as they were, and each is right.
 *
 *	test_repeat BACKEND DIR [RUNS]
 */
#include <time.h>

#include "harness.h"
#include "test.h"

#define RUNS_DEFAULT 20000u
#define WARM_RUNS 4000u       /* until allocators hold what they ever will */
#define WARM_RUNS_ASAN 20000u /* and the sanitizer's stores of frames and stacks, too */
#define BAD_EVERY 10u         /* one run in so many ends badly */
#define RSS_SLACK_KIB 1024

/* Native code lives on after a signal here, but not with what it did to the heap: it only reads. */
static const char *const bad_names[] = {"bad_read", "bad_recursion", "bad_abort", "bad_silent",
					"bad_table"};
#define BAD_COUNT (sizeof(bad_names) / sizeof(bad_names[0]))

static struct harness_function echo, bads[BAD_COUNT];

static struct harness_function function_named(const char *backend, const char *dir,
					      const char *name)
{
	return (struct harness_function){.code = harness_prepare(backend, dir, name),
					 .out = "out",
					 .keyed = true,
					 .memory_base = 65536,
					 .time_limit_ms = 10000};
}

static void bad_run(const struct harness_function *bad, const char *name)
{
	const struct harness_set in = {"in", NULL, 0};
	struct harness_run run;

	harness_invoke(bad, &in, 1, &run);
	CHECK(run.result.outcome != SANDBOX_OK && run.result.outcome != SANDBOX_TIME_LIMIT,
	      "%s: %s (%s)", name, sandbox_outcome_text(run.result.outcome), run.result.text);
	harness_release(&run);
}

static void runs_make(uint32_t runs)
{
	for (uint32_t i = 0; i < runs; i++) {
		const uint32_t bad = i / BAD_EVERY % BAD_COUNT;

		if (i % BAD_EVERY == 0)
			bad_run(&bads[bad], bad_names[bad]);
		else
			harness_echo(&echo, i);
	}
}

static long rss_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long size, resident;

	CHECK(file != NULL && fscanf(file, "%ld %ld", &size, &resident) == 2);
	fclose(file);
	return resident * (MR_PAGE_BYTES / 1024);
}

/* What ASan holds back from use, to catch it used after its release, would pass for a leak. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
}

void __asan_init(void) __attribute__((weak)); /* there only under that sanitizer */

static void runs_flat(const char *backend, uint32_t runs)
{
	struct timespec start, end;
	long rss, descriptors;

	runs_make(__asan_init != NULL ? WARM_RUNS_ASAN : WARM_RUNS);
	rss = rss_kib();
	descriptors = harness_descriptors();
	clock_gettime(CLOCK_MONOTONIC, &start);
	runs_make(runs);
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%s: %u runs, one in %u bad, in %ld s: %ld KiB, then %ld; %ld descriptors, then "
	       "%ld\n",
	       backend, runs, BAD_EVERY, (long)(end.tv_sec - start.tv_sec), rss, rss_kib(),
	       descriptors, harness_descriptors());
	CHECK(rss_kib() <= rss + RSS_SLACK_KIB, "memory grows");
	CHECK(harness_descriptors() == descriptors, "descriptors are left open");
}

int main(int argc, char **argv)
{
	const uint32_t runs = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : RUNS_DEFAULT;
	char missing[MR_ERROR_BYTES_MAX] = "";

	CHECK(argc >= 3);
	harness_start_with(HARNESS_PAGES);
	if (!harness_backend_works(argv[1], argv[2], "good_echo", missing, sizeof(missing)))
		SKIP("%s: %s", argv[1], missing);
	echo = function_named(argv[1], argv[2], "good_echo");
	for (size_t i = 0; i < BAD_COUNT; i++)
		bads[i] = function_named(argv[1], argv[2], bad_names[i]);
	runs_flat(argv[1], runs);
	for (size_t i = 0; i < BAD_COUNT; i++)
		sandbox_release(&bads[i].code);
	sandbox_release(&echo.code);
	harness_stop();
	return 0;
}
