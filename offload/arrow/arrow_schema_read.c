/* Arrow's Schema message, from a sender that nobody vouches for. */
#include <errno.h>
#include <string.h>

#include "arrow_format.h"
#include "arrow_schema.h"
#include "table_text.h"

static const char *const type_names[ARROW_TYPES] = {
    "none",
    "null",
    "int",
    "float16",
    "binary",
    "utf8",
    "bool",
    "decimal",
    "date64",
    "time",
    "timestamp",
    "interval",
    "list",
    "struct",
    "union",
    "fixed-size binary",
    "fixed-size list",
    "map",
    "duration",
    "large binary",
    "large utf8",
    "large list",
    "run-end encoded",
    "binary view",
    "utf8 view",
    "list view",
    "large list view",
};

static int integer_read(const struct flat_table *table, enum table_type *type)
{
	bool is_signed = flat_scalar(table, INT_IS_SIGNED, 1, 0) != 0;

	switch (flat_scalar(table, INT_BIT_WIDTH, 4, 0)) {
	case 8:
		*type = is_signed ? TABLE_INT8 : TABLE_UINT8;
		return 0;
	case 16:
		*type = is_signed ? TABLE_INT16 : TABLE_UINT16;
		return 0;
	case 32:
		*type = is_signed ? TABLE_INT32 : TABLE_UINT32;
		return 0;
	case 64:
		*type = is_signed ? TABLE_INT64 : TABLE_UINT64;
		return 0;
	default:
		return -EBADMSG;
	}
}

static int float_read(const struct flat_table *table, struct table_kind *kind)
{
	switch (flat_scalar(table, 0, 2, PRECISION_HALF)) {
	case PRECISION_HALF:
		return -ENOTSUP;
	case PRECISION_SINGLE:
		kind->type = TABLE_FLOAT32;
		return 0;
	case PRECISION_DOUBLE:
		kind->type = TABLE_FLOAT64;
		return 0;
	default:
		return -EBADMSG;
	}
}

static int decimal_read(const struct flat_table *table, struct table_kind *kind)
{
	int64_t precision = flat_scalar(table, DECIMAL_PRECISION, 4, 0);
	int64_t scale = flat_scalar(table, DECIMAL_SCALE, 4, 0);

	kind->type = TABLE_DECIMAL128;
	if (flat_scalar(table, DECIMAL_BIT_WIDTH, 4, 128) != 128)
		return -ENOTSUP;
	if (precision < 1 || precision > 38)
		return -EBADMSG;
	if (scale < 0 || scale > 38)
		return -ENOTSUP;
	kind->precision = (uint8_t)precision;
	kind->scale = (uint8_t)scale;
	return 0;
}

static int timestamp_read(const struct flat_table *table, struct table_kind *kind)
{
	int64_t unit = flat_scalar(table, TIMESTAMP_UNIT, 2, TABLE_SECOND);
	uint32_t bytes;
	const char *zone = flat_string(table, TIMESTAMP_TIMEZONE, &bytes);

	kind->type = TABLE_TIMESTAMP;
	if (unit < TABLE_SECOND || unit > TABLE_NANOSECOND)
		return -EBADMSG;
	kind->unit = (enum table_unit)unit;
	if (zone == NULL)
		return 0;
	if (bytes >= sizeof(kind->zone))
		return -EBADMSG;
	for (uint32_t i = 0; i < bytes; i++) /* names of tz have no others, and offsets neither */
		if (zone[i] <= ' ' || zone[i] > '~' || zone[i] == ']')
			return -EBADMSG;
	memcpy(kind->zone, zone, bytes);
	return 0;
}

static int kind_read(const struct flat_table *table, int64_t type, struct table_kind *kind)
{
	*kind = (struct table_kind){0};
	switch (type) {
	case ARROW_INT:
		return integer_read(table, &kind->type);
	case ARROW_FLOATING_POINT:
		return float_read(table, kind);
	case ARROW_BINARY:
		kind->type = TABLE_BINARY;
		return 0;
	case ARROW_UTF8:
		kind->type = TABLE_UTF8;
		return 0;
	case ARROW_BOOL:
		kind->type = TABLE_BOOL;
		return 0;
	case ARROW_DECIMAL:
		return decimal_read(table, kind);
	case ARROW_DATE:
		kind->type = TABLE_DATE32;
		return flat_scalar(table, 0, 2, DATE_MILLISECOND) == DATE_DAY ? 0 : -ENOTSUP;
	case ARROW_TIMESTAMP:
		return timestamp_read(table, kind);
	default:
		return type > 0 && type < ARROW_TYPES ? -ENOTSUP : -EBADMSG;
	}
}

static int encoding_read(const struct flat_table *field, struct table_field *into)
{
	struct flat_table encoding = flat_child(field, FIELD_DICTIONARY);
	struct flat_table index;

	if (encoding.vtable == 0)
		return 0;
	into->dictionary = true;
	into->index = TABLE_INT32;
	into->dictionary_id = flat_scalar(&encoding, ENCODING_ID, 8, 0);
	into->ordered = flat_scalar(&encoding, ENCODING_IS_ORDERED, 1, 0) != 0;
	index = flat_child(&encoding, ENCODING_INDEX_TYPE);
	return index.vtable != 0 ? integer_read(&index, &into->index) : 0;
}

/* A dictionary that two columns share has values of one kind. */
static int sharing_check(const struct table_schema *schema, struct table_error *error)
{
	const struct table_field *last = &schema->fields[schema->count - 1];

	for (uint32_t i = 0; last->dictionary && i + 1 < schema->count; i++) {
		const struct table_field *field = &schema->fields[i];

		if (field->dictionary && field->dictionary_id == last->dictionary_id &&
		    !table_kind_equal(&field->kind, &last->kind))
			return table_fail(error, -EBADMSG,
					  "columns %u and %u share a dictionary and differ in type",
					  i + 1, schema->count);
	}
	return 0;
}

static int field_read(const struct flat_table *field, struct table_schema *schema,
		      struct table_error *error)
{
	struct flat_table type = flat_child(field, FIELD_TYPE);
	int64_t number = flat_scalar(field, FIELD_TYPE_TYPE, 1, 0);
	struct table_kind kind;
	uint32_t bytes;
	const char *name = flat_string(field, FIELD_NAME, &bytes);
	int rc = type.vtable != 0 ? kind_read(&type, number, &kind) : -EBADMSG;

	if (name == NULL)
		name = "", bytes = 0;
	if (rc == -ENOTSUP)
		return table_fail(error, rc,
				  "column %u (%.*s) is %s, which is not read here: cast it first",
				  schema->count + 1, (int)bytes, name, type_names[number]);
	if (rc == 0 &&
	    (memchr(name, 0, bytes) != NULL || !table_utf8_valid((const uint8_t *)name, bytes)))
		rc = -EBADMSG;
	if (rc < 0)
		return table_fail(error, rc, "column %u is damaged", schema->count + 1);
	rc = table_schema_add(schema, name, bytes, &kind);
	if (rc < 0)
		return table_fail(error, rc, "no memory");
	schema->fields[schema->count - 1].nullable = flat_scalar(field, FIELD_NULLABLE, 1, 0) != 0;
	rc = encoding_read(field, &schema->fields[schema->count - 1]);
	return rc < 0 ? table_fail(error, rc, "column %u is damaged", schema->count)
		      : sharing_check(schema, error);
}

int arrow_schema_read(const struct flat_table *table, struct table_schema *schema,
		      struct table_error *error)
{
	struct flat_vector fields = flat_vector(table, SCHEMA_FIELDS, 4);

	*schema = (struct table_schema){0};
	if (flat_scalar(table, SCHEMA_ENDIANNESS, 2, 0) != 0)
		return table_fail(
		    error, -ENOTSUP,
		    "written big-endian, which is not read here: write it on, or for, "
		    "a little-endian machine");
	if (fields.count == 0 && !table->reader->bad)
		return table_fail(error, -ENOTSUP, "a table without columns");
	if (fields.count > MR_TABLE_COLUMNS_MAX)
		return table_fail(error, -E2BIG, "%u columns are more than the %u allowed",
				  fields.count, MR_TABLE_COLUMNS_MAX);
	for (uint32_t i = 0; i < fields.count && !table->reader->bad; i++) {
		struct flat_table field = flat_vector_table(&fields, i);
		int rc = table->reader->bad ? 0 : field_read(&field, schema, error);

		if (rc < 0)
			return rc;
	}
	return table->reader->bad ? table_fail(error, -EBADMSG, "the schema is damaged") : 0;
}
