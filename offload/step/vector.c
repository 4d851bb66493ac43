/* Registers: their memory, and single values of them. */
#include "vector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table_bytes.h"

static const uint64_t no_row[VECTOR_WORDS];

enum vector_lane vector_lane_of(const struct table_kind *kind)
{
	static const enum vector_lane lanes[TABLE_TYPES] = {
	    [TABLE_BOOL] = VECTOR_BOOL,     [TABLE_INT8] = VECTOR_I32,
	    [TABLE_INT16] = VECTOR_I32,     [TABLE_INT32] = VECTOR_I32,
	    [TABLE_INT64] = VECTOR_I64,     [TABLE_UINT8] = VECTOR_U32,
	    [TABLE_UINT16] = VECTOR_U32,    [TABLE_UINT32] = VECTOR_U32,
	    [TABLE_UINT64] = VECTOR_U64,    [TABLE_FLOAT32] = VECTOR_F32,
	    [TABLE_FLOAT64] = VECTOR_F64,   [TABLE_DATE32] = VECTOR_I32,
	    [TABLE_TIMESTAMP] = VECTOR_I64, [TABLE_DECIMAL128] = VECTOR_I128,
	    [TABLE_UTF8] = VECTOR_TEXT,     [TABLE_BINARY] = VECTOR_TEXT,
	};

	return lanes[kind->type];
}

uint32_t vector_lane_bytes(enum vector_lane lane)
{
	static const uint8_t bytes[] = {
	    [VECTOR_I32] = 4,   [VECTOR_U32] = 4,  [VECTOR_I64] = 8,
	    [VECTOR_U64] = 8,   [VECTOR_F32] = 4,  [VECTOR_F64] = 8,
	    [VECTOR_I128] = 16, [VECTOR_BOOL] = 0, [VECTOR_TEXT] = sizeof(struct vector_text),
	};

	return bytes[lane];
}

int vector_open(struct vector *v, const struct table_kind *kind)
{
	uint32_t bytes = vector_lane_bytes(vector_lane_of(kind));
	size_t room = bytes > 0 ? (size_t)bytes * MR_OPERATOR_ROWS_MAX : MR_OPERATOR_ROWS_MAX / 8;

	*v = (struct vector){.lane = vector_lane_of(kind)};
	v->room = aligned_alloc(TABLE_ALIGN, room);
	v->words = aligned_alloc(TABLE_ALIGN, sizeof(no_row));
	v->values = v->room;
	if (v->room != NULL && v->words != NULL) {
		memset(v->room, 0, room); /* slots of nulls are computed with, too */
		return 0;
	}
	vector_close(v);
	return -ENOMEM;
}

void vector_close(struct vector *v)
{
	free(v->room);
	free(v->words);
	*v = (struct vector){.lane = v->lane};
}

void vector_fill(struct vector *v, const struct table_kind *kind,
		 const struct reference_value *value)
{
	v->scalar = true;
	v->values = v->room;
	v->validity = value->null ? no_row : NULL;
	if (value->null)
		memset(v->room, 0,
		       v->lane == VECTOR_BOOL ? sizeof(no_row) : vector_lane_bytes(v->lane));
	else if (v->lane == VECTOR_BOOL)
		memset(v->room, value->integer != 0 ? 0xff : 0, sizeof(no_row));
	else
		vector_put(v, kind, 0, value);
}

void vector_get(const struct vector *v, const struct table_kind *kind, uint32_t row,
		struct reference_value *value)
{
	uint32_t at = v->scalar ? 0 : row;
	const struct vector_text *text;
	float narrow;

	*value = (struct reference_value){.null = vector_is_null(v, at)};
	if (value->null)
		return;
	switch (v->lane) {
	case VECTOR_I32:
		value->integer = ((const int32_t *)v->values)[at];
		break;
	case VECTOR_U32:
		value->natural = ((const uint32_t *)v->values)[at];
		break;
	case VECTOR_F32:
		narrow = ((const float *)v->values)[at];
		value->real = (double)narrow;
		break;
	case VECTOR_I128:
		memcpy(&value->decimal, (const uint8_t *)v->values + 16ull * at, 16);
		break;
	case VECTOR_BOOL:
		value->integer = ((const uint64_t *)v->values)[at / 64] >> at % 64 & 1;
		break;
	case VECTOR_TEXT:
		text = &((const struct vector_text *)v->values)[at];
		value->bytes = text->bytes;
		value->count = text->count;
		break;
	default:
		memcpy(&value->natural, (const uint8_t *)v->values + 8ull * at, 8);
	}
}

void vector_put(struct vector *v, const struct table_kind *kind, uint32_t row,
		const struct reference_value *value)
{
	uint32_t bytes = vector_lane_bytes(v->lane);
	uint8_t *at = (uint8_t *)v->room + (size_t)row * bytes;
	float narrow;

	switch (v->lane) {
	case VECTOR_BOOL:
		((uint64_t *)v->room)[row / 64] |= (uint64_t)(value->integer != 0) << row % 64;
		break;
	case VECTOR_TEXT:
		((struct vector_text *)v->room)[row] =
		    (struct vector_text){value->bytes, value->count};
		break;
	case VECTOR_F32:
		narrow = (float)value->real;
		memcpy(at, &narrow, sizeof(narrow));
		break;
	case VECTOR_I128:
		memcpy(at, &value->decimal, 16);
		break;
	default: /* little-endian: the low bytes are the value */
		memcpy(at, &value->natural, bytes);
	}
}

uint32_t vector_count(const struct vector *v, uint32_t rows)
{
	uint32_t count = 0;

	if (v->validity == NULL)
		return rows;
	for (uint32_t i = 0; i * 64 < rows; i++)
		count += (uint32_t)__builtin_popcountll(v->validity[i]);
	return count;
}
