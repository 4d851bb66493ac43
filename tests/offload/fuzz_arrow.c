/* Any bytes are a table or refused, read as a stream and in place alike; what was read is written
 * and read again the same. */
#include <errno.h>
#include <stdlib.h>

#include "arrow.h"
#include "random_table.h"
#include "test.h"

#define POOL_BYTES (32u << 20)
#define BATCHES_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct region_pool *pool;

static void pool_make(void)
{
	struct region_provider provider;

	CHECK(region_provider_memory(&provider, POOL_BYTES) == 0, "memory");
	CHECK(region_pool_create(&pool, &provider, 0) == 0, "pool");
}

struct read {
	struct table_reader *reader;
	struct table_batch *batches[BATCHES_MAX];
	uint32_t count;
	int rc;
};

/* Up to an error, the end, or as many batches as are enough. */
static void read_all(struct read *read, struct table_error *error)
{
	while (read->rc == 0 && read->count < BATCHES_MAX) {
		int rc = table_read(read->reader, &read->batches[read->count], error);

		if (rc == 0)
			return;
		read->rc = rc < 0 ? rc : 0;
		read->count += rc > 0;
	}
}

static void read_free(struct read *read)
{
	for (uint32_t i = 0; i < read->count; i++)
		table_batch_free(&read->batches[i]);
	table_reader_close(&read->reader);
}

static struct read stream_read(struct random_pipe *pipe)
{
	struct table_error error = {""};
	struct read read = {0};

	read.rc = arrow_open(&pipe->in, pool, &read.reader, &error);
	if (read.rc == 0)
		read_all(&read, &error);
	CHECK(read.rc == 0 || error.text[0] != '\0', "no words for %d", read.rc);
	return read;
}

static struct read region_read(const uint8_t *data, size_t size)
{
	struct table_error error = {""};
	struct read read = {0};
	struct region *region;

	CHECK(region_alloc(pool, size + 1, REGION_ANY, &region) == 0, "region");
	memcpy(region->base, data, size);
	region_freeze(region);
	read.rc = arrow_open_region(region, 0, size, &read.reader, &error);
	region_unref(&region);
	if (read.rc == 0)
		read_all(&read, &error);
	CHECK(read.rc == 0 || error.text[0] != '\0', "no words for %d", read.rc);
	return read;
}

static void same_check(const struct read *a, const struct read *b)
{
	CHECK((a->reader == NULL) == (b->reader == NULL) && a->count == b->count,
	      "%u and %u batches", a->count, b->count);
	if (a->reader != NULL)
		random_check_schemas(&a->reader->schema, &b->reader->schema, true, 0);
	for (uint32_t i = 0; i < a->count; i++) {
		CHECK(a->batches[i]->rows == b->batches[i]->rows, "rows of batch %u", i);
		random_check_rows(a->batches[i], 0, b->batches[i], 0);
	}
}

static void again_check(const struct read *read)
{
	struct table_writer *writer;
	struct table_error error;
	struct random_pipe pipe;
	struct read again;

	random_pipe_init(&pipe, NULL);
	CHECK(arrow_writer_open(&read->reader->schema, &pipe.out, &writer, &error) == 0, "%s",
	      error.text);
	for (uint32_t i = 0; i < read->count; i++)
		CHECK(table_write(writer, read->batches[i], &error) == 0, "%s", error.text);
	CHECK(table_write_end(writer, &error) == 0, "%s", error.text);
	table_writer_close(&writer);
	again = stream_read(&pipe);
	CHECK(again.rc == 0, "what was written is not read");
	same_check(read, &again);
	read_free(&again);
	random_pipe_free(&pipe);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct random_pipe pipe;
	struct read stream, region;

	if (pool == NULL)
		pool_make();
	random_pipe_init(&pipe, NULL);
	CHECK(pipe.out.write(&pipe, data, size) == 0, "pipe");
	stream = stream_read(&pipe);
	region = region_read(data, size);
	if (stream.rc != -ENOMEM && stream.rc != -E2BIG) /* a body larger than the pool */
		same_check(&stream, &region);
	if (region.reader != NULL)
		again_check(&region);
	read_free(&stream);
	read_free(&region);
	random_pipe_free(&pipe);
	return 0;
}
