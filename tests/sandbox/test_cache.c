/* The code cache: hits, damage, concurrency, and what cannot be written. test_cache DIR */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "test.h"

static uint8_t *module;
static size_t module_bytes;

static void module_read(const char *dir)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/good_echo.wasm", dir);
	file = fopen(path, "rb");
	CHECK(file != NULL, "%s", path);
	module = malloc(1 << 20);
	module_bytes = fread(module, 1, 1 << 20, file);
	fclose(file);
}

static int prepare(const char *cache, struct sandbox_code **code, char *error)
{
	return sandbox_backend("wasm")->prepare(module, module_bytes, cache, code, error,
						MR_ERROR_BYTES_MAX);
}

static void code_works(struct sandbox_code *code)
{
	const struct harness_function function = {
	    .code = code, .out = "out", .keyed = true, .memory_base = 4096};
	const struct harness_item item = {.bytes = "abc", .len = 3};
	const struct harness_set in = {"in", &item, 1};
	struct harness_run run;

	harness_invoke(&function, &in, 1, &run);
	CHECK(run.result.outcome == SANDBOX_OK && run.out.item_count == 1, "%s", run.result.text);
	harness_release(&run);
}

static void prepare_works(const char *cache)
{
	char error[MR_ERROR_BYTES_MAX] = "";
	struct sandbox_code *code;

	CHECK(prepare(cache, &code, error) == 0, "%s", error);
	code_works(code);
	sandbox_release(&code);
	CHECK(code == NULL);
}

/* The only file in the cache: nothing else may be left there. */
static void cached_path(const char *cache, char path[PATH_MAX], struct stat *st)
{
	DIR *dir = opendir(cache);
	struct dirent *entry;
	int n = 0;

	CHECK(dir != NULL);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.') {
			snprintf(path, PATH_MAX, "%s/%s", cache, entry->d_name);
			n++;
		}
	closedir(dir);
	CHECK(n == 1, "%d files", n);
	CHECK(stat(path, st) == 0);
}

static void damage(const char *path, long offset, long size)
{
	FILE *file = fopen(path, "r+b");
	int byte;

	CHECK(file != NULL);
	if (size >= 0) {
		CHECK(truncate(path, size) == 0);
	} else {
		CHECK(fseek(file, offset, offset < 0 ? SEEK_END : SEEK_SET) == 0);
		byte = fgetc(file);
		CHECK(fseek(file, -1, SEEK_CUR) == 0);
		fputc(byte ^ 0x40, file);
	}
	fclose(file);
}

static void damaged_files(const char *cache)
{
	static const struct {
		long offset, size;
	} harms[] = {{.offset = 100, .size = -1},
		     {.offset = -1, .size = -1},
		     {.offset = -40, .size = -1},
		     {.size = 0},
		     {.size = 16},
		     {.size = 5000}};
	char path[PATH_MAX];
	struct stat before, after;

	for (size_t i = 0; i < sizeof(harms) / sizeof(harms[0]); i++) {
		cached_path(cache, path, &before);
		damage(path, harms[i].offset, harms[i].size);
		prepare_works(cache);
		cached_path(cache, path, &after);
		CHECK(after.st_ino != before.st_ino, "harm %zu: the damaged file is still there",
		      i);
	}
}

static void *thread_main(void *cache)
{
	CHECK(sandbox_thread_enter() == 0);
	prepare_works(cache);
	sandbox_thread_leave();
	return NULL;
}

/* Threads of two processes prepare the same code at once. */
static void at_once(char *cache)
{
	char path[PATH_MAX];
	pthread_t threads[2];
	struct stat st;
	int status;
	pid_t pid;

	cached_path(cache, path, &st);
	CHECK(unlink(path) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		char error[MR_ERROR_BYTES_MAX];
		struct sandbox_code *code;

		_exit(prepare(cache, &code, error) == 0 ? 0 : 1);
	}
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, thread_main, cache) == 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	cached_path(cache, path, &st);
}

static void refused(const char *cache, int wanted, const char *words)
{
	char error[MR_ERROR_BYTES_MAX] = "";
	struct sandbox_code *code = NULL;
	const int rc = prepare(cache, &code, error);

	CHECK(rc == wanted, "%d: %s", rc, error);
	CHECK(strstr(error, words) != NULL, "%s", error);
	CHECK(code == NULL);
}

int main(int argc, char **argv)
{
	char path[PATH_MAX], inside[PATH_MAX];
	struct stat built, found;

	harness_start();
	module_read(argv[1]);
	snprintf(inside, sizeof(inside), "%s/new/folder", harness_cache());
	prepare_works(inside);
	cached_path(inside, path, &built);
	prepare_works(inside);
	cached_path(inside, path, &found);
	CHECK(built.st_ino == found.st_ino, "compiled again");
	damaged_files(inside);
	at_once(inside);
	refused("/dev/null/cache", -ENOTDIR, "choose a cache directory");
	cached_path(inside, path, &found);
	unlink(path);
	rmdir(inside);
	snprintf(inside, sizeof(inside), "%s/new", harness_cache());
	rmdir(inside);
	free(module);
	harness_stop();
	return 0;
}
