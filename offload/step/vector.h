/* Values of up to MR_OPERATOR_ROWS_MAX rows in a register, as kernels take them. */
#ifndef VECTOR_H
#define VECTOR_H

#include "reference.h"
#include "vector_kernels.h"

#define VECTOR_WORDS (MR_OPERATOR_ROWS_MAX / 64) /* of a bitmap */

struct vector {
	enum vector_lane lane;
	bool scalar;        /* one value, or one text, is that of all rows; bitmaps are whole */
	const void *values; /* bits of rows that are not there are anything */
	const uint64_t *validity; /* bits of rows that are not there are 0; NULL: no row is null */
	/* Its own memory, where it has any: values of MR_OPERATOR_ROWS_MAX rows, VECTOR_WORDS
	 * words. */
	void *room;
	uint64_t *words;
};

/* The lane of a kind, and the bytes of its values: 0 of bitmaps. */
enum vector_lane vector_lane_of(const struct table_kind *kind);
uint32_t vector_lane_bytes(enum vector_lane lane);
/* Gives it memory of its own. 0 or -ENOMEM. */
int vector_open(struct vector *v, const struct table_kind *kind);
void vector_close(struct vector *v);
/* One value for all rows, in its own memory. */
void vector_fill(struct vector *v, const struct table_kind *kind,
		 const struct reference_value *value);

static inline bool vector_is_null(const struct vector *v, uint32_t row)
{
	return v->validity != NULL && (v->validity[row / 64] >> row % 64 & 1) == 0;
}
void vector_get(const struct vector *v, const struct table_kind *kind, uint32_t row,
		struct reference_value *value);
/* Into its own memory; not its validity. Bits of bitmaps are 0 before. */
void vector_put(struct vector *v, const struct table_kind *kind, uint32_t row,
		const struct reference_value *value);
/* Rows that are not null. */
uint32_t vector_count(const struct vector *v, uint32_t rows);
/* Bits of the rows that are there. */
static inline uint64_t vector_mask(uint32_t rows, uint32_t word)
{
	uint32_t left = rows - 64 * word;

	return left >= 64 ? UINT64_MAX : ((uint64_t)1 << left) - 1;
}

/* A column's values in the rows that are selected: where they lie, or gathered into v's memory. */
void vector_load(struct vector *v, const struct table_field *field,
		 const struct table_column *column, const struct operator_rows *rows);

/* A register as a column of that kind, whose null slots are anything; what has to be made goes into
 * memory of the column's. It stays until the register or it is written again. 0, -ENOMEM or -E2BIG.
 */
struct vector_packed {
	void *values;
	int32_t *offsets;
	uint8_t *bytes;
	size_t bytes_room;
};
int vector_pack(const struct vector *v, const struct table_kind *kind, uint32_t rows,
		struct vector_packed *packed, struct table_column *column);
void vector_packed_free(struct vector_packed *packed);

#endif
