/* Writing an Arrow stream: each message is laid out in one buffer, which is then written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arrow.h"
#include "arrow_encoder.h"

struct arrow_writer {
	struct table_writer writer;
	struct table_bytes_out out;
	struct table_schema schema;
	struct table_schema *values;       /* for each column with a dictionary: of its values */
	struct table_dictionary **written; /* the last one, a reference */
	struct arrow_encoder encoder;
	struct table_bytes buffer;
};

static int write_failed(int rc, struct table_error *error)
{
	return table_fail(error, rc, "cannot be written: %s", strerror(-rc));
}

/* The second pass, and out with it. */
static int message_write(struct arrow_writer *writer, int64_t bytes, struct table_error *error)
{
	int rc = bytes < 0 ? (int)bytes : 0;

	writer->buffer.count = 0;
	if (rc == 0)
		rc = table_bytes_reserve(&writer->buffer, (size_t)bytes);
	if (rc < 0)
		return table_fail(error, rc, "no memory");
	arrow_encode_fill(&writer->encoder, writer->buffer.at);
	rc = writer->out.write(writer->out.opaque, writer->buffer.at, (size_t)bytes);
	return rc < 0 ? write_failed(rc, error) : 0;
}

/* The first column of those that share its dictionary says which one was written. */
static uint32_t dictionary_owner(const struct arrow_writer *writer, uint32_t column)
{
	uint32_t i = 0;

	while (!writer->schema.fields[i].dictionary ||
	       writer->schema.fields[i].dictionary_id !=
		   writer->schema.fields[column].dictionary_id)
		i++;
	return i;
}

static int dictionary_write(struct arrow_writer *writer, uint32_t column,
			    struct table_dictionary *dictionary, struct table_error *error)
{
	struct table_dictionary **written = &writer->written[dictionary_owner(writer, column)];
	int64_t id = writer->schema.fields[column].dictionary_id;
	int rc;

	if (*written == dictionary)
		return 0;
	rc = message_write(
	    writer,
	    arrow_encode_dictionary(&writer->encoder, id, &writer->values[column], dictionary),
	    error);
	if (rc == 0) {
		table_dictionary_unref(written);
		*written = table_dictionary_ref(dictionary);
	}
	return rc;
}

static int writer_write(struct table_writer *table, const struct table_batch *batch,
			struct table_error *error)
{
	struct arrow_writer *writer = (struct arrow_writer *)(void *)table;

	for (uint32_t i = 0; i < writer->schema.count; i++) {
		int rc = batch->columns[i].dictionary == NULL
			     ? 0
			     : dictionary_write(writer, i, batch->columns[i].dictionary, error);

		if (rc < 0)
			return rc;
	}
	return message_write(writer, arrow_encode_batch(&writer->encoder, batch), error);
}

static int writer_end(struct table_writer *table, struct table_error *error)
{
	struct arrow_writer *writer = (struct arrow_writer *)(void *)table;
	uint8_t end[ARROW_END_BYTES];
	int rc;

	arrow_encode_end(end);
	rc = writer->out.write(writer->out.opaque, end, sizeof(end));
	return rc < 0 ? write_failed(rc, error) : 0;
}

static void writer_close(struct table_writer *table)
{
	struct arrow_writer *writer = (struct arrow_writer *)(void *)table;

	for (uint32_t i = 0; i < writer->schema.count; i++) {
		if (writer->values != NULL)
			table_schema_free(&writer->values[i]);
		if (writer->written != NULL)
			table_dictionary_unref(&writer->written[i]);
	}
	free(writer->values);
	free(writer->written);
	table_schema_free(&writer->schema);
	arrow_encoder_free(&writer->encoder);
	table_bytes_free(&writer->buffer);
	free(writer);
}

static const struct table_writer_ops ops = {writer_write, writer_end, writer_close};

static int schemas_make(struct arrow_writer *writer, const struct table_schema *schema)
{
	int rc = table_schema_copy(&writer->schema, schema);

	if (rc < 0)
		return rc;
	writer->values = calloc(schema->count, sizeof(*writer->values));
	writer->written = calloc(schema->count, sizeof(struct table_dictionary *));
	if (writer->values == NULL || writer->written == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < schema->count && rc == 0; i++)
		rc = table_schema_add(&writer->values[i], "", 0, &schema->fields[i].kind);
	return rc;
}

int arrow_writer_open(const struct table_schema *schema, const struct table_bytes_out *out,
		      struct table_writer **writer, struct table_error *error)
{
	struct arrow_writer *w = calloc(1, sizeof(*w));
	int rc;

	if (w == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	w->writer.ops = &ops;
	w->out = *out;
	rc = schemas_make(w, schema);
	if (rc < 0)
		table_fail(error, rc, "no memory");
	else
		rc = message_write(w, arrow_encode_schema(&w->encoder, &w->schema), error);
	if (rc < 0) {
		writer_close(&w->writer);
		return rc;
	}
	*writer = &w->writer;
	return 0;
}
