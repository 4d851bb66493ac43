/*
 * Functions that do wrong, as jobs on two nodes: each fails its own job, with a text that names the
 * function and the item, and the next job on the same nodes succeeds. Many in a row leave neither
 * memory nor descriptors behind.
 *
 *	bad FUNCTIONS_DIR BAD_DIR [JOBS]
 */
#include <dirent.h>
#include <unistd.h>

#include "nodes.h"
#include "words.h"

#define TEXT_BYTES 3000
#define SETTLE_MS 5000
/* What is kept of 128 jobs is 0.5 MiB, and malloc keeps some of what was freed: a job that leaks
 * 4 KiB is seen in 1000 jobs. */
#define ANONYMOUS_KIB_MORE 4096

struct bad {
	const char *name;
	const char *text; /* part of the job's */
};

static const struct bad bads[] = {
    {"bad_read", "outside its bounds"},
    {"bad_write", "outside its bounds"},
    {"bad_copy", "outside its bounds"},
    {"bad_loop", "200 ms"},
    {"bad_recursion", "recursion"},
    {"bad_deep", "recursion"},
    {"bad_division", "by zero"},
    {"bad_overflow", "by -1"},
    {"bad_convert", "floating-point"},
    {"bad_abort", "gave up"},
    {"bad_pointer", "pointer"},
    {"bad_memory", "raise `memory`"},
    {"bad_text", "line 17 is not to my taste"},
    {"bad_silent", "returned 42"},
    {"bad_words", "returned 1"},
    {"bad_count", "invalid output"},
    {"bad_table", "invalid output"},
    {"bad_item", "invalid output"},
    {"bad_key", "invalid output"},
};
#define BAD_COUNT (sizeof(bads) / sizeof(bads[0]))

struct test {
	const char *dirs[2];
	struct nodes nodes;
	char *answer;
	char uri[256];
	struct test_job good;
};

static void composition_write(const char *function)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "function %s { in given; out made; memory 256KiB; time 200ms; retries 1 }\n"
		 "function total { in words; out counts }\n"
		 "composition job {\n"
		 "	in given\n"
		 "	out counts\n"
		 "	%s(given = each given) -> (made)\n"
		 "	total(words = key made) -> (counts)\n"
		 "}\n",
		 function, function);
	test_write(test_path("bad.mr"), text, strlen(text));
}

static void bad_run(struct test *test, const struct bad *bad)
{
	struct test_job job;
	struct job_status status;
	char item[128];

	composition_write(bad->name);
	test_job_open(&job, test_path("bad.mr"), test->dirs, "wasm");
	test_job_input(&job, "given", test->uri);
	CHECK(nodes_run(&test->nodes, &job, &status) == 0, "%s: %s", bad->name, status.error);
	CHECK(status.state == JOB_FAILED, "%s succeeded", bad->name);
	snprintf(item, sizeof(item), "%s on %s, item at byte 0: ", bad->name, test_path("given"));
	CHECK(strncmp(status.error, item, strlen(item)) == 0, "\"%s\" does not begin with \"%s\"",
	      status.error, item);
	CHECK(strstr(status.error, bad->text) != NULL, "\"%s\" lacks \"%s\"", status.error,
	      bad->text);
	CHECK(strstr(status.error, "(attempt 2 of 2)") != NULL, "\"%s\"", status.error);
	CHECK(status.counters.retries >= 1, "%s was not tried again", bad->name);
	test_job_close(&job);
}

static void good_run(struct test *test)
{
	struct job_status status;
	size_t bytes;
	char *result;

	CHECK(nodes_run(&test->nodes, &test->good, &status) == 0, "%s", status.error);
	CHECK(status.state == JOB_DONE, "%s", status.error);
	result = test_read(test_path("counts"), &bytes);
	CHECK(strcmp(result, test->answer) == 0, "the word count is wrong");
	free(result);
}

static void jobs_run(struct test *test, uint32_t jobs)
{
	for (uint32_t i = 0; i < jobs; i++) {
		bad_run(test, &bads[i % BAD_COUNT]);
		good_run(test);
	}
}

static long descriptors_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	long count = 0;

	CHECK(dir != NULL);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

/* Data memory is a memfd of a fixed size: what could leak is not in it. */
static long anonymous_kib(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long kib = -1;

	CHECK(file != NULL);
	while (kib < 0 && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "RssAnon: %ld", &kib) != 1)
			kib = -1;
	fclose(file);
	CHECK(kib >= 0);
	return kib;
}

/* There only under the address sanitizer, which keeps what was freed, and finds leaks itself. */
void __asan_init(void) __attribute__((weak));

/* A job has ended for its user some moments before the last node has put it away. */
static void leaks_check(long descriptors, long kib)
{
	for (uint32_t ms = 0; ms < SETTLE_MS && descriptors_open() > descriptors; ms += 10)
		usleep(10000);
	CHECK(descriptors_open() <= descriptors, "%ld descriptors, then %ld", descriptors,
	      descriptors_open());
	printf("%ld KiB before, %ld KiB after\n", kib, anonymous_kib());
	CHECK(__asan_init != NULL || anonymous_kib() <= kib + ANONYMOUS_KIB_MORE,
	      "%ld KiB, then %ld KiB", kib, anonymous_kib());
}

static void test_open(struct test *test, char **argv)
{
	static const char given[] = "given";
	const struct cluster_config config = {.nodes = 2,
					      .workers = 1,
					      .sandbox = sandbox_backend("wasm"),
					      .memory_bytes = 2 * MR_MEMORY_BYTES_MIN};
	static const char composition[] =
	    "function count { in text; out words; memory 512KiB + 2.5 x input }\n"
	    "function total { in words; out counts; memory 1MiB + 4 x input }\n"
	    "composition wordcount { in text split line 1KiB\n"
	    "out counts merge 1 number desc, 2 text asc\n"
	    "count(text = each text) -> (words)\n"
	    "total(words = key words) -> (counts) }\n";
	char *text = words_text(1, TEXT_BYTES);

	test->dirs[0] = argv[1];
	test->dirs[1] = argv[2];
	test->answer = words_count(&text, 1);
	test_write(test_path("text"), text, strlen(text));
	test_write(test_path("given"), given, strlen(given));
	test_write(test_path("wordcount.mr"), composition, strlen(composition));
	snprintf(test->uri, sizeof(test->uri), "file:%s", test_path("given"));
	free(text);
	nodes_open(&test->nodes, &config, NULL);
}

int main(int argc, char **argv)
{
	uint32_t jobs = argc > 3 ? (uint32_t)atoi(argv[3]) : 60;
	char text_uri[256], counts[256];
	struct test test = {0};
	long descriptors, kib;

	CHECK(argc > 2, "usage: bad FUNCTIONS_DIR BAD_DIR [JOBS]");
	test_open(&test, argv);
	snprintf(text_uri, sizeof(text_uri), "file:%s", test_path("text"));
	snprintf(counts, sizeof(counts), "%s", test_path("counts"));
	test_job_open(&test.good, test_path("wordcount.mr"), test.dirs, "wasm");
	test_job_input(&test.good, "text", text_uri);
	test_job_output(&test.good, "counts", counts);
	jobs_run(&test, BAD_COUNT);
	descriptors = descriptors_open();
	kib = anonymous_kib();
	jobs_run(&test, jobs);
	leaks_check(descriptors, kib);
	test_job_close(&test.good);
	nodes_close(&test.nodes);
	free(test.answer);
	return 0;
}
