/*
 * The examples of docs/sandbox.md: its function, compiled by each of its commands, works.
 *
 *	test_document ROOT
 */
#include <ctype.h>
#include <limits.h>
#include <unistd.h>

#include "harness.h"
#include "test.h"

static char *document_read(const char *root)
{
	char path[PATH_MAX];
	char *text = calloc(1, 1 << 16);
	FILE *file;

	snprintf(path, sizeof(path), "%s/docs/sandbox.md", root);
	file = fopen(path, "r");
	CHECK(file != NULL, "%s", path);
	CHECK(fread(text, 1, (1 << 16) - 1, file) > 0, "%s", path);
	fclose(file);
	return text;
}

/* The next fenced block of that language; *at moves behind it. */
static bool block_next(const char **at, const char *fence, const char **block, size_t *len)
{
	const char *start = strstr(*at, fence), *end;

	if (start == NULL)
		return false;
	start += strlen(fence);
	end = strstr(start, "\n```");
	CHECK(end != NULL, "a block without end");
	*block = start;
	*len = (size_t)(end + 1 - start);
	*at = end + 4;
	return true;
}

static void function_works(const char *backend, const char *dir)
{
	struct harness_function shout = {
	    .code = harness_prepare(backend, dir, "shout"), .out = "loud", .memory_base = 65536};
	const struct harness_item item = {.name = "greeting", .bytes = "hello, World", .len = 12};
	const struct harness_set in = {"text", &item, 1};
	struct harness_run run;

	harness_invoke(&shout, &in, 1, &run);
	CHECK(run.result.outcome == SANDBOX_OK, "%s", run.result.text);
	CHECK(run.out.item_count == 1);
	CHECK(memcmp(harness_bytes(&run, harness_items(&run)), "HELLO, WORLD", 12) == 0);
	harness_release(&run);
	sandbox_release(&shout.code);
}

/* Where this machine can confine one. */
static void image_works(const char *dir)
{
	char missing[MR_ERROR_BYTES_MAX];

	if (harness_backend_works("process", dir, "shout", missing, sizeof(missing)))
		function_works("process", dir);
	else
		CHECK(strstr(missing, "cannot be started and confined") != NULL, "%s", missing);
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/millrace-document-XXXXXX", command[16384];
	const char *at, *block;
	int commands = 0;
	size_t len;
	char *text;
	FILE *file;

	harness_start();
	text = document_read(argv[1]);
	CHECK(mkdtemp(dir) != NULL);
	at = text;
	CHECK(block_next(&at, "```c\n", &block, &len));
	snprintf(command, sizeof(command), "%s/shout.c", dir);
	file = fopen(command, "w");
	CHECK(file != NULL && fwrite(block, 1, len, file) == len && fclose(file) == 0);
	while (block_next(&at, "```sh-norun\n", &block, &len)) {
		/* The commands are for the root of the tree: let its paths be found from elsewhere.
		 */
		snprintf(
		    command, sizeof(command),
		    "cd %s && ln -sfn %s/functions functions && ln -sfn %s/include include && %.*s",
		    dir, argv[1], argv[1], (int)len, block);
		CHECK(system(command) == 0, "%s", command);
		if (strncmp(block, "clang", 5) == 0)
			function_works("wasm", dir);
		else if (memmem(block, len, "shout.elf", 9) != NULL)
			image_works(dir);
		else
			function_works("native", dir);
		commands++;
	}
	CHECK(commands == 4);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	CHECK(system(command) == 0);
	free(text);
	harness_stop();
	return 0;
}
