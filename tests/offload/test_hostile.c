/* What is wrong with a table is told, with its place; one byte changed or left out of a stream
 * never reads beyond it. */
#include <errno.h>
#include <stdlib.h>

#include "arrow.h"
#include "csv.h"
#include "jsonl.h"
#include "random_table.h"
#include "test.h"

#define POOL_BYTES (8u << 20)

/* Reads all of a table; 0 or -errno with error. */
static int drain(struct table_reader *reader, struct table_error *error)
{
	struct table_batch *batch;
	int rc;

	while ((rc = table_read(reader, &batch, error)) > 0)
		table_batch_free(&batch);
	table_reader_close(&reader);
	return rc;
}

static void pipe_fill(struct random_pipe *pipe, const void *bytes, size_t count)
{
	random_pipe_init(pipe, NULL);
	CHECK(pipe->out.write(pipe, bytes, count) == 0, "pipe");
}

static void csv_refuses(const char *text, const char *given, const char *wanted)
{
	struct table_schema schema = {0};
	struct csv_options options = {',', false, NULL};
	struct table_reader *reader = NULL;
	struct table_error error = {""};
	struct random_pipe pipe;
	int rc;

	if (given != NULL) {
		CHECK(table_schema_add(&schema, given, 1, &(struct table_kind){TABLE_INT8}) == 0,
		      "schema");
		options.given = &schema;
	}
	pipe_fill(&pipe, text, strlen(text));
	rc = csv_open(&pipe.in, &options, &reader, &error);
	if (rc == 0)
		rc = drain(reader, &error);
	CHECK(rc < 0 && strstr(error.text, wanted) != NULL, "%s gave %d: \"%s\", not \"%s\"", text,
	      rc, error.text, wanted);
	random_pipe_free(&pipe);
	table_schema_free(&schema);
}

static void jsonl_refuses(const char *text, const char *given, const char *wanted)
{
	struct table_schema schema = {0};
	struct table_reader *reader = NULL;
	struct table_error error = {""};
	struct random_pipe pipe;
	int rc;

	if (given != NULL)
		CHECK(table_schema_add(&schema, given, 1, &(struct table_kind){TABLE_INT8}) == 0,
		      "schema");
	pipe_fill(&pipe, text, strlen(text));
	rc = jsonl_open(&pipe.in, given != NULL ? &schema : NULL, &reader, &error);
	if (rc == 0)
		rc = drain(reader, &error);
	CHECK(rc < 0 && strstr(error.text, wanted) != NULL, "%s gave %d: \"%s\", not \"%s\"", text,
	      rc, error.text, wanted);
	random_pipe_free(&pipe);
	table_schema_free(&schema);
}

static void text_refused(void)
{
	csv_refuses("", NULL, "a table without columns");
	csv_refuses("a,b\n1,2\n3\n", NULL, "line 3 has 1 fields, where the table has 2 columns");
	csv_refuses("a,b\n1,\"x\ny\"\n3,4,5\n", NULL, "line 4 has 3 fields");
	csv_refuses("a,b\n1,x\"y\n", NULL, "line 2, column 2 (b): a quote within a field");
	csv_refuses("a,b\n1,\"x\"y\n", NULL, "line 2, column 2 (b): text behind a closing quote");
	csv_refuses("a,b\n1,\"xy\n", NULL, "line 2, column 2 (b): a quote that nothing ends");
	csv_refuses("a,b\n1,\xff\n", NULL, "line 2, column 2 (b): \"?\" is not UTF-8");
	csv_refuses("a,b\n1,2\n200,2\n", "a",
		    "line 3, column 1 (a): \"200\" does not fit into int8");
	csv_refuses("a,b\n1,2\nx,2\n", "a", "line 3, column 1 (a): \"x\" is no int8");
	csv_refuses("a,b\n1,2\n", "c", "there is no column \"c\"");
	jsonl_refuses("", NULL, "no object has a key");
	jsonl_refuses("{\"a\":1}\n{\"a\":[1]}\n", NULL, "line 2, byte 6: \"a\" holds a list");
	jsonl_refuses("{\"a\":{}}\n", NULL, "line 1, byte 6: \"a\" holds an object");
	jsonl_refuses("{\"a\":1}\n7\n", NULL,
		      "a value by itself, where each line is to be one object");
	jsonl_refuses("{\"a\":1}{\"a\":2}\n", NULL, "a second object on a line");
	jsonl_refuses("{\"a\":1,\"a\":2}\n", NULL, "\"a\" is there twice");
	jsonl_refuses("{\"a\":1}\n{\"a\":2", NULL, "line 2: the file ends within an object");
	jsonl_refuses("{\"a\":1}\n{\"a\":tru}\n", NULL, "line 2, byte");
	jsonl_refuses("{\"a\":200}\n", "a", "(a) \"200\" does not fit into int8");
}

static const struct random_limits limits = {6, 40, true, false};

/* Every byte changed to something else, and every length, of a stream: read or refused with words.
 */
static void arrow_damaged(struct region_pool *pool, uint64_t seed)
{
	struct random random = {seed};
	struct table_schema schema;
	struct table_batch *batch;
	struct table_writer *writer;
	struct table_error error;
	struct random_pipe pipe;
	uint64_t refused = 0;

	random_schema(&random, &limits, &schema);
	batch = random_batch(&random, &schema, limits.rows_max);
	random_pipe_init(&pipe, NULL);
	CHECK(arrow_writer_open(&schema, &pipe.out, &writer, &error) == 0 &&
		  table_write(writer, batch, &error) == 0 && table_write_end(writer, &error) == 0,
	      "%s", error.text);
	table_writer_close(&writer);
	for (size_t at = 0; at < pipe.count; at++) {
		struct region *region;
		struct table_reader *reader;
		size_t count = at % 2 == 0 ? pipe.count : at;
		int rc;

		error.text[0] = '\0';
		CHECK(region_alloc(pool, count + 1, REGION_ANY, &region) == 0, "region");
		memcpy(region->base, pipe.bytes, count);
		region->base[at < count ? at : 0] ^= (uint8_t)(1u << random_below(&random, 8));
		region_freeze(region);
		rc = arrow_open_region(region, 0, count, &reader, &error);
		region_unref(&region);
		if (rc == 0)
			rc = drain(reader, &error);
		CHECK(rc == 0 || error.text[0] != '\0', "seed %llu, byte %zu: no words for %d",
		      (unsigned long long)seed, at, rc);
		refused += rc < 0;
	}
	CHECK(refused > pipe.count / 8, "seed %llu: only %llu of %zu were refused",
	      (unsigned long long)seed, (unsigned long long)refused, pipe.count);
	table_batch_free(&batch);
	table_schema_free(&schema);
	random_pipe_free(&pipe);
}

/* What is no stream at all, or hardly begins. */
static void arrow_refused(struct region_pool *pool)
{
	struct table_reader *reader;
	struct table_error error;
	struct random_pipe pipe;

	pipe_fill(&pipe, "PAR1 and more", 13);
	CHECK(arrow_open(&pipe.in, pool, &reader, &error) == -EBADMSG &&
		  strstr(error.text, "no message of an Arrow IPC stream") != NULL,
	      "%s", error.text);
	random_pipe_free(&pipe);
	pipe_fill(&pipe, "\xff\xff\xff\xff", 4);
	CHECK(arrow_open(&pipe.in, pool, &reader, &error) == -EBADMSG &&
		  strstr(error.text, "ends in the middle of a message") != NULL,
	      "%s", error.text);
	random_pipe_free(&pipe);
}

int main(void)
{
	struct region_provider provider;
	struct region_pool *pool;

	text_refused();
	CHECK(region_provider_memory(&provider, POOL_BYTES) == 0, "memory");
	CHECK(region_pool_create(&pool, &provider, 0) == 0, "pool");
	for (uint64_t seed = 1; seed <= 8; seed++)
		arrow_damaged(pool, seed);
	arrow_refused(pool);
	region_pool_destroy(&pool);
	return 0;
}
