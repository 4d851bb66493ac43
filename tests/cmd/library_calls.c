/* A program that calls functions, as its author would write it: against the installed library. */
#include <millrace/call.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define CALLS 200
#define STARTED 64

#define CHECK(expression)                                                                \
	do {                                                                             \
		if (!(expression)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #expression); \
			exit(1);                                                         \
		}                                                                        \
	} while (0)

static const char text[] = "one line\na line with needle in it\nneedle\n";
static char error[2048];

static const struct mr_call_item text_item = {
    .name = "hay", .name_len = 3, .bytes = text, .bytes_len = sizeof(text) - 1};
static const struct mr_call_item pattern_item = {.bytes = "needle", .bytes_len = 6};
static const struct mr_call_set sets[] = {{"pattern", &pattern_item, 1}, {"text", &text_item, 1}};

static void found_check(const struct mr_result *result)
{
	static const char lines[] = "hay:a line with needle in it\nhay:needle\n";
	struct mr_call_item item;

	CHECK(mr_result_count(result, "lines") == 1);
	CHECK(mr_result_count(result, "text") == 0); /* an input */
	CHECK(mr_result_item(result, "lines", 1, &item) == -ENOENT);
	CHECK(mr_result_item(result, "lines", 0, &item) == 0);
	CHECK(item.bytes_len == sizeof(lines) - 1);
	CHECK(memcmp(item.bytes, lines, sizeof(lines) - 1) == 0);
	CHECK(mr_result_error(result)[0] == 0 && mr_result_run_ns(result) > 0);
}

static void *calls_main(void *grep)
{
	for (int i = 0; i < CALLS; i++) {
		struct mr_result *result;

		CHECK(mr_call(grep, sets, 2, &result) == 0);
		found_check(result);
		mr_result_free(&result);
		CHECK(result == NULL);
	}
	return NULL;
}

static void started_done(int rc, struct mr_result *result, void *done)
{
	CHECK(rc == 0);
	found_check(result);
	mr_result_free(&result);
	sem_post(done);
}

static void calls_at_once(struct mr_function *grep)
{
	pthread_t threads[THREADS];
	sem_t done;

	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, calls_main, grep) == 0);
	CHECK(sem_init(&done, 0, 0) == 0);
	for (int i = 0; i < STARTED; i++)
		CHECK(mr_call_start(grep, sets, 2, started_done, &done) == 0);
	for (int i = 0; i < STARTED; i++)
		CHECK(sem_wait(&done) == 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

static void wrong_calls(struct mr_function *grep)
{
	const struct mr_call_set unknown[] = {sets[0], {"txet", &text_item, 1}};
	const struct mr_call_set twice[] = {sets[0], sets[1], sets[0]};
	struct mr_result *result;

	CHECK(mr_call(grep, unknown, 2, &result) == -EINVAL && result == NULL);
	CHECK(mr_call(grep, twice, 3, &result) == -EINVAL && result == NULL);
	/* No pattern: the set is not optional. */
	CHECK(mr_call(grep, sets + 1, 1, &result) == -EINVAL);
	CHECK(strstr(mr_result_error(result), "empty") != NULL);
	CHECK(mr_result_count(result, "lines") == 0);
	mr_result_free(&result);
	calls_main(grep); /* nobody else is harmed */
}

static void wrong_openings(struct mr_platform *platform, const char *file, const char *dir)
{
	const struct mr_platform_options sandbox = {.sandbox = "moat"};
	const struct mr_platform_options memory = {.memory_bytes = 4096};
	struct mr_platform *none = NULL;
	struct mr_function *function = NULL;

	CHECK(mr_platform_open(&none, &sandbox, error, sizeof(error)) == -EINVAL && none == NULL);
	CHECK(strstr(error, "moat") != NULL);
	CHECK(mr_platform_open(&none, &memory, error, sizeof(error)) < 0 && none == NULL);
	CHECK(mr_function_open(&function, platform, file, "perg", &dir, 1, error, sizeof(error)) ==
	      -ENOENT);
	CHECK(strstr(error, "perg") != NULL && function == NULL);
	CHECK(mr_function_open(&function, platform, "absent.mr", "grep", &dir, 1, error,
			       sizeof(error)) < 0);
	CHECK(strstr(error, "absent.mr") != NULL && function == NULL);
	mr_platform_close(&none);
	mr_function_close(&function);
}

/* library_calls GREP.mr FUNCTIONS */
int main(int argc, char **argv)
{
	const struct mr_platform_options options = {.workers = 2, .memory_bytes = 64u << 20};
	struct mr_platform *platform;
	struct mr_function *grep;
	const char *dir;

	CHECK(argc == 3);
	dir = argv[2];
	if (mr_platform_open(&platform, &options, error, sizeof(error)) < 0 ||
	    mr_function_open(&grep, platform, argv[1], "grep", &dir, 1, error, sizeof(error)) < 0) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	calls_at_once(grep);
	wrong_calls(grep);
	wrong_openings(platform, argv[1], dir);
	mr_function_close(&grep);
	mr_platform_close(&platform);
	return 0;
}
