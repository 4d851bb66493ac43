/* Tables from JSON lines: text is given to YAJL line by line, which calls for each key and value.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "jsonl.h"
#include "table_append.h"
#include "table_bytes.h"
#include "table_infer.h"
#include "table_text.h"

struct jsonl_reader {
	struct table_reader reader;
	struct table_bytes_in in;
	struct table_bytes text; // read, and from at on not yet parsed
	size_t at;
	bool last; // nothing more will come
	yajl_handle yajl;
	uint64_t line;
	size_t line_bytes;  // of it, parsed before this piece
	uint32_t line_rows; // that began on it
	uint32_t depth;
	uint32_t column;    // of the last key
	bool only;          // the columns are known: other keys are passed over
	bool passing;       // the value of such a key is next,
	uint32_t inside;    // or is a list or object: so many are open
	table_guess *guess; // while columns are learnt, else NULL
	uint32_t guess_room;
	struct table_builder *builder; // then
	int rc;                        // of a call by YAJL that ended the parse
	struct table_error *error;
};

static int no_memory(struct table_error *error)
{
	return table_fail(error, -ENOMEM, "no memory");
}

/* What calls of YAJL return: 0 ends the parse. */
static int refuse(struct jsonl_reader *jsonl, int rc)
{
	jsonl->rc = rc;
	return 0;
}

/* Whether what comes is, or is in, a value that is passed over; it ends unless it opens a list. */
static bool passed(struct jsonl_reader *jsonl)
{
	if (!jsonl->passing)
		return false;
	jsonl->passing = jsonl->inside > 0;
	return true;
}

static bool passed_open(struct jsonl_reader *jsonl)
{
	if (!jsonl->passing)
		return false;
	jsonl->inside++;
	return true;
}

static bool passed_close(struct jsonl_reader *jsonl)
{
	if (!jsonl->passing)
		return false;
	jsonl->passing = --jsonl->inside > 0;
	return true;
}

static int nested(struct jsonl_reader *jsonl, const char *what)
{
	if (jsonl->depth == 0)
		return refuse(jsonl, table_fail(jsonl->error, -EINVAL,
						"%s, where each line is to be one object", what));
	return refuse(
	    jsonl,
	    table_fail(jsonl->error, -ENOTSUP,
		       "\"%.200s\" holds %s, and columns hold single values: flatten it first",
		       jsonl->reader.schema.fields[jsonl->column].name, what));
}

static int append(struct jsonl_reader *jsonl, enum table_token token, const char *text,
		  size_t bytes)
{
	const struct table_field *field = &jsonl->reader.schema.fields[jsonl->column];
	struct table_error inner;
	int rc;

	if (field->kind.type == TABLE_BINARY && token != TABLE_TOKEN_STRING)
		return refuse(jsonl, table_fail(jsonl->error, -EINVAL,
						"(%.200s) binary is a string of hexadecimal digits",
						field->name));
	rc = table_append_text(jsonl->builder, &jsonl->reader.schema, jsonl->column, text, bytes,
			       &inner);
	if (rc < 0)
		return refuse(jsonl, table_fail(jsonl->error, rc, "(%.200s) %.700s", field->name,
						inner.text));
	return 1;
}

static int value(struct jsonl_reader *jsonl, enum table_token token, const char *text, size_t bytes)
{
	if (passed(jsonl))
		return 1;
	if (jsonl->depth == 0)
		return nested(jsonl, "a value by itself");
	if (jsonl->guess == NULL)
		return append(jsonl, token, text, bytes);
	table_guess_value(&jsonl->guess[jsonl->column], token, text, bytes);
	return 1;
}

static int on_null(void *opaque)
{
	struct jsonl_reader *jsonl = opaque;

	if (passed(jsonl))
		return 1;
	if (jsonl->depth == 0)
		return nested(jsonl, "a null by itself");
	if (jsonl->guess == NULL && table_builder_null(jsonl->builder, jsonl->column) < 0)
		return refuse(jsonl, no_memory(jsonl->error));
	return 1;
}

static int on_boolean(void *opaque, int truth)
{
	return value(opaque, TABLE_TOKEN_BOOL, truth ? "true" : "false", truth ? 4 : 5);
}

static int on_number(void *opaque, const char *text, size_t bytes)
{
	return value(opaque, TABLE_TOKEN_NUMBER, text, bytes);
}

static int on_string(void *opaque, const unsigned char *text, size_t bytes)
{
	return value(opaque, TABLE_TOKEN_STRING, (const char *)text, bytes);
}

static int on_start_map(void *opaque)
{
	struct jsonl_reader *jsonl = opaque;

	if (passed_open(jsonl))
		return 1;
	if (jsonl->depth > 0)
		return nested(jsonl, "an object");
	if (jsonl->line_rows++ > 0)
		return refuse(jsonl, table_fail(jsonl->error, -EINVAL,
						"a second object on a line: each needs its own"));
	jsonl->depth = 1;
	jsonl->column = UINT32_MAX; /* the first key's is the next one */
	return 1;
}

static int on_start_array(void *opaque)
{
	return passed_open(opaque) ? 1 : nested(opaque, "a list");
}

static int on_end_array(void *opaque)
{
	passed_close(opaque);
	return 1;
}

static int column_learn(struct jsonl_reader *jsonl, const char *name, size_t bytes)
{
	const struct table_kind kind = {.type = TABLE_UTF8};
	struct table_schema *schema = &jsonl->reader.schema;
	int rc;

	if (memchr(name, 0, bytes) != NULL || !table_utf8_valid((const uint8_t *)name, bytes))
		return table_fail(jsonl->error, -EINVAL,
				  "a key that is not UTF-8, or holds a zero");
	rc = table_schema_add(schema, name, bytes, &kind);
	if (rc == -E2BIG)
		return table_fail(jsonl->error, rc, "more keys than the %u columns allowed",
				  MR_TABLE_COLUMNS_MAX);
	if (rc == 0 && schema->count > jsonl->guess_room) {
		uint32_t room = 2 * schema->count;
		table_guess *guess = realloc(jsonl->guess, room * sizeof(*guess));

		if (guess == NULL)
			return no_memory(jsonl->error);
		jsonl->guess = guess;
		jsonl->guess_room = room;
	}
	if (rc < 0)
		return no_memory(jsonl->error);
	jsonl->column = schema->count - 1;
	jsonl->guess[jsonl->column] = TABLE_GUESS_ALL;
	return 0;
}

/* Rows mostly have their keys in one order. */
static int64_t column_find(const struct jsonl_reader *jsonl, const char *name, size_t bytes)
{
	const struct table_schema *schema = &jsonl->reader.schema;
	uint32_t next = jsonl->column + 1;

	if (next < schema->count && strncmp(schema->fields[next].name, name, bytes) == 0 &&
	    schema->fields[next].name[bytes] == '\0')
		return next;
	return table_schema_find(schema, name, bytes);
}

static int on_map_key(void *opaque, const unsigned char *text, size_t bytes)
{
	struct jsonl_reader *jsonl = opaque;
	const char *name = (const char *)text;
	int64_t column;
	int rc = 0;

	if (jsonl->passing)
		return 1;
	column = column_find(jsonl, name, bytes);
	if (column < 0 && jsonl->only) {
		jsonl->passing = true;
		return 1;
	}
	if (column >= 0)
		jsonl->column = (uint32_t)column;
	else if (jsonl->guess != NULL)
		rc = column_learn(jsonl, name, bytes);
	else
		rc = table_fail(jsonl->error, -EINVAL,
				"\"%.*s\" is no column yet, so far into the file: give its type",
				(int)(bytes < 200 ? bytes : 200), name);
	if (rc == 0 && jsonl->guess == NULL && table_builder_has(jsonl->builder, jsonl->column))
		rc = table_fail(jsonl->error, -EINVAL, "\"%.200s\" is there twice",
				jsonl->reader.schema.fields[jsonl->column].name);
	return rc < 0 ? refuse(jsonl, rc) : 1;
}

static int on_end_map(void *opaque)
{
	struct jsonl_reader *jsonl = opaque;

	if (passed_close(jsonl))
		return 1;
	jsonl->depth = 0;
	if (jsonl->guess == NULL && table_builder_end_row(jsonl->builder) < 0)
		return refuse(jsonl, no_memory(jsonl->error));
	return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_map_key,
    .yajl_end_map = on_end_map,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end_array,
};

static int parse_begin(struct jsonl_reader *jsonl, struct table_error *error)
{
	if (jsonl->yajl != NULL)
		yajl_free(jsonl->yajl);
	jsonl->yajl = yajl_alloc(&callbacks, NULL, jsonl);
	if (jsonl->yajl == NULL)
		return no_memory(error);
	yajl_config(jsonl->yajl, yajl_allow_multiple_values, 1);
	jsonl->line = 1;
	jsonl->line_bytes = 0;
	jsonl->line_rows = 0;
	jsonl->depth = 0;
	jsonl->passing = false;
	jsonl->inside = 0;
	return 0;
}

/* "line 3, byte 17: ..." by our words, or YAJL's without its end of line. */
static int parse_failed(struct jsonl_reader *jsonl, struct table_error *error)
{
	uint64_t byte = jsonl->line_bytes + yajl_get_bytes_consumed(jsonl->yajl);
	struct table_error inner = *error;
	int rc = jsonl->rc;

	if (rc == -ENOMEM)
		return rc;
	if (rc == 0) {
		unsigned char *text = yajl_get_error(jsonl->yajl, 0, NULL, 0);

		rc = -EINVAL;
		snprintf(inner.text, sizeof(inner.text), "%.*s", (int)strcspn((char *)text, "\n"),
			 (char *)text);
		yajl_free_error(jsonl->yajl, text);
	}
	return table_fail(error, rc, "line %llu, byte %llu: %.900s",
			  (unsigned long long)jsonl->line, (unsigned long long)byte, inner.text);
}

static int piece_parse(struct jsonl_reader *jsonl, const uint8_t *text, size_t bytes,
		       struct table_error *error)
{
	jsonl->error = error;
	jsonl->rc = 0;
	if (yajl_parse(jsonl->yajl, text, bytes) != yajl_status_ok)
		return parse_failed(jsonl, error);
	jsonl->line_bytes += bytes;
	if (bytes > 0 && text[bytes - 1] == '\n') {
		jsonl->line++;
		jsonl->line_bytes = 0;
		jsonl->line_rows = 0;
	}
	return 0;
}

/* The line at *at in what is read, or as much of it as there is. */
static int line_parse(struct jsonl_reader *jsonl, size_t *at, struct table_error *error)
{
	const uint8_t *text = jsonl->text.at + *at;
	size_t left = jsonl->text.count - *at;
	const uint8_t *end = memchr(text, '\n', left);
	size_t bytes = end != NULL ? (size_t)(end - text) + 1 : left;

	*at += bytes;
	return piece_parse(jsonl, text, bytes, error);
}

/* Fills the buffer anew; more than one read only to learn, so that this does not depend on a pipe's
 * pace. */
static int text_read(struct jsonl_reader *jsonl, bool full, struct table_error *error)
{
	ssize_t n;

	jsonl->text.count = 0;
	jsonl->at = 0;
	do {
		n = jsonl->in.read(jsonl->in.opaque, jsonl->text.at + jsonl->text.count,
				   jsonl->text.room - jsonl->text.count);
		if (n < 0)
			return table_fail(error, (int)n, "cannot be read: %s", strerror((int)-n));
		jsonl->text.count += (size_t)n;
		jsonl->last = n == 0;
	} while (full && n > 0 && jsonl->text.count < jsonl->text.room);
	return 0;
}

/* What ends the last line, if nothing did: a token there may be incomplete, too. */
static int text_end(struct jsonl_reader *jsonl, struct table_error *error)
{
	int rc = piece_parse(jsonl, (const uint8_t *)"\n", 1, error);

	if (rc == 0 && jsonl->depth > 0)
		rc = table_fail(error, -EINVAL, "line %llu: the file ends within an object",
				(unsigned long long)jsonl->line - 1);
	return rc;
}

static int jsonl_next(struct table_reader *reader, struct table_batch **batch,
		      struct table_error *error)
{
	struct jsonl_reader *jsonl = (struct jsonl_reader *)(void *)reader;
	int rc = 0;

	while (rc == 0 && (!table_builder_full(jsonl->builder) || jsonl->depth > 0)) {
		if (jsonl->at < jsonl->text.count) {
			rc = line_parse(jsonl, &jsonl->at, error);
		} else if (!jsonl->last) {
			rc = text_read(jsonl, false, error);
			if (rc == 0 && jsonl->last)
				rc = text_end(jsonl, error);
		} else {
			break;
		}
	}
	if (rc < 0 || table_builder_rows(jsonl->builder) == 0)
		return rc;
	return table_builder_take(jsonl->builder, batch) < 0 ? no_memory(error) : 1;
}

static void jsonl_close(struct table_reader *reader)
{
	struct jsonl_reader *jsonl = (struct jsonl_reader *)(void *)reader;

	if (jsonl->yajl != NULL)
		yajl_free(jsonl->yajl);
	table_builder_destroy(&jsonl->builder);
	table_schema_free(&reader->schema);
	table_bytes_free(&jsonl->text);
	free(jsonl->guess);
	free(jsonl);
}

static const struct table_reader_ops ops = {jsonl_next, jsonl_close};

/* Columns and what their values look like, from the lines that were read. */
static int columns_learn(struct jsonl_reader *jsonl, struct table_error *error)
{
	size_t at = 0;
	int rc = parse_begin(jsonl, error);

	jsonl->guess_room = 16;
	jsonl->guess = malloc(jsonl->guess_room * sizeof(*jsonl->guess));
	if (rc == 0 && jsonl->guess == NULL)
		rc = no_memory(error);
	while (rc == 0 && at < jsonl->text.count)
		rc = line_parse(jsonl, &at, error);
	if (rc == 0 && jsonl->last)
		rc = text_end(jsonl, error);
	for (uint32_t i = 0; i < jsonl->reader.schema.count && rc == 0; i++)
		table_guess_kind(jsonl->guess[i], &jsonl->reader.schema.fields[i].kind);
	free(jsonl->guess);
	jsonl->guess = NULL;
	return rc;
}

static int columns_give(struct table_schema *schema, const struct table_schema *given,
			struct table_error *error)
{
	for (uint32_t i = 0; given != NULL && i < given->count; i++) {
		const struct table_field *field = &given->fields[i];
		int64_t column = table_schema_find(schema, field->name, strlen(field->name));
		int rc = 0;

		if (column >= 0)
			schema->fields[column].kind = field->kind;
		else
			rc = table_schema_add(schema, field->name, strlen(field->name),
					      &field->kind);
		if (rc < 0)
			return table_fail(error, rc, "more columns than memory or the %u allowed",
					  MR_TABLE_COLUMNS_MAX);
	}
	return schema->count > 0
		   ? 0
		   : table_fail(error, -EINVAL, "a table without columns: no object has a key");
}

static int columns_take(struct jsonl_reader *jsonl, const struct table_schema *columns,
			struct table_error *error)
{
	jsonl->only = true;
	return table_schema_copy(&jsonl->reader.schema, columns) < 0 ? no_memory(error) : 0;
}

static int jsonl_begin(struct jsonl_reader *jsonl, const struct table_schema *given,
		       const struct table_schema *columns, struct table_error *error)
{
	int rc = table_bytes_reserve(&jsonl->text, MR_TABLE_READ_BYTES) < 0 ? no_memory(error) : 0;

	if (rc == 0)
		rc = text_read(jsonl, true, error);
	if (rc == 0 && columns == NULL)
		rc = columns_learn(jsonl, error);
	if (rc == 0)
		rc = columns != NULL ? columns_take(jsonl, columns, error)
				     : columns_give(&jsonl->reader.schema, given, error);
	if (rc == 0)
		rc = parse_begin(jsonl, error);
	if (rc == 0 && table_builder_create(&jsonl->reader.schema, &jsonl->builder) < 0)
		rc = no_memory(error);
	return rc;
}

static int open_any(const struct table_bytes_in *in, const struct table_schema *given,
		    const struct table_schema *columns, struct table_reader **reader,
		    struct table_error *error)
{
	struct jsonl_reader *jsonl = calloc(1, sizeof(*jsonl));
	int rc;

	if (jsonl == NULL)
		return no_memory(error);
	jsonl->reader.ops = &ops;
	jsonl->in = *in;
	rc = jsonl_begin(jsonl, given, columns, error);
	if (rc < 0) {
		jsonl_close(&jsonl->reader);
		return rc;
	}
	*reader = &jsonl->reader;
	return 0;
}

int jsonl_open(const struct table_bytes_in *in, const struct table_schema *given,
	       struct table_reader **reader, struct table_error *error)
{
	return open_any(in, given, NULL, reader, error);
}

int jsonl_open_columns(const struct table_bytes_in *in, const struct table_schema *columns,
		       struct table_reader **reader, struct table_error *error)
{
	return open_any(in, NULL, columns, reader, error);
}
