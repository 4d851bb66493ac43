/* Any bytes are JSON lines or refused with a place; what was read is written and read again the
 * same. */
#include "jsonl.h"
#include "random_table.h"
#include "test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again_check(const struct table_batch *batch)
{
	struct table_writer *writer;
	struct table_reader *reader;
	struct table_error error;
	struct table_batch *read;
	struct random_pipe pipe;
	uint64_t from = 0;
	int rc;

	random_pipe_init(&pipe, NULL);
	CHECK(jsonl_writer_open(batch->schema, &pipe.out, &writer, &error) == 0, "%s", error.text);
	CHECK(table_write(writer, batch, &error) == 0, "%s", error.text);
	table_writer_close(&writer);
	CHECK(jsonl_open(&pipe.in, batch->schema, &reader, &error) == 0, "%s", error.text);
	while ((rc = table_read(reader, &read, &error)) > 0) {
		random_check_rows(batch, from, read, 0);
		from += read->rows;
		table_batch_free(&read);
	}
	CHECK(rc == 0, "%s", error.text);
	CHECK(from == batch->rows, "%llu rows", (unsigned long long)from);
	table_reader_close(&reader);
	random_pipe_free(&pipe);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct random pieces = {size};
	struct table_reader *reader = NULL;
	struct table_error error = {""};
	struct table_batch *batch;
	struct random_pipe pipe;
	int rc;

	random_pipe_init(&pipe, size % 2 != 0 ? &pieces : NULL);
	CHECK(pipe.out.write(&pipe, data, size) == 0, "pipe");
	rc = jsonl_open(&pipe.in, NULL, &reader, &error);
	while (rc == 0 && (rc = table_read(reader, &batch, &error)) > 0) {
		again_check(batch);
		table_batch_free(&batch);
		rc = 0;
	}
	CHECK(rc == 0 || error.text[0] != '\0', "no words for %d", rc);
	table_reader_close(&reader);
	random_pipe_free(&pipe);
	return 0;
}
