/* Values: from columns and literals, back, and their order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reference_parts.h"

static int64_t integer_get(enum table_type type, const uint8_t *fixed)
{
	int8_t i8;
	int16_t i16;
	int32_t i32;
	int64_t i64;

	switch (type) {
	case TABLE_BOOL:
		return fixed[0] != 0;
	case TABLE_INT8:
		memcpy(&i8, fixed, sizeof(i8));
		return i8;
	case TABLE_INT16:
		memcpy(&i16, fixed, sizeof(i16));
		return i16;
	case TABLE_INT32:
	case TABLE_DATE32:
		memcpy(&i32, fixed, sizeof(i32));
		return i32;
	default:
		memcpy(&i64, fixed, sizeof(i64));
		return i64;
	}
}

static void fixed_get(enum table_type type, const uint8_t *fixed, struct reference_value *value)
{
	float narrow;

	switch (type) {
	case TABLE_UINT8:
	case TABLE_UINT16:
	case TABLE_UINT32:
	case TABLE_UINT64:
		value->natural = 0;
		memcpy(&value->natural, fixed, table_type_bytes(type));
		break;
	case TABLE_FLOAT32:
		memcpy(&narrow, fixed, sizeof(narrow));
		value->real = (double)narrow;
		break;
	case TABLE_FLOAT64:
		memcpy(&value->real, fixed, sizeof(value->real));
		break;
	case TABLE_DECIMAL128:
		memcpy(&value->decimal, fixed, sizeof(value->decimal));
		break;
	default:
		value->integer = integer_get(type, fixed);
	}
}

void reference_value_get(const struct table_field *field, const struct table_column *column,
			 uint64_t row, struct reference_value *value)
{
	struct table_value got;

	*value = (struct reference_value){.null = true};
	if (!table_value_get(field, column, row, &got))
		return;
	value->null = false;
	value->bytes = got.bytes;
	value->count = got.count;
	if (!table_type_is_text(field->kind.type))
		fixed_get(field->kind.type, got.fixed, value);
}

void reference_literal_get(const struct expression *literal, struct reference_value *value)
{
	*value = (struct reference_value){.null = literal->null};
	if (literal->null)
		return;
	if (table_type_is_text(literal->kind.type)) {
		value->bytes = (const uint8_t *)literal->text;
		value->count = literal->bytes;
	} else {
		fixed_get(literal->kind.type, literal->fixed, value);
	}
}

void reference_value_pack(const struct table_kind *kind, const struct reference_value *value,
			  void *to)
{
	float narrow;

	switch (kind->type) {
	case TABLE_FLOAT32:
		narrow = (float)value->real;
		memcpy(to, &narrow, sizeof(narrow));
		break;
	case TABLE_DECIMAL128:
		memcpy(to, &value->decimal, sizeof(value->decimal));
		break;
	case TABLE_BOOL:
		*(uint8_t *)to = value->integer != 0;
		break;
	default: /* little-endian: the low bytes are the value */
		memcpy(to, &value->natural, table_type_bytes(kind->type));
	}
}

static int text_compare(const struct reference_value *a, const struct reference_value *b)
{
	uint64_t least = a->count < b->count ? a->count : b->count;
	int order = least > 0 ? memcmp(a->bytes, b->bytes, least) : 0;

	return order != 0 ? (order > 0) - (order < 0)
			  : (a->count > b->count) - (a->count < b->count);
}

static int real_compare(double a, double b)
{
	if (isnan(a) || isnan(b))
		return (isnan(a) != 0) - (isnan(b) != 0);
	return (a > b) - (a < b);
}

int reference_compare(const struct table_kind *kind, const struct reference_value *a,
		      const struct reference_value *b)
{
	switch (kind->type) {
	case TABLE_UTF8:
	case TABLE_BINARY:
		return text_compare(a, b);
	case TABLE_FLOAT32:
	case TABLE_FLOAT64:
		return real_compare(a->real, b->real);
	case TABLE_DECIMAL128:
		return (a->decimal > b->decimal) - (a->decimal < b->decimal);
	case TABLE_UINT8:
	case TABLE_UINT16:
	case TABLE_UINT32:
	case TABLE_UINT64:
		return (a->natural > b->natural) - (a->natural < b->natural);
	default:
		return (a->integer > b->integer) - (a->integer < b->integer);
	}
}
