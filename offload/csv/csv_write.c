/* Tables as CSV. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "table_bytes.h"
#include "table_text.h"

struct csv_writer {
	struct table_writer writer;
	struct table_bytes_out out;
	const struct table_schema *schema;
	char delimiter;
	struct table_bytes text;
};

static bool needs_quotes(const struct csv_writer *csv, const uint8_t *text, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes; i++)
		if (text[i] == '"' || text[i] == '\n' || text[i] == '\r' ||
		    text[i] == (uint8_t)csv->delimiter)
			return true;
	return bytes == 0;
}

static int text_add(struct csv_writer *csv, const uint8_t *text, uint64_t bytes)
{
	uint8_t *to;

	if (!needs_quotes(csv, text, bytes))
		return table_bytes_add(&csv->text, text, bytes);
	if (table_bytes_reserve(&csv->text, 2 * bytes + 2) < 0)
		return -ENOMEM;
	to = csv->text.at + csv->text.count;
	*to++ = '"';
	for (uint64_t i = 0; i < bytes; i++) {
		if (text[i] == '"')
			*to++ = '"';
		*to++ = text[i];
	}
	*to++ = '"';
	csv->text.count = (size_t)(to - csv->text.at);
	return 0;
}

static int binary_add(struct csv_writer *csv, const struct table_value *value)
{
	if (value->count == 0)
		return text_add(csv, value->bytes, 0);
	if (table_bytes_reserve(&csv->text, 2 * value->count) < 0)
		return -ENOMEM;
	table_text_format_hex(value->bytes, value->count, (char *)csv->text.at + csv->text.count);
	csv->text.count += 2 * value->count;
	return 0;
}

static int value_add(struct csv_writer *csv, const struct table_kind *kind,
		     const struct table_value *value)
{
	char text[TABLE_TEXT_BYTES_MAX];

	if (kind->type == TABLE_UTF8)
		return text_add(csv, value->bytes, value->count);
	if (kind->type == TABLE_BINARY)
		return binary_add(csv, value);
	return text_add(csv, (const uint8_t *)text, table_text_format(kind, value->fixed, text));
}

static int row_add(struct csv_writer *csv, const struct table_batch *batch, uint64_t row)
{
	int rc = 0;

	for (uint32_t i = 0; i < csv->schema->count && rc == 0; i++) {
		const struct table_field *field = &csv->schema->fields[i];
		struct table_value value;

		if (i > 0)
			rc = table_bytes_add(&csv->text, &csv->delimiter, 1);
		if (rc == 0 && table_value_get(field, &batch->columns[i], row, &value))
			rc = value_add(csv, &field->kind, &value);
	}
	return rc == 0 ? table_bytes_add(&csv->text, "\n", 1) : rc;
}

static int text_flush(struct csv_writer *csv, struct table_error *error)
{
	int rc = csv->out.write(csv->out.opaque, csv->text.at, csv->text.count);

	csv->text.count = 0;
	return rc < 0 ? table_fail(error, rc, "cannot be written: %s", strerror(-rc)) : 0;
}

static int csv_write(struct table_writer *writer, const struct table_batch *batch,
		     struct table_error *error)
{
	struct csv_writer *csv = (struct csv_writer *)(void *)writer;
	int rc = 0;

	for (uint64_t row = 0; row < batch->rows && rc == 0; row++) {
		if (row_add(csv, batch, row) < 0)
			return table_fail(error, -ENOMEM, "no memory");
		if (csv->text.count >= MR_TABLE_READ_BYTES)
			rc = text_flush(csv, error);
	}
	return rc == 0 && csv->text.count > 0 ? text_flush(csv, error) : rc;
}

static int csv_end(struct table_writer *writer, struct table_error *error)
{
	return 0;
}

static void csv_writer_close(struct table_writer *writer)
{
	struct csv_writer *csv = (struct csv_writer *)(void *)writer;

	table_bytes_free(&csv->text);
	free(csv);
}

static const struct table_writer_ops ops = {csv_write, csv_end, csv_writer_close};

static int header_add(struct csv_writer *csv)
{
	int rc = 0;

	for (uint32_t i = 0; i < csv->schema->count && rc == 0; i++) {
		const char *name = csv->schema->fields[i].name;

		if (i > 0)
			rc = table_bytes_add(&csv->text, &csv->delimiter, 1);
		if (rc == 0)
			rc = text_add(csv, (const uint8_t *)name, strlen(name));
	}
	return rc == 0 ? table_bytes_add(&csv->text, "\n", 1) : rc;
}

int csv_writer_open(const struct table_schema *schema, const struct csv_options *options,
		    const struct table_bytes_out *out, struct table_writer **writer,
		    struct table_error *error)
{
	struct csv_writer *csv = calloc(1, sizeof(*csv));
	int rc = 0;

	if (csv == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	*csv = (struct csv_writer){
	    .writer.ops = &ops, .out = *out, .schema = schema, .delimiter = options->delimiter};
	if (!options->no_header)
		rc = header_add(csv) < 0 ? table_fail(error, -ENOMEM, "no memory")
					 : text_flush(csv, error);
	if (rc < 0) {
		csv_writer_close(&csv->writer);
		return rc;
	}
	*writer = &csv->writer;
	return 0;
}
