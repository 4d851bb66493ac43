/* Any bytes are CSV or refused with a place; what was read is written and read again the same. The
 * first byte says how it is read. */
#include "csv.h"
#include "random_table.h"
#include "test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again_check(const struct table_batch *batch)
{
	const struct csv_options options = {',', false, batch->schema};
	struct table_writer *writer;
	struct table_reader *reader;
	struct table_error error;
	struct table_batch *read;
	struct random_pipe pipe;
	uint64_t from = 0;
	int rc;

	/* Of columns with one name only the first is given its type. */
	for (uint32_t i = 0; i < batch->schema->count; i++)
		if (table_schema_find(batch->schema, batch->schema->fields[i].name,
				      strlen(batch->schema->fields[i].name)) != i)
			return;
	random_pipe_init(&pipe, NULL);
	CHECK(csv_writer_open(batch->schema, &options, &pipe.out, &writer, &error) == 0, "%s",
	      error.text);
	CHECK(table_write(writer, batch, &error) == 0, "%s", error.text);
	table_writer_close(&writer);
	CHECK(csv_open(&pipe.in, &options, &reader, &error) == 0, "%s", error.text);
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
	const char delimiters[] = {',', ';', '\t', '|'};
	struct random pieces = {size};
	struct table_reader *reader = NULL;
	struct table_error error = {""};
	struct table_batch *batch;
	struct csv_options options;
	struct random_pipe pipe;
	int rc;

	if (size == 0)
		return 0;
	options = (struct csv_options){delimiters[data[0] & 3], (data[0] & 4) != 0, NULL};
	random_pipe_init(&pipe, (data[0] & 8) != 0 ? &pieces : NULL);
	CHECK(pipe.out.write(&pipe, data + 1, size - 1) == 0, "pipe");
	rc = csv_open(&pipe.in, &options, &reader, &error);
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
