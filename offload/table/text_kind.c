/* Kinds of values in words, as pyarrow and Arrow's C++ print them. */
#include "table_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const names[TABLE_TYPES] = {
    [TABLE_BOOL] = "bool",           [TABLE_INT8] = "int8",
    [TABLE_INT16] = "int16",         [TABLE_INT32] = "int32",
    [TABLE_INT64] = "int64",         [TABLE_UINT8] = "uint8",
    [TABLE_UINT16] = "uint16",       [TABLE_UINT32] = "uint32",
    [TABLE_UINT64] = "uint64",       [TABLE_FLOAT32] = "float32",
    [TABLE_FLOAT64] = "float64",     [TABLE_DATE32] = "date32",
    [TABLE_TIMESTAMP] = "timestamp", [TABLE_DECIMAL128] = "decimal128",
    [TABLE_UTF8] = "utf8",           [TABLE_BINARY] = "binary",
};
static const char *const units[] = {"s", "ms", "us", "ns"};

void table_kind_format(const struct table_kind *kind, char *text)
{
	if (kind->type == TABLE_TIMESTAMP)
		snprintf(text, TABLE_KIND_BYTES_MAX, "timestamp[%s%s%s]", units[kind->unit],
			 kind->zone[0] != '\0' ? ", " : "", kind->zone);
	else if (kind->type == TABLE_DECIMAL128)
		snprintf(text, TABLE_KIND_BYTES_MAX, "decimal128(%u, %u)", kind->precision,
			 kind->scale);
	else
		snprintf(text, TABLE_KIND_BYTES_MAX, "%s", names[kind->type]);
}

void table_field_format(const struct table_field *field, char *text)
{
	char kind[TABLE_KIND_BYTES_MAX];

	table_kind_format(&field->kind, kind);
	if (field->dictionary)
		snprintf(text, TABLE_KIND_BYTES_MAX, "dictionary<%s, %.100s>", names[field->index],
			 kind);
	else
		memcpy(text, kind, sizeof(kind));
}

static int timestamp_parse(const char *text, struct table_kind *kind)
{
	char unit[3], zone[MR_TABLE_ZONE_BYTES_MAX] = "", end;

	/* The widths are the arrays' bytes without the zero. */
	if (sscanf(text, "timestamp[%2[a-z], %63[^]]%c", unit, zone, &end) != 3 || end != ']') {
		zone[0] = '\0';
		if (sscanf(text, "timestamp[%2[a-z]%c", unit, &end) != 2 || end != ']')
			return -EINVAL;
	}
	if (text[strlen(text) - 1] != ']' || strchr(text, ']') != text + strlen(text) - 1)
		return -EINVAL;
	for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i]) == 0) {
			kind->type = TABLE_TIMESTAMP;
			kind->unit = (enum table_unit)i;
			strcpy(kind->zone, zone);
			return 0;
		}
	}
	return -EINVAL;
}

_Static_assert(MR_TABLE_ZONE_BYTES_MAX == 64, "the width in timestamp_parse()");

static int decimal_parse(const char *text, struct table_kind *kind)
{
	unsigned precision, scale;
	int bytes = 0;

	if (sscanf(text, "decimal128(%2u, %2u)%n", &precision, &scale, &bytes) != 2 ||
	    bytes != (int)strlen(text) || precision < 1 || precision > 38 || scale > 38)
		return -EINVAL;
	kind->type = TABLE_DECIMAL128;
	kind->precision = (uint8_t)precision;
	kind->scale = (uint8_t)scale;
	return 0;
}

int table_kind_parse(const char *text, size_t bytes, struct table_kind *kind)
{
	char copy[TABLE_KIND_BYTES_MAX];

	*kind = (struct table_kind){0};
	if (bytes == 0 || bytes >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, bytes);
	copy[bytes] = '\0';
	if (strncmp(copy, "timestamp[", 10) == 0)
		return timestamp_parse(copy, kind);
	if (strncmp(copy, "decimal128(", 11) == 0)
		return decimal_parse(copy, kind);
	for (int type = 0; type < TABLE_TYPES; type++) {
		if (type != TABLE_TIMESTAMP && type != TABLE_DECIMAL128 &&
		    strcmp(copy, names[type]) == 0) {
			kind->type = (enum table_type)type;
			return 0;
		}
	}
	return -EINVAL;
}
