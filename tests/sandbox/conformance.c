/*
 * One list of behaviours, held to by every backend: conformance BACKEND MEMORY DIR [RUNS]
 *
 * MEMORY is where regions lie: memfd, pages or plain (harness.h). Skips where this machine lacks
 * what the backend needs.
 */
#include "conformance.h"

#include <errno.h>

struct harness_function conformance_function(const struct conformance *c, const char *name)
{
	return (struct harness_function){.code = harness_prepare(c->backend, c->dir, name),
					 .out = "out",
					 .keyed = true,
					 .memory_base = 65536,
					 .time_limit_ms = 10000};
}

void conformance_run(const struct harness_function *function, const void *bytes, uint32_t len,
		     struct harness_run *run)
{
	const struct harness_item item = {.name = "item", .bytes = bytes, .len = len};
	const struct harness_set in = {"in", &item, 1};

	harness_invoke(function, &in, 1, run);
}

void conformance_echo(const struct harness_function *echo)
{
	struct harness_run run;

	conformance_run(echo, "hello", 5, &run);
	CHECK(run.result.outcome == SANDBOX_OK, "%s", run.result.text);
	CHECK(run.out.item_count == 1);
	CHECK(memcmp(harness_bytes(&run, harness_items(&run)), "hello", 5) == 0);
	CHECK(run.result.text[0] == 0);
	harness_release(&run);
}

long conformance_rss_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size, resident;

	CHECK(file != NULL && fscanf(file, "%ld %ld", &size, &resident) == 2);
	fclose(file);
	return resident * 4;
}

/* What ASan holds back from use, to catch it used after its release, would pass for a leak. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
}

static enum harness_memory memory_named(const char *name)
{
	if (strcmp(name, "pages") == 0)
		return HARNESS_PAGES;
	return strcmp(name, "plain") == 0 ? HARNESS_PLAIN : HARNESS_MEMFD;
}

static enum conformance_kind kind_of(const char *backend)
{
	if (strcmp(backend, "wasm") == 0 || strcmp(backend, "wasm-process") == 0)
		return KIND_WASM;
	return strcmp(backend, "native") == 0 ? KIND_NATIVE : KIND_IMAGE;
}

int main(int argc, char **argv)
{
	struct conformance c = {.backend = argv[1],
				.kind = kind_of(argv[1]),
				.dir = argv[3],
				.runs = argc > 4 ? atoi(argv[4]) : 200};
	char missing[MR_ERROR_BYTES_MAX] = "";

	harness_start_with(memory_named(argv[2]));
	if (!harness_backend_works(c.backend, c.dir, "good_echo", missing, sizeof(missing)))
		SKIP("%s: %s", c.backend, missing);
	conformance_ends(&c);
	conformance_data(&c);
	conformance_time(&c);
	conformance_tenants(&c);
	conformance_threads(&c);
	harness_stop();
	return 0;
}
