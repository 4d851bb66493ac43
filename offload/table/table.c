/* Schemas, and what columns hold. */
#include "table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint32_t table_type_bytes(enum table_type type)
{
	static const uint8_t bytes[TABLE_TYPES] = {
	    [TABLE_INT8] = 1,        [TABLE_INT16] = 2,   [TABLE_INT32] = 4,  [TABLE_INT64] = 8,
	    [TABLE_UINT8] = 1,       [TABLE_UINT16] = 2,  [TABLE_UINT32] = 4, [TABLE_UINT64] = 8,
	    [TABLE_FLOAT32] = 4,     [TABLE_FLOAT64] = 8, [TABLE_DATE32] = 4, [TABLE_TIMESTAMP] = 8,
	    [TABLE_DECIMAL128] = 16,
	};

	return bytes[type];
}

bool table_kind_equal(const struct table_kind *a, const struct table_kind *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == TABLE_TIMESTAMP)
		return a->unit == b->unit && strcmp(a->zone, b->zone) == 0;
	return a->type != TABLE_DECIMAL128 ||
	       (a->precision == b->precision && a->scale == b->scale);
}

int table_schema_add(struct table_schema *schema, const char *name, size_t bytes,
		     const struct table_kind *kind)
{
	uint32_t count = schema->count;
	struct table_field *fields = schema->fields;
	char *copy;

	if (count == MR_TABLE_COLUMNS_MAX)
		return -E2BIG;
	if ((count & (count - 1)) == 0) { /* room doubles at powers of two */
		fields = realloc(fields, (count > 0 ? 2 * count : 1) * sizeof(*fields));
		if (fields == NULL)
			return -ENOMEM;
		schema->fields = fields;
	}
	copy = malloc(bytes + 1);
	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, name, bytes);
	copy[bytes] = '\0';
	fields[count] = (struct table_field){.name = copy, .kind = *kind, .nullable = true};
	schema->count++;
	return 0;
}

int table_schema_copy(struct table_schema *to, const struct table_schema *from)
{
	*to = (struct table_schema){0};
	for (uint32_t i = 0; i < from->count; i++) {
		const struct table_field *field = &from->fields[i];
		char *name;

		if (table_schema_add(to, field->name, strlen(field->name), &field->kind) < 0) {
			table_schema_free(to);
			return -ENOMEM;
		}
		name = to->fields[i].name;
		to->fields[i] = *field;
		to->fields[i].name = name;
	}
	return 0;
}

void table_schema_free(struct table_schema *schema)
{
	for (uint32_t i = 0; i < schema->count; i++)
		free(schema->fields[i].name);
	free(schema->fields);
	*schema = (struct table_schema){0};
}

int64_t table_schema_find(const struct table_schema *schema, const char *name, size_t bytes)
{
	for (uint32_t i = 0; i < schema->count; i++) {
		const char *other = schema->fields[i].name;

		if (strncmp(other, name, bytes) == 0 && other[bytes] == '\0')
			return i;
	}
	return -1;
}

void table_batch_free(struct table_batch **batch)
{
	if (*batch != NULL)
		(*batch)->release(*batch);
	*batch = NULL;
}

uint64_t table_nulls(const uint8_t *validity, uint64_t rows)
{
	uint64_t valid = 0;

	for (uint64_t i = 0; i < rows / 64; i++) {
		uint64_t word;

		memcpy(&word, validity + 8 * i, sizeof(word));
		valid += (uint64_t)__builtin_popcountll(word);
	}
	for (uint64_t row = rows / 64 * 64; row < rows; row++)
		valid += table_bit(validity, row);
	return rows - valid;
}

void table_batch_cut(struct table_batch *batch, uint64_t rows)
{
	for (uint32_t i = 0; i < batch->schema->count; i++)
		if (batch->columns[i].validity != NULL)
			batch->columns[i].nulls = table_nulls(batch->columns[i].validity, rows);
	batch->rows = rows;
}

struct table_dictionary *table_dictionary_ref(struct table_dictionary *dictionary)
{
	atomic_fetch_add_explicit(&dictionary->refs, 1, memory_order_relaxed);
	return dictionary;
}

void table_dictionary_unref(struct table_dictionary **dictionary)
{
	struct table_dictionary *last = *dictionary;

	*dictionary = NULL;
	if (last != NULL && atomic_fetch_sub_explicit(&last->refs, 1, memory_order_acq_rel) == 1)
		last->release(last);
}

uint64_t table_index(const struct table_column *column, enum table_type type, uint64_t row)
{
	switch (type) {
	case TABLE_INT8:
	case TABLE_UINT8:
		return ((const uint8_t *)column->values)[row];
	case TABLE_INT16:
	case TABLE_UINT16:
		return ((const uint16_t *)column->values)[row];
	case TABLE_INT32:
	case TABLE_UINT32:
		return ((const uint32_t *)column->values)[row];
	default:
		return ((const uint64_t *)column->values)[row];
	}
}

bool table_value_get(const struct table_field *field, const struct table_column *column,
		     uint64_t row, struct table_value *value)
{
	uint32_t width = table_type_bytes(field->kind.type);

	if (table_is_null(column, row))
		return false;
	if (field->dictionary) {
		row = table_index(column, field->index, row);
		column = &column->dictionary->values;
		if (table_is_null(column, row))
			return false;
	}
	if (table_type_is_text(field->kind.type)) {
		value->bytes = column->bytes + column->offsets[row];
		value->count = (uint64_t)(column->offsets[row + 1] - column->offsets[row]);
	} else if (field->kind.type == TABLE_BOOL) {
		value->fixed[0] = table_bit(column->values, row);
	} else {
		memcpy(value->fixed, (const uint8_t *)column->values + row * width, width);
	}
	return true;
}
