/* Runs a function of the build tree on inputs given as bytes: what a node does, on its own. */
#include "harness.h"

#include <dirent.h>
#include <limits.h>
#include <unistd.h>

#include "test.h"

#define POOL_BYTES (512ull << 20)

static struct region_pool *pool;
static char cache[64];

struct region_pool *harness_pool(void)
{
	return pool;
}

const char *harness_cache(void)
{
	return cache;
}

void harness_start(void)
{
	harness_start_with(HARNESS_MEMFD);
}

void harness_start_with(enum harness_memory memory)
{
	static int (*const providers[])(struct region_provider * provider, uint64_t bytes) = {
	    [HARNESS_MEMFD] = region_provider_memfd,
	    [HARNESS_PAGES] = region_provider_pages,
	    [HARNESS_PLAIN] = region_provider_memory,
	};
	struct region_provider provider;

	CHECK(providers[memory](&provider, POOL_BYTES) == 0);
	CHECK(region_pool_create(&pool, &provider, 0) == 0);
	snprintf(cache, sizeof(cache), "/tmp/millrace-test-XXXXXX");
	CHECK(mkdtemp(cache) != NULL);
	CHECK(sandbox_runtime_start() == 0);
	CHECK(sandbox_thread_enter() == 0);
}

void harness_stop(void)
{
	DIR *dir = opendir(cache);
	struct dirent *entry;

	sandbox_thread_leave();
	sandbox_runtime_stop();
	region_pool_destroy(&pool);
	CHECK(dir != NULL);
	while ((entry = readdir(dir)) != NULL) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", cache, entry->d_name);
		unlink(path);
	}
	closedir(dir);
	rmdir(cache);
}

/* 0 or -errno with error text; a file that is not there is a bug of the test. */
static int code_prepare(const struct sandbox_ops *ops, const char *dir, const char *name,
			struct sandbox_code **code, char *error, size_t error_bytes)
{
	char path[PATH_MAX];
	uint8_t *bytes;
	long len;
	FILE *file;
	int rc;

	snprintf(path, sizeof(path), "%s/%s%s", dir, name, ops->code_suffix);
	file = fopen(path, "rb");
	CHECK(file != NULL, "%s", path);
	fseek(file, 0, SEEK_END);
	len = ftell(file);
	rewind(file);
	bytes = malloc((size_t)len);
	CHECK(fread(bytes, 1, (size_t)len, file) == (size_t)len);
	fclose(file);
	rc = ops->prepare(bytes, (size_t)len, cache, code, error, error_bytes);
	free(bytes);
	return rc;
}

struct sandbox_code *harness_prepare(const char *backend, const char *dir, const char *name)
{
	struct sandbox_code *code;
	char error[MR_ERROR_BYTES_MAX] = "";

	CHECK(code_prepare(sandbox_backend(backend), dir, name, &code, error, sizeof(error)) == 0,
	      "%s/%s: %s", dir, name, error);
	return code;
}

bool harness_backend_works(const char *backend, const char *dir, const char *name, char *why,
			   size_t why_bytes)
{
	const struct sandbox_ops *ops = sandbox_backend(backend);
	struct sandbox_code *code = NULL;
	bool works;

	if (ops == NULL) {
		snprintf(why, why_bytes, "this build has no such backend");
		return false;
	}
	works = code_prepare(ops, dir, name, &code, why, why_bytes) == 0;
	sandbox_release(&code);
	return works;
}

static void image_fill(struct region *region, uint32_t header_off, const struct harness_set *in,
		       uint32_t in_count, const struct region_set_spec *specs, const char *out)
{
	const struct invocation_name name = {.job = 1};
	struct region_image image;

	CHECK(region_image_init(region, header_off, specs, in_count, &out, 1, &name, &image) == 0);
	for (uint32_t s = 0; s < in_count; s++) {
		uint32_t cursor = image.data_off[s];

		for (uint32_t i = 0; i < in[s].count; i++) {
			const struct harness_item *item = &in[s].items[i];
			const char *item_name = item->name != NULL ? item->name : "";
			uint8_t *to = region_image_item(&image, region, s, i, &cursor, item_name,
							(uint16_t)strlen(item_name), NULL, 0,
							item->key_hash, item->flags, item->len);

			if (item->len > 0)
				memcpy(to, item->bytes, item->len);
		}
	}
}

void harness_invoke(const struct harness_function *function, const struct harness_set *in,
		    uint32_t in_count, struct harness_run *run)
{
	const struct sandbox_outputs declared = {.in_count = in_count,
						 .out_count = 1,
						 .names = &function->out,
						 .keyed = function->keyed,
						 .bytes_max = function->output_bytes_max,
						 .items_max = function->output_items_max != 0
								  ? function->output_items_max
								  : MR_SET_ITEMS_MAX};
	const uint32_t header_off = function->code->header_off;
	struct region_set_spec specs[MR_SETS_MAX];
	uint64_t image_bytes, input_bytes = 0, region_bytes;
	uint32_t sets_off;

	for (uint32_t s = 0; s < in_count; s++) {
		specs[s] = (struct region_set_spec){.name = in[s].name, .item_count = in[s].count};
		for (uint32_t i = 0; i < in[s].count; i++) {
			const struct harness_item *item = &in[s].items[i];

			specs[s].bytes += region_item_bytes(
			    item->name != NULL ? strlen(item->name) : 0, 0, item->len);
			input_bytes += item->len;
		}
	}
	image_bytes = region_image_bytes(specs, in_count, &function->out, 1);
	region_bytes = header_off + image_bytes + function->memory_base +
		       (uint64_t)(function->memory_factor * (double)input_bytes);
	CHECK(region_alloc(pool, region_bytes, REGION_ANY, &run->region) == 0);
	memset(run->region->base, 0, run->region->bytes);
	image_fill(run->region, header_off, in, in_count, specs, function->out);
	sets_off =
	    ((const struct mr_region *)(const void *)(run->region->base + header_off))->sets_off;
	sandbox_run(function->code, run->region, function->time_limit_ms, &run->result);
	if (run->result.outcome == SANDBOX_OK)
		sandbox_check_outputs(run->region, sets_off, &declared, &run->out, &run->result);
}

void harness_release(struct harness_run *run)
{
	region_unref(&run->region);
}

const struct mr_item *harness_items(const struct harness_run *run)
{
	return region_items(run->region->base, &run->out);
}

const uint8_t *harness_bytes(const struct harness_run *run, const struct mr_item *item)
{
	return run->region->base + item->bytes_off;
}

void harness_echo(const struct harness_function *echo, uint32_t number)
{
	char text[16];
	const struct harness_item item = {
	    .name = "number",
	    .bytes = text,
	    .len = (uint32_t)snprintf(text, sizeof(text), "%u", number),
	};
	const struct harness_set in = {"in", &item, 1};
	struct harness_run run;

	harness_invoke(echo, &in, 1, &run);
	CHECK(run.result.outcome == SANDBOX_OK, "%s", run.result.text);
	CHECK(run.out.item_count == 1);
	CHECK(memcmp(harness_bytes(&run, harness_items(&run)), text, item.len) == 0);
	harness_release(&run);
}

long harness_descriptors(void)
{
	DIR *fds = opendir("/proc/self/fd");
	long count = 0;

	CHECK(fds != NULL);
	while (readdir(fds) != NULL)
		count++;
	closedir(fds);
	return count;
}
