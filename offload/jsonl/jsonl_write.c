/* Tables as JSON lines. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jsonl.h"
#include "table_bytes.h"
#include "table_text.h"

#define ESCAPED_BYTES_MAX 6 /* of one byte: \u001f */

struct jsonl_writer {
	struct table_writer writer;
	struct table_bytes_out out;
	const struct table_schema *schema;
	struct table_bytes *keys; /* for each column: what stands before its value */
	struct table_bytes text;
};

static uint8_t *escape(uint8_t *to, uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";

	if (byte == '"' || byte == '\\') {
		*to++ = '\\';
		*to++ = byte;
	} else if (byte < 0x20) {
		memcpy(to, "\\u00", 4);
		to[4] = (uint8_t)digits[byte >> 4];
		to[5] = (uint8_t)digits[byte & 15];
		to += ESCAPED_BYTES_MAX;
	} else {
		*to++ = byte;
	}
	return to;
}

static int string_add(struct table_bytes *text, const uint8_t *bytes, uint64_t count)
{
	uint8_t *to;

	if (table_bytes_reserve(text, ESCAPED_BYTES_MAX * count + 2) < 0)
		return -ENOMEM;
	to = text->at + text->count;
	*to++ = '"';
	for (uint64_t i = 0; i < count; i++)
		to = escape(to, bytes[i]);
	*to++ = '"';
	text->count = (size_t)(to - text->at);
	return 0;
}

static int binary_add(struct table_bytes *text, const struct table_value *value)
{
	int rc = table_bytes_reserve(text, 2 * value->count + 2);

	if (rc < 0)
		return rc;
	text->at[text->count] = '"';
	table_text_format_hex(value->bytes, value->count, (char *)text->at + text->count + 1);
	text->count += 2 * value->count + 2;
	text->at[text->count - 1] = '"';
	return 0;
}

/* JSON has no word for what is no number. */
static bool is_number(const struct table_kind *kind, const char *text, size_t bytes)
{
	if (kind->type == TABLE_FLOAT32 || kind->type == TABLE_FLOAT64)
		return text[bytes - 1] >= '0' && text[bytes - 1] <= '9';
	return kind->type != TABLE_DATE32 && kind->type != TABLE_TIMESTAMP;
}

static int value_add(struct table_bytes *text, const struct table_kind *kind,
		     const struct table_value *value)
{
	char plain[TABLE_TEXT_BYTES_MAX];
	size_t bytes;

	if (kind->type == TABLE_UTF8)
		return string_add(text, value->bytes, value->count);
	if (kind->type == TABLE_BINARY)
		return binary_add(text, value);
	if (kind->type == TABLE_TIMESTAMP)
		bytes = table_text_format_timestamp(kind, value->fixed, 'T', plain);
	else
		bytes = table_text_format(kind, value->fixed, plain);
	if (kind->type == TABLE_BOOL || is_number(kind, plain, bytes))
		return table_bytes_add(text, plain, bytes);
	return string_add(text, (const uint8_t *)plain, bytes);
}

static int row_add(struct jsonl_writer *jsonl, const struct table_batch *batch, uint64_t row)
{
	int rc = 0;

	for (uint32_t i = 0; i < jsonl->schema->count && rc == 0; i++) {
		const struct table_field *field = &jsonl->schema->fields[i];
		struct table_value value;

		rc = table_bytes_add(&jsonl->text, jsonl->keys[i].at, jsonl->keys[i].count);
		if (rc < 0)
			break;
		if (table_value_get(field, &batch->columns[i], row, &value))
			rc = value_add(&jsonl->text, &field->kind, &value);
		else
			rc = table_bytes_add(&jsonl->text, "null", 4);
	}
	return rc == 0 ? table_bytes_add(&jsonl->text, "}\n", 2) : rc;
}

static int text_flush(struct jsonl_writer *jsonl, struct table_error *error)
{
	int rc = jsonl->out.write(jsonl->out.opaque, jsonl->text.at, jsonl->text.count);

	jsonl->text.count = 0;
	return rc < 0 ? table_fail(error, rc, "cannot be written: %s", strerror(-rc)) : 0;
}

static int jsonl_write(struct table_writer *writer, const struct table_batch *batch,
		       struct table_error *error)
{
	struct jsonl_writer *jsonl = (struct jsonl_writer *)(void *)writer;
	int rc = 0;

	for (uint64_t row = 0; row < batch->rows && rc == 0; row++) {
		if (row_add(jsonl, batch, row) < 0)
			return table_fail(error, -ENOMEM, "no memory");
		if (jsonl->text.count >= MR_TABLE_READ_BYTES)
			rc = text_flush(jsonl, error);
	}
	return rc == 0 && jsonl->text.count > 0 ? text_flush(jsonl, error) : rc;
}

static int jsonl_end(struct table_writer *writer, struct table_error *error)
{
	return 0;
}

static void jsonl_writer_close(struct table_writer *writer)
{
	struct jsonl_writer *jsonl = (struct jsonl_writer *)(void *)writer;

	for (uint32_t i = 0; jsonl->keys != NULL && i < jsonl->schema->count; i++)
		table_bytes_free(&jsonl->keys[i]);
	free(jsonl->keys);
	table_bytes_free(&jsonl->text);
	free(jsonl);
}

static const struct table_writer_ops ops = {jsonl_write, jsonl_end, jsonl_writer_close};

static int keys_make(struct jsonl_writer *jsonl, struct table_error *error)
{
	const struct table_schema *schema = jsonl->schema;

	jsonl->keys = calloc(schema->count, sizeof(*jsonl->keys));
	for (uint32_t i = 0; i < schema->count && jsonl->keys != NULL; i++) {
		const char *name = schema->fields[i].name;
		struct table_bytes *key = &jsonl->keys[i];

		if (table_schema_find(schema, name, strlen(name)) != i)
			return table_fail(
			    error, -EINVAL,
			    "two columns are named \"%.200s\", which JSON cannot tell apart", name);
		if (table_bytes_add(key, i == 0 ? "{" : ",", 1) < 0 ||
		    string_add(key, (const uint8_t *)name, strlen(name)) < 0 ||
		    table_bytes_add(key, ":", 1) < 0)
			return table_fail(error, -ENOMEM, "no memory");
	}
	return jsonl->keys == NULL ? table_fail(error, -ENOMEM, "no memory") : 0;
}

int jsonl_writer_open(const struct table_schema *schema, const struct table_bytes_out *out,
		      struct table_writer **writer, struct table_error *error)
{
	struct jsonl_writer *jsonl = calloc(1, sizeof(*jsonl));
	int rc;

	if (jsonl == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	*jsonl = (struct jsonl_writer){.writer.ops = &ops, .out = *out, .schema = schema};
	rc = keys_make(jsonl, error);
	if (rc < 0) {
		jsonl_writer_close(&jsonl->writer);
		return rc;
	}
	*writer = &jsonl->writer;
	return 0;
}
