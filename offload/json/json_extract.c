/* Values of a document as values of columns. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_path.h"
#include "table_bytes.h"
#include "table_text.h"

struct json_extractor {
	const struct json_field *fields;
	uint32_t count;
	struct json_document *document;
	struct table_bytes padded;  /* a text that nothing can be read behind */
	struct table_bytes decoded; /* binary values of this text */
};

int json_extractor_create(const struct json_field *fields, uint32_t count,
			  struct json_extractor **extractor)
{
	struct json_extractor *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return -ENOMEM;
	e->fields = fields;
	e->count = count;
	e->document = json_document_create(MR_TABLE_RECORD_BYTES_MAX);
	*extractor = e;
	if (e->document != NULL)
		return 0;
	json_extractor_destroy(extractor);
	return -ENOMEM;
}

void json_extractor_destroy(struct json_extractor **extractor)
{
	struct json_extractor *e = *extractor;

	if (e != NULL) {
		json_document_destroy(e->document);
		table_bytes_free(&e->padded);
		table_bytes_free(&e->decoded);
	}
	free(e);
	*extractor = NULL;
}

static const char *type_name(enum json_type type)
{
	static const char *const names[] = {
	    [JSON_NOTHING] = "null",
	    [JSON_BOOL] = "true or false",
	    [JSON_INTEGER] = "an integer",
	    [JSON_NATURAL] = "an integer",
	    [JSON_REAL] = "a number with a fraction or exponent",
	    [JSON_STRING] = "a string",
	    [JSON_ARRAY] = "an array",
	    [JSON_OBJECT] = "an object",
	};

	return names[type];
}

static int mismatch(const struct json_field *field, const struct json_value *value, int rc,
		    struct table_error *error)
{
	char kind[TABLE_KIND_BYTES_MAX];

	table_kind_format(&field->kind, kind);
	if (rc == -ENOMEM)
		return table_fail(error, rc, "no memory");
	if (rc == -ERANGE)
		return table_fail(error, -EINVAL, "%s does not fit into %s: give a wider type",
				  field->path->text, kind);
	return table_fail(error, -EINVAL, "%s is %s, and no %s", field->path->text,
			  type_name(value->type), kind);
}

/* Strings and integers, as tables have them as text. */
static int text_take(const struct json_field *field, const struct json_value *value,
		     struct json_result *result)
{
	char digits[24];

	if (value->type == JSON_STRING)
		return table_text_parse(&field->kind, value->text, value->bytes, result->fixed);
	if (value->type == JSON_INTEGER)
		snprintf(digits, sizeof(digits), "%lld", (long long)value->integer);
	else if (value->type == JSON_NATURAL)
		snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value->natural);
	else
		return -EINVAL;
	return table_text_parse(&field->kind, digits, strlen(digits), result->fixed);
}

static int integer_take(const struct json_field *field, const struct json_value *value,
			struct json_result *result)
{
	uint32_t bytes = table_type_bytes(field->kind.type);
	bool is_signed = field->kind.type <= TABLE_INT64;
	uint64_t bits = value->type == JSON_NATURAL ? value->natural : (uint64_t)value->integer;
	uint64_t most = UINT64_MAX >> (64 - 8 * bytes + is_signed);
	bool negative = value->type == JSON_INTEGER && value->integer < 0;

	if (value->type != JSON_INTEGER && value->type != JSON_NATURAL)
		return -EINVAL;
	if (negative ? !is_signed || ~bits > most : bits > most)
		return -ERANGE;
	memcpy(result->fixed, &bits, bytes); /* little-endian, as all machines served are */
	return 0;
}

static int real_take(const struct json_field *field, const struct json_value *value,
		     struct json_result *result)
{
	double real = value->type == JSON_REAL      ? value->real
		      : value->type == JSON_NATURAL ? (double)value->natural
						    : (double)value->integer;
	float single = (float)real;

	if (value->type < JSON_INTEGER || value->type > JSON_REAL)
		return -EINVAL;
	if (field->kind.type == TABLE_FLOAT64)
		memcpy(result->fixed, &real, sizeof(real));
	else
		memcpy(result->fixed, &single, sizeof(single));
	return 0;
}

static int bytes_take(struct json_extractor *e, const struct json_field *field,
		      const struct json_value *value, struct json_result *result)
{
	int rc;

	if (value->type != JSON_STRING)
		return -EINVAL;
	result->bytes = (const uint8_t *)value->text;
	result->count = value->bytes;
	if (field->kind.type == TABLE_UTF8)
		return 0;
	/* It has room for all digits of the text: it stays where it is. */
	result->bytes = e->decoded.at + e->decoded.count;
	result->count = value->bytes / 2;
	rc = table_text_parse_hex(value->text, value->bytes, e->decoded.at + e->decoded.count);
	e->decoded.count += result->count;
	return rc;
}

static int value_take(struct json_extractor *e, const struct json_field *field,
		      const struct json_value *value, struct json_result *result)
{
	switch (field->kind.type) {
	case TABLE_BOOL:
		result->fixed[0] = value->integer != 0;
		return value->type == JSON_BOOL ? 0 : -EINVAL;
	case TABLE_FLOAT32:
	case TABLE_FLOAT64:
		return real_take(field, value, result);
	case TABLE_UTF8:
	case TABLE_BINARY:
		return bytes_take(e, field, value, result);
	case TABLE_DECIMAL128:
		return text_take(field, value, result);
	case TABLE_DATE32:
	case TABLE_TIMESTAMP:
		return value->type == JSON_STRING ? text_take(field, value, result) : -EINVAL;
	default:
		return integer_take(field, value, result);
	}
}

/* Where the text can be parsed: in place, or copied to where something follows it. */
static const uint8_t *text_place(struct json_extractor *e, const uint8_t *text, size_t bytes,
				 size_t readable)
{
	if (readable >= JSON_DOCUMENT_PADDING)
		return text;
	e->padded.count = 0;
	if (table_bytes_reserve(&e->padded, bytes + JSON_DOCUMENT_PADDING) < 0)
		return NULL;
	if (bytes > 0)
		memcpy(e->padded.at, text, bytes);
	memset(e->padded.at + bytes, 0, JSON_DOCUMENT_PADDING);
	return e->padded.at;
}

/* Of one text, each binary field may have as many bytes as it has pairs of digits. */
static int decoded_reserve(struct json_extractor *e, size_t bytes)
{
	size_t fields = 0;

	for (uint32_t i = 0; i < e->count; i++)
		fields += e->fields[i].kind.type == TABLE_BINARY;
	e->decoded.count = 0;
	return fields == 0 ? 0 : table_bytes_reserve(&e->decoded, fields * (bytes / 2 + 1));
}

int json_extract(struct json_extractor *extractor, const uint8_t *text, size_t bytes,
		 size_t readable, struct json_result *results, struct table_error *error)
{
	const uint8_t *place = text_place(extractor, text, bytes, readable);
	const char *wrong;

	if (place == NULL || decoded_reserve(extractor, bytes) < 0)
		return table_fail(error, -ENOMEM, "no memory");
	wrong = json_document_parse(extractor->document, place, bytes);
	if (wrong != NULL && wrong[0] == '\0')
		return table_fail(error, -ENOMEM, "no memory");
	if (wrong != NULL)
		return table_fail(error, -EINVAL, "it is no JSON: %s", wrong);
	for (uint32_t i = 0; i < extractor->count; i++) {
		const struct json_field *field = &extractor->fields[i];
		struct json_value value;
		int rc = 0;

		json_document_find(extractor->document, field->path->steps, field->path->count,
				   &value);
		results[i].null = value.type == JSON_NOTHING;
		if (!results[i].null)
			rc = value_take(extractor, field, &value, &results[i]);
		if (rc < 0)
			return mismatch(field, &value, rc, error);
	}
	return 0;
}
