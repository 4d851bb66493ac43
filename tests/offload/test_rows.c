/* Random tables, written as CSV and as JSON lines, are read back the same when their types are
 * given. test_rows [TABLES [SEED]] */
#include <stdlib.h>

#include "csv.h"
#include "jsonl.h"
#include "random_table.h"
#include "test.h"

static const struct random_limits limits = {8, 200, false, true};

static void rows_check(struct table_reader *reader, const struct table_batch *batch, uint64_t seed)
{
	struct table_batch *read;
	struct table_error error;
	uint64_t from = 0;
	int rc;

	random_check_schemas(batch->schema, &reader->schema, false, seed);
	while ((rc = table_read(reader, &read, &error)) > 0) {
		random_check_rows(batch, from, read, seed);
		from += read->rows;
		table_batch_free(&read);
	}
	CHECK(rc == 0, "seed %llu: %s", (unsigned long long)seed, error.text);
	CHECK(from == batch->rows, "seed %llu: %llu of %llu rows", (unsigned long long)seed,
	      (unsigned long long)from, (unsigned long long)batch->rows);
	table_reader_close(&reader);
}

static void written(struct table_writer *writer, const struct table_batch *batch)
{
	struct table_error error;

	CHECK(table_write(writer, batch, &error) == 0, "%s", error.text);
	CHECK(table_write_end(writer, &error) == 0, "%s", error.text);
	table_writer_close(&writer);
}

static void csv_check(const struct table_batch *batch, char delimiter, struct random *random,
		      uint64_t seed)
{
	const struct csv_options options = {delimiter, false, batch->schema};
	struct table_writer *writer;
	struct table_reader *reader;
	struct table_error error;
	struct random_pipe pipe;

	random_pipe_init(&pipe, random);
	CHECK(csv_writer_open(batch->schema, &options, &pipe.out, &writer, &error) == 0, "%s",
	      error.text);
	written(writer, batch);
	CHECK(csv_open(&pipe.in, &options, &reader, &error) == 0, "seed %llu: %s",
	      (unsigned long long)seed, error.text);
	rows_check(reader, batch, seed);
	random_pipe_free(&pipe);
}

static void jsonl_check(const struct table_batch *batch, struct random *random, uint64_t seed)
{
	struct table_writer *writer;
	struct table_reader *reader;
	struct table_error error;
	struct random_pipe pipe;

	random_pipe_init(&pipe, random);
	CHECK(jsonl_writer_open(batch->schema, &pipe.out, &writer, &error) == 0, "%s", error.text);
	written(writer, batch);
	CHECK(jsonl_open(&pipe.in, batch->schema, &reader, &error) == 0, "seed %llu: %s",
	      (unsigned long long)seed, error.text);
	rows_check(reader, batch, seed);
	random_pipe_free(&pipe);
}

int main(int argc, char **argv)
{
	uint64_t tables = argc > 1 ? strtoull(argv[1], NULL, 10) : 300;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	for (uint64_t i = 0; i < tables; i++) {
		struct random random = {seed + i};
		struct table_schema schema;
		struct table_batch *batch;

		random_schema(&random, &limits, &schema);
		batch = random_batch(&random, &schema, limits.rows_max);
		csv_check(batch, random_below(&random, 2) != 0 ? ',' : '\t', &random, seed + i);
		jsonl_check(batch, &random, seed + i);
		table_batch_free(&batch);
		table_schema_free(&schema);
	}
	printf("%llu tables from seed %llu on\n", (unsigned long long)tables,
	       (unsigned long long)seed);
	return 0;
}
