/* Columns into registers. */
#include <string.h>

#include "vector.h"

/* Bits of the rows that are selected, as words. */
static void bits_load(uint64_t *words, const uint8_t *bits, const struct operator_rows *rows)
{
	uint32_t count = rows->count;

	if (rows->selection == NULL) {
		words[count / 64 < VECTOR_WORDS ? count / 64 : VECTOR_WORDS - 1] = 0;
		memcpy(words, bits, (count + 7) / 8);
		if (count % 64 != 0)
			words[count / 64] &= vector_mask(count, count / 64);
		return;
	}
	memset(words, 0, (count + 63) / 64 * 8);
	for (uint32_t i = 0; i < count; i++)
		words[i / 64] |= (uint64_t)table_bit(bits, rows->selection[i]) << i % 64;
}

/* Values of one type as a wider one; also in order, where nothing is selected. */
#define GATHER(to_type, from_type)                                                           \
	for (uint32_t i = 0; i < rows->count; i++) {                                         \
		from_type value;                                                             \
                                                                                             \
		memcpy(&value, from + operator_row(rows, i) * sizeof(value), sizeof(value)); \
		((to_type *)v->room)[i] = (to_type)value;                                    \
	}

static void fixed_load(struct vector *v, enum table_type type, const uint8_t *from,
		       const struct operator_rows *rows)
{
	v->values = v->room;
	switch (type) {
	case TABLE_INT8:
		GATHER(int32_t, int8_t)
		break;
	case TABLE_INT16:
		GATHER(int32_t, int16_t)
		break;
	case TABLE_UINT8:
		GATHER(uint32_t, uint8_t)
		break;
	case TABLE_UINT16:
		GATHER(uint32_t, uint16_t)
		break;
	default:
		if (rows->selection == NULL)
			v->values = from;
		else if (vector_lane_bytes(v->lane) == 4)
			GATHER(uint32_t, uint32_t)
		else if (vector_lane_bytes(v->lane) == 8)
			GATHER(uint64_t, uint64_t)
		else
			GATHER(unsigned __int128, unsigned __int128)
	}
}

static void text_load(struct vector *v, const struct table_column *column,
		      const struct operator_rows *rows)
{
	struct vector_text *to = v->room;

	v->values = v->room;
	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t row = operator_row(rows, i);
		int32_t from = column->offsets[row];

		to[i] = (struct vector_text){column->bytes + from,
					     (uint64_t)(column->offsets[row + 1] - from)};
	}
}

/* Through the dictionary, value by value. */
static void dictionary_load(struct vector *v, const struct table_field *field,
			    const struct table_column *column, const struct operator_rows *rows)
{
	memset(v->words, 0, (rows->count + 63) / 64 * 8);
	if (v->lane == VECTOR_BOOL)
		memset(v->room, 0, MR_OPERATOR_ROWS_MAX / 8);
	v->values = v->room;
	for (uint32_t i = 0; i < rows->count; i++) {
		struct reference_value value;

		reference_value_get(field, column, operator_row(rows, i), &value);
		if (!value.null) {
			v->words[i / 64] |= (uint64_t)1 << i % 64;
		} else if (v->lane == VECTOR_TEXT) {
			value.bytes = v->room;
			value.count = 0;
		}
		vector_put(v, &field->kind, i, &value);
	}
	v->validity = v->words;
}

void vector_load(struct vector *v, const struct table_field *field,
		 const struct table_column *column, const struct operator_rows *rows)
{
	v->scalar = false;
	v->validity = NULL;
	if (field->dictionary) {
		dictionary_load(v, field, column, rows);
		return;
	}
	if (column->validity != NULL && column->nulls > 0) {
		bits_load(v->words, column->validity, rows);
		v->validity = v->words;
	}
	if (v->lane == VECTOR_BOOL) {
		bits_load(v->room, column->values, rows);
		v->values = v->room;
	} else if (v->lane == VECTOR_TEXT) {
		text_load(v, column, rows);
	} else {
		fixed_load(v, field->kind.type, column->values, rows);
	}
}
