/* Arrow's Schema message, written. */
#include <string.h>

#include "arrow_format.h"
#include "arrow_schema.h"

static enum arrow_type type_of(enum table_type type)
{
	switch (type) {
	case TABLE_BOOL:
		return ARROW_BOOL;
	case TABLE_FLOAT32:
	case TABLE_FLOAT64:
		return ARROW_FLOATING_POINT;
	case TABLE_DATE32:
		return ARROW_DATE;
	case TABLE_TIMESTAMP:
		return ARROW_TIMESTAMP;
	case TABLE_DECIMAL128:
		return ARROW_DECIMAL;
	case TABLE_UTF8:
		return ARROW_UTF8;
	case TABLE_BINARY:
		return ARROW_BINARY;
	default:
		return ARROW_INT;
	}
}

static void integer_write(struct flat_writer *writer, uint32_t from, enum table_type type)
{
	struct flat_begun table = flat_table_begin(writer, from, (uint8_t[]){4, 1}, 2);

	flat_set(writer, &table, INT_BIT_WIDTH, 8 * table_type_bytes(type));
	flat_set(writer, &table, INT_IS_SIGNED, type <= TABLE_INT64);
}

static void timestamp_write(struct flat_writer *writer, uint32_t from,
			    const struct table_kind *kind)
{
	bool zone = kind->zone[0] != '\0';
	struct flat_begun table = flat_table_begin(writer, from, (uint8_t[]){2, zone ? 4 : 0}, 2);

	flat_set(writer, &table, TIMESTAMP_UNIT, kind->unit);
	if (zone)
		flat_string_write(writer, flat_from(&table, TIMESTAMP_TIMEZONE), kind->zone,
				  (uint32_t)strlen(kind->zone));
}

static void decimal_write(struct flat_writer *writer, uint32_t from, const struct table_kind *kind)
{
	struct flat_begun table = flat_table_begin(writer, from, (uint8_t[]){4, 4, 4}, 3);

	flat_set(writer, &table, DECIMAL_PRECISION, kind->precision);
	flat_set(writer, &table, DECIMAL_SCALE, kind->scale);
	flat_set(writer, &table, DECIMAL_BIT_WIDTH, 128);
}

/* A table of one number of two bytes. */
static void number_write(struct flat_writer *writer, uint32_t from, int64_t number)
{
	struct flat_begun table = flat_table_begin(writer, from, (uint8_t[]){2}, 1);

	flat_set(writer, &table, 0, number);
}

static void kind_write(struct flat_writer *writer, uint32_t from, const struct table_kind *kind)
{
	switch (type_of(kind->type)) {
	case ARROW_INT:
		integer_write(writer, from, kind->type);
		break;
	case ARROW_FLOATING_POINT:
		number_write(writer, from,
			     kind->type == TABLE_FLOAT32 ? PRECISION_SINGLE : PRECISION_DOUBLE);
		break;
	case ARROW_DATE:
		number_write(writer, from, DATE_DAY);
		break;
	case ARROW_TIMESTAMP:
		timestamp_write(writer, from, kind);
		break;
	case ARROW_DECIMAL:
		decimal_write(writer, from, kind);
		break;
	default: /* without parameters: an empty table */
		flat_table_begin(writer, from, (uint8_t[]){0}, 0);
	}
}

static void encoding_write(struct flat_writer *writer, uint32_t from,
			   const struct table_field *field)
{
	struct flat_begun table = flat_table_begin(writer, from, (uint8_t[]){8, 4, 1}, 3);

	flat_set(writer, &table, ENCODING_ID, field->dictionary_id);
	flat_set(writer, &table, ENCODING_IS_ORDERED, field->ordered);
	integer_write(writer, flat_from(&table, ENCODING_INDEX_TYPE), field->index);
}

static void field_write(struct flat_writer *writer, uint32_t from, const struct table_field *field)
{
	const uint8_t sizes[] = {4, 1, 1, 4, field->dictionary ? 4 : 0, 4};
	struct flat_begun table = flat_table_begin(writer, from, sizes, 6);

	flat_set(writer, &table, FIELD_NULLABLE, field->nullable);
	flat_set(writer, &table, FIELD_TYPE_TYPE, type_of(field->kind.type));
	flat_string_write(writer, flat_from(&table, FIELD_NAME), field->name,
			  (uint32_t)strlen(field->name));
	kind_write(writer, flat_from(&table, FIELD_TYPE), &field->kind);
	if (field->dictionary)
		encoding_write(writer, flat_from(&table, FIELD_DICTIONARY), field);
	/* Arrow's C++ wants the children of a field that has none to be there. */
	flat_vector_begin(writer, flat_from(&table, FIELD_CHILDREN), 0, 4);
}

void arrow_schema_write(struct flat_writer *writer, uint32_t from,
			const struct table_schema *schema)
{
	struct flat_begun table = flat_table_begin(writer, from, (uint8_t[]){2, 4}, 2);
	uint32_t fields =
	    flat_vector_begin(writer, flat_from(&table, SCHEMA_FIELDS), schema->count, 4);

	for (uint32_t i = 0; i < schema->count; i++)
		flat_add(writer, 0, 4);
	for (uint32_t i = 0; i < schema->count; i++)
		field_write(writer, fields + 4 * i, &schema->fields[i]);
}
