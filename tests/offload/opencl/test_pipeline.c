/*
 * Pipelines on an OpenCL device equal the reference bit for bit: test_pipeline [SEEDS [FIRST]]
 *
 * Few chains, as each is compiled; many tables. Skips where there is no device.
 */
#include <ftw.h>
#include <unistd.h>

#include "columns.h"
#include "opencl.h"
#include "pipeline.h"
#include "test.h"

#define BATCHES_MAX 3

static const char *const chains[] = {
    /* Every type compared, three-valued logic, arithmetic, casts and dates: rows in order. */
    "select (i8 + i16 > 3 and not (f32 < 0.5 or u8 * u16 > 500)) or i32 % 7 = i64 / 3 or b and "
    "(d > date '1970-01-05' or year(t) = 1969 and month(d) < 3) or u32 - 0 >= u64 and f64 / 3.0 "
    "> f32 or m > 1234.56 or cast(f32 as int8) = -i8 or i64 is null",
    /* The whole chain in one program: lanes by rank, exact sums, extremes. */
    "select i8 > -10 and not (u8 < 9);"
    "project x = i32 * i64, y = f64 * 2.0, f32, f64, u64, m, b, t, d;"
    "aggregate n = count(), c = count(x), sx = sum(x), ax = avg(x), sy = sum(y), lf = min(f64), "
    "hf = max(f64), s4 = sum(f32), hu = max(u64), lu = min(u64), su = avg(u64), sm = sum(m), am = "
    "avg(m), lt = min(t), hd = max(d), hb = max(b)",
    /* Without a predicate: ranks are rows. */
    "aggregate s = sum(f64), a = avg(f32 + 1.0), i = sum(i64), l = min(f32), c = count(b)",
    /* Not for a device: the CPU has all of it, and says so. */
    "project x = i8 + i16, b",
};

struct taken {
	uint8_t *bytes; // of what came, value after value
	size_t count, room;
	uint64_t rows;
};

/* What comes out, value by value: nulls as a byte, floats as their bits. */
static void bytes_put(struct taken *taken, const void *bytes, size_t count)
{
	if (taken->count + count > taken->room) {
		taken->room = 2 * (taken->room + count);
		taken->bytes = realloc(taken->bytes, taken->room);
		CHECK(taken->bytes != NULL);
	}
	memcpy(taken->bytes + taken->count, bytes, count);
	taken->count += count;
}

static int take(void *opaque, const struct table_batch *batch, struct table_error *error)
{
	struct taken *taken = opaque;

	for (uint64_t row = 0; row < batch->rows; row++) {
		for (uint32_t c = 0; c < batch->schema->count; c++) {
			const struct table_field *field = &batch->schema->fields[c];
			struct table_value value;
			uint8_t is = table_value_get(field, &batch->columns[c], row, &value);
			size_t width = table_type_bytes(field->kind.type);

			bytes_put(taken, &is, 1);
			if (is)
				bytes_put(taken, value.fixed, width > 0 ? width : 1);
		}
	}
	taken->rows += batch->rows;
	return 0;
}

struct outcome {
	int rc;
	struct table_error error;
	struct taken taken;
	struct pipeline_counters counters;
};

static void run(const char *text, enum pipeline_device where, struct opencl_device *device,
		const struct table_schema *schema, struct table_batch *const *batches,
		uint32_t count, struct outcome *out)
{
	const struct pipeline_options options = {
	    .device = where, .opencl = device, .take = take, .opaque = &out->taken};
	struct pipeline *pipeline;
	struct operator_list list;

	memset(out, 0, sizeof(*out));
	out->rc = operator_parse(text, NULL, &list, &out->error);
	CHECK(out->rc == 0, "%s", out->error.text);
	out->rc = pipeline_open(&list, schema, &options, &pipeline, &out->error);
	CHECK(out->rc == 0, "%s", out->error.text);
	for (uint32_t i = 0; i < count && out->rc == 0; i++)
		out->rc = pipeline_push(pipeline, 0, batches[i], &out->error);
	if (out->rc == 0)
		out->rc = pipeline_end(pipeline, 0, &out->error);
	out->counters = pipeline_counters(pipeline);
	pipeline_close(&pipeline);
	operator_list_free(&list);
}

static void compare(const char *text, const struct outcome *a, const struct outcome *b,
		    uint64_t seed)
{
	CHECK(a->rc == b->rc, "seed %lu: %s: %d (%s) and %d (%s)", seed, text, a->rc, a->error.text,
	      b->rc, b->error.text);
	if (a->rc < 0) {
		CHECK(strcmp(a->error.text, b->error.text) == 0, "seed %lu: %s and %s", seed,
		      a->error.text, b->error.text);
		return;
	}
	CHECK(a->taken.rows == b->taken.rows, "seed %lu: %s: %lu and %lu rows", seed, text,
	      a->taken.rows, b->taken.rows);
	CHECK(a->taken.count == b->taken.count, "seed %lu: %s", seed, text);
	for (size_t i = 0; i < a->taken.count; i++)
		CHECK(a->taken.bytes[i] == b->taken.bytes[i], "seed %lu: %s: byte %zu", seed, text,
		      i);
}

struct devices {
	struct opencl_device *lent, *copied;
};

static void seed_run(const struct devices *devices, const struct table_schema *schema,
		     uint64_t seed)
{
	struct random random = {seed * 0x9E3779B97F4A7C15ull + 1};
	const struct columns_options options = {.nulls = seed % 2, .wide = seed % 8 == 6};
	struct table_batch *batches[BATCHES_MAX];
	uint32_t count = 1 + (uint32_t)random_below(&random, BATCHES_MAX);
	bool large = seed % 4 == 2; /* several chunks of sums, several runs */

	for (uint32_t i = 0; i < count; i++)
		batches[i] = columns_batch(&random, schema,
					   random_below(&random, large ? 60000 : 6000), &options);
	for (size_t c = 0; c < sizeof(chains) / sizeof(chains[0]); c++) {
		struct outcome expected, lent, copied;

		run(chains[c], PIPELINE_REFERENCE, NULL, schema, batches, count, &expected);
		run(chains[c], PIPELINE_OPENCL, devices->lent, schema, batches, count, &lent);
		run(chains[c], PIPELINE_OPENCL, devices->copied, schema, batches, count, &copied);
		compare(chains[c], &expected, &lent, seed);
		compare(chains[c], &expected, &copied, seed);
		CHECK(lent.counters.steps_fallen == (c == 3), "seed %lu: %s", seed, chains[c]);
		free(expected.taken.bytes);
		free(lent.taken.bytes);
		free(copied.taken.bytes);
	}
	for (uint32_t i = 0; i < count; i++)
		table_batch_free(&batches[i]);
}

static int entry_remove(const char *path, const struct stat *status, int type, struct FTW *at)
{
	return remove(path);
}

static void device_open(struct opencl_device **device, const char *folder, uint32_t run_rows,
			bool copy)
{
	const struct opencl_options options = {
	    .cache_path = folder, .run_rows = run_rows, .copy = copy, .time_limit_ms = 60000};
	struct table_error error;

	CHECK(opencl_device_open(device, &options, &error) == 0, "%s", error.text);
}

int main(int argc, char **argv)
{
	uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 8;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	char folder[] = "/tmp/millrace-opencl-XXXXXX";
	struct opencl_description found;
	struct table_schema schema;
	struct table_error error;
	struct devices devices;
	uint32_t count;

	if (opencl_list(&found, 1, &count, &error) < 0)
		SKIP("%s", error.text);
	CHECK(mkdtemp(folder) != NULL);
	device_open(&devices.lent, folder, 2 * MR_OPERATOR_ROWS_MAX, false);
	device_open(&devices.copied, folder, 3 * MR_OPERATOR_ROWS_MAX, true);
	columns_schema(&schema);
	for (uint64_t seed = first; seed < first + seeds; seed++)
		seed_run(&devices, &schema, seed);

	const struct opencl_counters *lent = opencl_device_counters(devices.lent);
	const struct opencl_counters *copied = opencl_device_counters(devices.copied);

	CHECK(lent->runs > 0 && copied->runs > 0 && copied->bytes_lent == 0 &&
	      copied->bytes_in > 0);
	CHECK(!found.shared || (lent->bytes_lent > 0));
	CHECK(copied->programs_built == 0 && copied->programs_cached > 0 &&
		  lent->programs_unkept == 0,
	      "%lu built, %lu cached", copied->programs_built, copied->programs_cached);
	printf("%s, %s: %lu seeds from %lu, %lu runs, %lu programs\n", found.platform, found.name,
	       seeds, first, lent->runs + copied->runs, lent->programs_built);
	table_schema_free(&schema);
	opencl_device_close(&devices.lent);
	opencl_device_close(&devices.copied);
	CHECK(nftw(folder, entry_remove, 8, FTW_DEPTH | FTW_PHYS) == 0);
	return 0;
}
