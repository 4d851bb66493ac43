/* Rows that the reference keeps, as values, and the batches it makes of them. */
#ifndef REFERENCE_ROWS_H
#define REFERENCE_ROWS_H

#include "reference.h"
#include "row_key.h"
#include "table_builder.h"

struct reference_rows {
	uint32_t columns;
	uint64_t count, room;
	struct reference_value *values; /* row by row; texts are owned */
};

/* Copies one row of a batch. 0 or -ENOMEM. */
int reference_rows_add(struct reference_rows *rows, const struct table_batch *batch, uint64_t row);
void reference_rows_free(struct reference_rows *rows);
static inline const struct reference_value *reference_row(const struct reference_rows *rows,
							  uint64_t row)
{
	return rows->values + row * rows->columns;
}

/* Below, equal, above, in the order of sort; nulls are equal to each other. */
int reference_rows_compare(const struct table_schema *schema, const struct row_order *order,
			   uint32_t count, const struct reference_value *a,
			   const struct reference_value *b);
/* Whether the values of a column each are the same; nulls are, unless null_equals says not. */
bool reference_values_equal(const struct table_kind *kind, const struct reference_value *a,
			    const struct reference_value *b);

/* A column's value of the row being made. 0 or -ENOMEM. */
int reference_put(struct table_builder *builder, const struct table_schema *schema, uint32_t column,
		  const struct reference_value *value);
/* Emits what was built, if anything. 0 or -errno with error. */
int reference_emit(struct operator_step *step, struct table_builder *builder,
		   struct table_error *error);
/* All rows, by their numbers in that order. 0 or -errno with error. */
int reference_rows_emit(struct operator_step *step, const struct reference_rows *rows,
			const uint64_t *order, uint64_t count, struct table_error *error);
int reference_no_memory(const struct operator_step *step, struct table_error *error);

#endif
