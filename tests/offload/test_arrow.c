/* Random tables, written as Arrow streams, are read back the same: from a stream in pieces, and in
 * place from a region at any offset. test_arrow [TABLES [SEED]] */
#include <stdlib.h>

#include "arrow.h"
#include "random_table.h"
#include "test.h"

#define POOL_BYTES (64u << 20)
#define BATCHES_MAX 4

static const struct random_limits limits = {12, 300, true, true};

struct table {
	struct table_schema schema;
	struct table_batch *batches[BATCHES_MAX];
	uint32_t count;
};

static void table_make(struct random *random, struct table *table)
{
	random_schema(random, &limits, &table->schema);
	table->count = (uint32_t)random_below(random, BATCHES_MAX + 1);
	for (uint32_t i = 0; i < table->count; i++)
		table->batches[i] = random_batch(random, &table->schema, limits.rows_max);
}

static void table_free(struct table *table)
{
	for (uint32_t i = 0; i < table->count; i++)
		table_batch_free(&table->batches[i]);
	table_schema_free(&table->schema);
}

static void table_write_all(const struct table *table, struct random_pipe *pipe, uint64_t seed)
{
	struct table_writer *writer;
	struct table_error error;

	CHECK(arrow_writer_open(&table->schema, &pipe->out, &writer, &error) == 0, "%s",
	      error.text);
	for (uint32_t i = 0; i < table->count; i++)
		CHECK(table_write(writer, table->batches[i], &error) == 0, "%s", error.text);
	CHECK(table_write_end(writer, &error) == 0, "%s", error.text);
	table_writer_close(&writer);
	CHECK(pipe->count % 8 == 0, "seed %llu: %zu bytes", (unsigned long long)seed, pipe->count);
}

/* All batches are held at once: what they point to stays. */
static void reader_check(struct table_reader *reader, const struct table *table, uint64_t seed)
{
	struct table_batch *read[BATCHES_MAX + 1] = {NULL};
	struct table_error error;
	uint32_t count = 0;
	int rc;

	random_check_schemas(&table->schema, &reader->schema, true, seed);
	while ((rc = table_read(reader, &read[count], &error)) > 0) {
		CHECK(count < table->count, "seed %llu: a batch too many",
		      (unsigned long long)seed);
		count++;
	}
	CHECK(rc == 0, "seed %llu: %s", (unsigned long long)seed, error.text);
	CHECK(count == table->count, "seed %llu: %u of %u batches", (unsigned long long)seed, count,
	      table->count);
	for (uint32_t i = 0; i < count; i++) {
		CHECK(read[i]->rows == table->batches[i]->rows, "seed %llu: rows",
		      (unsigned long long)seed);
		random_check_rows(table->batches[i], 0, read[i], seed);
		table_batch_free(&read[i]);
	}
}

static void stream_check(struct region_pool *pool, struct random_pipe *pipe,
			 const struct table *table, uint64_t seed)
{
	struct table_reader *reader;
	struct table_error error;

	CHECK(arrow_open(&pipe->in, pool, &reader, &error) == 0, "seed %llu: %s",
	      (unsigned long long)seed, error.text);
	reader_check(reader, table, seed);
	CHECK(arrow_counters(reader)->buffers_copied == 0, "what is ours is never copied");
	table_reader_close(&reader);
}

/* At a multiple of 64 nothing is copied nor at another multiple of 8; elsewhere all is. */
static void region_check(struct region_pool *pool, const struct random_pipe *pipe,
			 const struct table *table, uint64_t offset, uint64_t seed)
{
	const struct arrow_counters *counters;
	struct table_reader *reader;
	struct table_error error;
	struct region *region;

	CHECK(region_alloc(pool, offset + pipe->count, REGION_ANY, &region) == 0, "region");
	memcpy(region->base + offset, pipe->bytes, pipe->count);
	region_freeze(region);
	CHECK(arrow_open_region(region, offset, pipe->count, &reader, &error) == 0, "seed %llu: %s",
	      (unsigned long long)seed, error.text);
	region_unref(&region);
	reader_check(reader, table, seed);
	counters = arrow_counters(reader);
	CHECK(offset % 64 != 0 || counters->buffers_in_place_8 + counters->buffers_copied == 0,
	      "in place at 64");
	CHECK(offset % 8 != 0 || counters->buffers_copied == 0, "in place at 8");
	CHECK(offset % 8 == 0 || counters->buffers_in_place + counters->buffers_in_place_8 == 0,
	      "copied elsewhere");
	CHECK((counters->buffers_copied > 0) == (counters->bytes_copied > 0), "copies counted");
	table_reader_close(&reader);
}

static void table_check(struct region_pool *pool, uint64_t seed)
{
	static const uint64_t offsets[] = {0, 64, 8, 4, 1};
	struct random random = {seed};
	struct region_pool_stats stats;
	struct random_pipe pipe;
	struct table table;

	random_pipe_init(&pipe, &random);
	table_make(&random, &table);
	table_write_all(&table, &pipe, seed);
	stream_check(pool, &pipe, &table, seed);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
		region_check(pool, &pipe, &table, offsets[i], seed);
	table_free(&table);
	random_pipe_free(&pipe);
	region_pool_stats(pool, &stats);
	CHECK(stats.regions == 0, "seed %llu: %llu regions are left", (unsigned long long)seed,
	      (unsigned long long)stats.regions);
}

int main(int argc, char **argv)
{
	uint64_t tables = argc > 1 ? strtoull(argv[1], NULL, 10) : 300;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	struct region_provider provider;
	struct region_pool *pool;

	CHECK(region_provider_memory(&provider, POOL_BYTES) == 0, "memory");
	CHECK(region_pool_create(&pool, &provider, 0) == 0, "pool");
	for (uint64_t i = 0; i < tables; i++)
		table_check(pool, seed + i);
	region_pool_destroy(&pool);
	printf("%llu tables from seed %llu on\n", (unsigned long long)tables,
	       (unsigned long long)seed);
	return 0;
}
