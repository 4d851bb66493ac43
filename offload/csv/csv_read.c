/* Tables from CSV: what is read is looked at record by record, types first. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "csv_scan.h"
#include "table_append.h"
#include "table_bytes.h"
#include "table_infer.h"

struct csv_reader {
	struct table_reader reader;
	struct table_bytes_in in;
	char delimiter;
	struct table_bytes text; // read, and from at on not yet taken
	size_t at;
	bool last; // nothing more will come
	uint64_t line;
	struct csv_record record;
	struct table_bytes halved;
	struct table_builder *builder;
};

static int no_memory(struct table_error *error)
{
	return table_fail(error, -ENOMEM, "no memory");
}

/* Reads more behind what is not yet taken, which moves to the front. */
static int text_more(struct csv_reader *csv, struct table_error *error)
{
	ssize_t n;

	if (csv->at > 0) {
		memmove(csv->text.at, csv->text.at + csv->at, csv->text.count - csv->at);
		csv->text.count -= csv->at;
		csv->at = 0;
	}
	if (csv->text.count > MR_TABLE_RECORD_BYTES_MAX)
		return table_fail(
		    error, -E2BIG,
		    "line %llu: a record of more than %u bytes: does a quote not end?",
		    (unsigned long long)csv->line, MR_TABLE_RECORD_BYTES_MAX);
	if (table_bytes_reserve(&csv->text, MR_TABLE_READ_BYTES) < 0)
		return no_memory(error);
	n = csv->in.read(csv->in.opaque, csv->text.at + csv->text.count,
			 csv->text.room - csv->text.count);
	if (n < 0)
		return table_fail(error, (int)n, "cannot be read: %s", strerror((int)-n));
	csv->text.count += (size_t)n;
	csv->last = n == 0;
	return 0;
}

/* "line 3, column 2 (price): ..." */
static int column_failed(const struct csv_reader *csv, uint32_t column, int rc, const char *what,
			 struct table_error *error)
{
	bool named = column < csv->reader.schema.count;
	struct table_error inner;

	snprintf(inner.text, sizeof(inner.text), "%s", what);
	return table_fail(error, rc, "line %llu, column %u%s%.200s%s: %.700s",
			  (unsigned long long)csv->line, column + 1, named ? " (" : "",
			  named ? csv->reader.schema.fields[column].name : "", named ? ")" : "",
			  inner.text);
}

/* Finds the next record that holds anything, from *at in what is read on. 1; 0 when its end is not
 * there, or nothing is; or -errno. */
static int record_find(struct csv_reader *csv, size_t *at, struct table_error *error)
{
	struct csv_record *record = &csv->record;

	while (*at < csv->text.count) {
		const char *text = (const char *)csv->text.at + *at;

		if (!csv_scan(text, csv->text.count - *at, csv->last, csv->delimiter, record))
			return 0;
		if (record->wrong != NULL)
			return column_failed(csv, record->count - 1, -EINVAL, record->wrong, error);
		*at = (size_t)(record->end - (const char *)csv->text.at);
		if (record->count > 1 || record->fields[0].bytes > 0 || record->fields[0].quoted ||
		    csv->reader.schema.count == 1)
			return 1;
		csv->line += record->lines;
	}
	return 0;
}

static int record_check(struct csv_reader *csv, struct table_error *error)
{
	uint32_t count = csv->reader.schema.count;

	if (csv->record.count == count)
		return 0;
	return table_fail(error, -EINVAL, "line %llu has %u fields, where the table has %u columns",
			  (unsigned long long)csv->line, csv->record.count, count);
}

/* A field as it is meant: text and bytes. */
static int field_plain(struct csv_reader *csv, uint32_t column, const char **text, size_t *bytes,
		       struct table_error *error)
{
	const struct csv_field *field = &csv->record.fields[column];

	*text = field->text;
	*bytes = field->bytes;
	if (!field->doubled)
		return 0;
	csv->halved.count = 0;
	if (table_bytes_reserve(&csv->halved, field->bytes) < 0)
		return no_memory(error);
	*bytes = csv_halve(field, (char *)csv->halved.at);
	*text = (const char *)csv->halved.at;
	return 0;
}

static int record_append(struct csv_reader *csv, struct table_error *error)
{
	for (uint32_t i = 0; i < csv->reader.schema.count; i++) {
		const char *text;
		size_t bytes;
		int rc = field_plain(csv, i, &text, &bytes, error);

		if (rc == 0 && bytes == 0 && !csv->record.fields[i].quoted)
			rc = table_builder_null(csv->builder, i) < 0 ? no_memory(error) : 0;
		else if (rc == 0)
			rc = table_append_text(csv->builder, &csv->reader.schema, i, text, bytes,
					       error);
		if (rc < 0)
			return rc == -ENOMEM ? rc : column_failed(csv, i, rc, error->text, error);
	}
	return table_builder_end_row(csv->builder) < 0 ? no_memory(error) : 0;
}

static int csv_next(struct table_reader *reader, struct table_batch **batch,
		    struct table_error *error)
{
	struct csv_reader *csv = (struct csv_reader *)(void *)reader;
	int rc = 0;

	while (rc == 0 && !table_builder_full(csv->builder)) {
		rc = record_find(csv, &csv->at, error);
		if (rc == 0 && csv->last)
			break;
		if (rc == 0) {
			rc = text_more(csv, error);
			continue;
		}
		if (rc > 0)
			rc = record_check(csv, error);
		if (rc == 0)
			rc = record_append(csv, error);
		csv->line += csv->record.lines;
	}
	if (rc < 0 || table_builder_rows(csv->builder) == 0)
		return rc;
	return table_builder_take(csv->builder, batch) < 0 ? no_memory(error) : 1;
}

static void csv_close(struct table_reader *reader)
{
	struct csv_reader *csv = (struct csv_reader *)(void *)reader;

	table_builder_destroy(&csv->builder);
	table_schema_free(&reader->schema);
	table_bytes_free(&csv->text);
	table_bytes_free(&csv->halved);
	free(csv->record.fields);
	free(csv);
}

static const struct table_reader_ops ops = {csv_next, csv_close};

/* 1: the first record is whole in what is read; 0: the table has none; or -errno. */
static int first_record(struct csv_reader *csv, size_t *at, struct table_error *error)
{
	int rc = text_more(csv, error);

	if (rc == 0 && csv->text.count >= 3 && memcmp(csv->text.at, "\xef\xbb\xbf", 3) == 0)
		csv->at = 3; /* a byte order mark */
	do {
		*at = csv->at;
		csv->line = 1;
		rc = rc == 0 ? record_find(csv, at, error) : rc;
	} while (rc == 0 && !csv->last && (rc = text_more(csv, error)) == 0);
	return rc;
}

/* Fills what one read left short, as from a pipe, so that types do not depend on its pace. */
static int sample_fill(struct csv_reader *csv, struct table_error *error)
{
	int rc = 0;

	while (rc == 0 && !csv->last && csv->text.count < MR_TABLE_READ_BYTES)
		rc = text_more(csv, error);
	return rc;
}

static int columns_name(struct csv_reader *csv, bool header, struct table_error *error)
{
	const struct table_kind kind = {.type = TABLE_UTF8};
	int rc = 0;

	for (uint32_t i = 0; i < csv->record.count && rc == 0; i++) {
		char number[16];
		const char *text = number;
		size_t bytes = (size_t)snprintf(number, sizeof(number), "f%u", i);

		if (header)
			rc = field_plain(csv, i, &text, &bytes, error);
		if (rc == 0 && memchr(text, 0, bytes) != NULL)
			return column_failed(csv, i, -EINVAL, "a zero byte in a name: is this CSV?",
					     error);
		if (rc == 0 && table_schema_add(&csv->reader.schema, text, bytes, &kind) < 0)
			rc = no_memory(error);
	}
	return rc;
}

static int columns_give(struct csv_reader *csv, const struct table_schema *given,
			struct table_error *error)
{
	for (uint32_t i = 0; given != NULL && i < given->count; i++) {
		const char *name = given->fields[i].name;
		int64_t column = table_schema_find(&csv->reader.schema, name, strlen(name));

		if (column < 0)
			return table_fail(error, -EINVAL, "there is no column \"%.200s\"", name);
		csv->reader.schema.fields[column].kind = given->fields[i].kind;
	}
	return 0;
}

/* Kinds of columns that are not given, from the whole records that were read. */
static int columns_guess(struct csv_reader *csv, const struct table_schema *given,
			 struct table_error *error)
{
	struct table_schema *schema = &csv->reader.schema;
	table_guess *guess = malloc(schema->count * sizeof(*guess));
	uint64_t line = csv->line;
	size_t at = csv->at;
	int rc = 0;

	if (guess == NULL)
		return no_memory(error);
	memset(guess, 0xff, schema->count * sizeof(*guess));
	while (rc == 0 && (rc = record_find(csv, &at, error)) > 0) {
		rc = record_check(csv, error);
		for (uint32_t i = 0; i < schema->count && rc == 0; i++) {
			const struct csv_field *field = &csv->record.fields[i];

			if (field->bytes > 0 || field->quoted)
				table_guess_value(&guess[i], TABLE_TOKEN_ANY, field->text,
						  field->bytes);
		}
		csv->line += csv->record.lines;
	}
	for (uint32_t i = 0; i < schema->count && rc == 0; i++) {
		const char *name = schema->fields[i].name;

		if (given == NULL || table_schema_find(given, name, strlen(name)) < 0)
			table_guess_kind(guess[i], &schema->fields[i].kind);
	}
	csv->line = line;
	free(guess);
	return rc;
}

/* Whether the record is the names of the columns. 1, 0 or -errno. */
static int is_header(struct csv_reader *csv, struct table_error *error)
{
	const struct table_schema *schema = &csv->reader.schema;

	if (csv->record.count != schema->count)
		return 0;
	for (uint32_t i = 0; i < schema->count; i++) {
		const char *text;
		size_t bytes;
		int rc = field_plain(csv, i, &text, &bytes, error);

		if (rc < 0)
			return rc;
		if (strlen(schema->fields[i].name) != bytes ||
		    memcmp(schema->fields[i].name, text, bytes) != 0)
			return 0;
	}
	return 1;
}

/* The columns are known: all that is read are rows, but perhaps the first line. */
static int columns_take(struct csv_reader *csv, const struct table_schema *columns,
			struct table_error *error)
{
	size_t at;
	int rc;

	if (table_schema_copy(&csv->reader.schema, columns) < 0)
		return no_memory(error);
	rc = first_record(csv, &at, error);
	if (rc > 0)
		rc = is_header(csv, error);
	if (rc > 0) {
		csv->at = at;
		csv->line += csv->record.lines;
	} else {
		csv->line = 1;
	}
	return rc < 0 ? rc : 0;
}

/* Names from the first line, kinds from what follows. */
static int columns_infer(struct csv_reader *csv, const struct csv_options *options,
			 struct table_error *error)
{
	size_t at;
	int rc = first_record(csv, &at, error);

	if (rc == 0)
		return table_fail(error, -EINVAL, "a table without columns: it has no line");
	if (rc < 0)
		return rc;
	if (csv->record.count > MR_TABLE_COLUMNS_MAX)
		return table_fail(
		    error, -E2BIG, "line %llu has %u fields: more than the %u allowed",
		    (unsigned long long)csv->line, csv->record.count, MR_TABLE_COLUMNS_MAX);
	rc = columns_name(csv, !options->no_header, error);
	if (options->no_header) {
		csv->line = 1; /* empty lines before it may be rows */
	} else {
		csv->at = at;
		csv->line += csv->record.lines;
	}
	if (rc == 0)
		rc = sample_fill(csv, error);
	if (rc == 0)
		rc = columns_give(csv, options->given, error);
	return rc == 0 ? columns_guess(csv, options->given, error) : rc;
}

/* Room for the fields of as many columns as there may be, until it is known how many there are. */
static int csv_begin(struct csv_reader *csv, const struct csv_options *options,
		     struct table_error *error)
{
	int rc;

	csv->record.field_max = MR_TABLE_COLUMNS_MAX;
	csv->record.fields = malloc(MR_TABLE_COLUMNS_MAX * sizeof(*csv->record.fields));
	if (csv->record.fields == NULL)
		return no_memory(error);
	if (options->columns != NULL)
		rc = columns_take(csv, options->columns, error);
	else
		rc = columns_infer(csv, options, error);
	if (rc == 0 && table_builder_create(&csv->reader.schema, &csv->builder) < 0)
		rc = no_memory(error);
	return rc;
}

int csv_open(const struct table_bytes_in *in, const struct csv_options *options,
	     struct table_reader **reader, struct table_error *error)
{
	struct csv_reader *csv = calloc(1, sizeof(*csv));
	int rc;

	if (csv == NULL)
		return no_memory(error);
	csv->reader.ops = &ops;
	csv->in = *in;
	csv->delimiter = options->delimiter;
	rc = csv_begin(csv, options, error);
	if (rc < 0) {
		csv_close(&csv->reader);
		return rc;
	}
	*reader = &csv->reader;
	return 0;
}
