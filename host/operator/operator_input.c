/* Tables from items, whatever format they have. */
#include "operator_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow.h"
#include "csv.h"
#include "jsonl.h"
#include "table_text.h"

/* What a reader of text takes from an item. */
struct cursor {
	const uint8_t *at;
	uint64_t left;
};

struct operator_input {
	const struct operator_set *set;
	struct region *region;
	const struct mr_item *items;
	uint32_t count;
	uint32_t next; /* item: the one before it is being read */
	struct cursor cursor;
	struct table_reader *reader; /* NULL: of no item */
	struct table_schema schema;
	bool known; /* what the schema is */
	/* A row of bytes. */
	struct table_batch row;
	struct table_column columns[2];
	int32_t offsets[2][2];
};

static ssize_t cursor_read(void *opaque, void *to, size_t bytes)
{
	struct cursor *cursor = opaque;

	if (bytes > cursor->left)
		bytes = cursor->left;
	memcpy(to, cursor->at, bytes);
	cursor->at += bytes;
	cursor->left -= bytes;
	return (ssize_t)bytes;
}

/* "orders, item 3 (part-3.csv): what" */
static int item_failed(const struct operator_input *input, int rc, const char *what,
		       struct table_error *error)
{
	const struct mr_item *item = &input->items[input->next - 1];
	struct table_error inner;

	snprintf(inner.text, sizeof(inner.text), "%s", what);
	return table_fail(error, rc, "%s, item %u%s%.*s%s: %.900s", input->set->name, input->next,
			  item->name_len > 0 ? " (" : "",
			  item->name_len < 200 ? item->name_len : 200,
			  (const char *)input->region->base + item->name_off,
			  item->name_len > 0 ? ")" : "", inner.text);
}

static int reader_open(struct operator_input *input, const struct mr_item *item,
		       struct table_error *error)
{
	const struct table_bytes_in in = {cursor_read, &input->cursor};
	const struct table_schema *columns =
	    input->set->columns.count > 0 ? &input->set->columns : NULL;
	const struct csv_options options = {
	    .delimiter = input->set->format == OPERATOR_TSV ? '\t' : ',',
	    .columns = columns,
	};

	input->cursor = (struct cursor){input->region->base + item->bytes_off, item->bytes_len};
	switch (input->set->format) {
	case OPERATOR_ARROW:
		return arrow_open_region(input->region, item->bytes_off, item->bytes_len,
					 &input->reader, error);
	case OPERATOR_JSONL:
		return columns != NULL ? jsonl_open_columns(&in, columns, &input->reader, error)
				       : jsonl_open(&in, NULL, &input->reader, error);
	default:
		return csv_open(&in, &options, &input->reader, error);
	}
}

static int columns_differ(const struct operator_input *input, const struct table_schema *schema,
			  struct table_error *error)
{
	if (schema->count != input->schema.count)
		return table_fail(error, -EINVAL, "%u columns, where the items before have %u",
				  schema->count, input->schema.count);
	for (uint32_t i = 0; i < schema->count; i++) {
		const struct table_field *field = &schema->fields[i];
		const struct table_field *first = &input->schema.fields[i];

		if (strcmp(field->name, first->name) != 0 ||
		    !table_kind_equal(&field->kind, &first->kind) ||
		    field->dictionary != first->dictionary ||
		    (field->dictionary && field->index != first->index))
			return table_fail(error, -EINVAL,
					  "column %u (%.200s) is another than in the items before "
					  "(%.200s): say what the columns are, or cast them",
					  i + 1, field->name, first->name);
	}
	return 0;
}

/* Begins with the next item. 1, 0 when there is none, or -errno. */
static int item_next(struct operator_input *input, struct table_error *error)
{
	struct table_error inner;
	int rc;

	table_reader_close(&input->reader);
	if (input->next == input->count)
		return 0;
	rc = reader_open(input, &input->items[input->next++], &inner);
	if (rc == 0 && input->known)
		rc = columns_differ(input, &input->reader->schema, &inner);
	if (rc == 0 && !input->known)
		rc = table_schema_copy(&input->schema, &input->reader->schema) < 0
			 ? table_fail(&inner, -ENOMEM, "no memory")
			 : 0;
	input->known = true;
	return rc < 0 ? item_failed(input, rc, inner.text, error) : 1;
}

static int bytes_schema(struct operator_input *input, struct table_error *error)
{
	const struct table_kind name = {.type = TABLE_UTF8}, bytes = {.type = TABLE_BINARY};

	if (table_schema_add(&input->schema, "name", 4, &name) < 0 ||
	    table_schema_add(&input->schema, "bytes", 5, &bytes) < 0)
		return table_fail(error, -ENOMEM, "no memory");
	input->row.schema = &input->schema;
	input->row.rows = 1;
	input->row.columns = input->columns;
	input->known = true;
	return 0;
}

static void column_point(struct operator_input *input, uint32_t column, uint32_t off,
			 uint32_t bytes)
{
	input->offsets[column][1] = (int32_t)bytes;
	input->columns[column] = (struct table_column){
	    .offsets = input->offsets[column],
	    .bytes = input->region->base + off,
	};
}

static void row_release(struct table_batch *row)
{
	(void)row; /* part of its input */
}

/* The next item as a row. */
static int bytes_read(struct operator_input *input, struct table_batch **batch,
		      struct table_error *error)
{
	const struct mr_item *item;

	if (input->next == input->count)
		return 0;
	item = &input->items[input->next++];
	if (item->bytes_len > INT32_MAX)
		return item_failed(input, -E2BIG, "more than 2 GiB of bytes: split them", error);
	if (!table_utf8_valid(input->region->base + item->name_off, item->name_len))
		return item_failed(input, -EINVAL, "its name is not UTF-8", error);
	column_point(input, 0, item->name_off, item->name_len);
	column_point(input, 1, item->bytes_off, item->bytes_len);
	input->row.release = row_release;
	*batch = &input->row;
	return 1;
}

static int begin(struct operator_input *input, struct table_error *error)
{
	int rc;

	if (input->set->format == OPERATOR_BYTES)
		return bytes_schema(input, error);
	if (input->set->columns.count > 0) {
		input->known = true;
		return table_schema_copy(&input->schema, &input->set->columns) < 0
			   ? table_fail(error, -ENOMEM, "no memory")
			   : 0;
	}
	rc = item_next(input, error);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return table_fail(error, -ENODATA,
			  "%s is empty, and nothing says which columns it has: give them, as in "
			  "`in %s as csv (id:int64)`",
			  input->set->name, input->set->name);
}

int operator_input_open(const struct operator_set *set, struct region *region, uint32_t header_off,
			uint32_t index, struct operator_input **opened, struct table_error *error)
{
	struct operator_input *input = calloc(1, sizeof(*input));
	const struct mr_region *header = (const void *)(region->base + header_off);
	const struct mr_set *sets = (const void *)(region->base + header->sets_off);
	int rc;

	if (input == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	input->set = set;
	input->region = region;
	input->count = sets[index].item_count;
	input->items = region_items(region->base, &sets[index]);
	rc = begin(input, error);
	if (rc < 0)
		operator_input_close(&input);
	*opened = input;
	return rc;
}

const struct table_schema *operator_input_schema(const struct operator_input *input)
{
	return &input->schema;
}

int operator_input_read(struct operator_input *input, struct table_batch **batch,
			struct table_error *error)
{
	struct table_error inner;
	int rc;

	if (input->set->format == OPERATOR_BYTES)
		return bytes_read(input, batch, error);
	for (;;) {
		rc = input->reader != NULL ? table_read(input->reader, batch, &inner) : 0;
		if (rc > 0)
			return rc;
		if (rc < 0)
			return item_failed(input, rc, inner.text, error);
		rc = item_next(input, error);
		if (rc <= 0)
			return rc;
	}
}

void operator_input_close(struct operator_input **closed)
{
	struct operator_input *input = *closed;

	*closed = NULL;
	if (input == NULL)
		return;
	table_reader_close(&input->reader);
	table_schema_free(&input->schema);
	free(input);
}
