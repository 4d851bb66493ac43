/* Registers as columns. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table_bytes.h"
#include "vector.h"

static int room_make(struct vector_packed *packed)
{
	if (packed->values == NULL)
		packed->values = aligned_alloc(TABLE_ALIGN, 16ull * MR_OPERATOR_ROWS_MAX);
	return packed->values == NULL ? -ENOMEM : 0;
}

/* One value for all rows, and integers that are narrower in columns than in registers. */
static int fixed_pack(const struct vector *v, const struct table_kind *kind, uint32_t rows,
		      struct vector_packed *packed, struct table_column *column)
{
	uint32_t bytes = table_type_bytes(kind->type), wide = vector_lane_bytes(v->lane);
	const uint8_t *from = v->values;
	uint8_t *to;

	if (!v->scalar && bytes == wide) {
		column->values = v->values;
		return 0;
	}
	if (room_make(packed) < 0)
		return -ENOMEM;
	to = packed->values;
	for (uint32_t i = 0; i < rows; i++)
		memcpy(to + (size_t)i * bytes, from + (v->scalar ? 0 : (size_t)i * wide), bytes);
	column->values = to;
	return 0;
}

static int text_room(struct vector_packed *packed, uint64_t bytes)
{
	uint8_t *more;

	if (bytes > INT32_MAX)
		return -E2BIG;
	if (packed->offsets == NULL)
		packed->offsets =
		    aligned_alloc(TABLE_ALIGN, (MR_OPERATOR_ROWS_MAX + 16) * sizeof(int32_t));
	if (packed->offsets == NULL)
		return -ENOMEM;
	if (packed->bytes != NULL && bytes <= packed->bytes_room)
		return 0;
	more = realloc(packed->bytes, 2 * bytes + 64);
	if (more == NULL)
		return -ENOMEM;
	packed->bytes = more;
	packed->bytes_room = 2 * bytes + 64;
	return 0;
}

static int text_pack(const struct vector *v, uint32_t rows, struct vector_packed *packed,
		     struct table_column *column)
{
	const struct vector_text *texts = v->values;
	uint64_t bytes = 0;
	int rc;

	for (uint32_t i = 0; i < rows; i++)
		if (!vector_is_null(v, i))
			bytes += texts[v->scalar ? 0 : i].count;
	rc = text_room(packed, bytes);
	if (rc < 0)
		return rc;
	bytes = 0;
	packed->offsets[0] = 0;
	for (uint32_t i = 0; i < rows; i++) {
		const struct vector_text *text = &texts[v->scalar ? 0 : i];

		if (!vector_is_null(v, i) && text->count > 0) {
			memcpy(packed->bytes + bytes, text->bytes, text->count);
			bytes += text->count;
		}
		packed->offsets[i + 1] = (int32_t)bytes;
	}
	column->offsets = packed->offsets;
	column->bytes = packed->bytes;
	return 0;
}

int vector_pack(const struct vector *v, const struct table_kind *kind, uint32_t rows,
		struct vector_packed *packed, struct table_column *column)
{
	uint32_t nulls = rows - vector_count(v, rows);

	*column = (struct table_column){.nulls = nulls};
	if (nulls > 0)
		column->validity = (const uint8_t *)v->validity;
	if (v->lane == VECTOR_TEXT)
		return text_pack(v, rows, packed, column);
	if (v->lane != VECTOR_BOOL)
		return fixed_pack(v, kind, rows, packed, column);
	column->values = v->values;
	return 0;
}

void vector_packed_free(struct vector_packed *packed)
{
	free(packed->values);
	free(packed->offsets);
	free(packed->bytes);
	*packed = (struct vector_packed){0};
}
