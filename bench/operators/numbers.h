/*
 * The table that operators are measured on: v, int64, 0 to 999,999, and k, int64, 0 to 999, evenly
 * and in no order; no nulls.
 */
#ifndef NUMBERS_H
#define NUMBERS_H

#include "operator.h"

struct numbers;

/* rows is a multiple of 64. NULL without memory. */
struct numbers *numbers_create(uint64_t rows);
void numbers_destroy(struct numbers **numbers);
const struct table_schema *numbers_schema(const struct numbers *numbers);
const struct table_column *numbers_column(const struct numbers *numbers, uint32_t column);
/* All rows, in pieces, into a step. 0 or -errno with error. */
int numbers_push(const struct numbers *numbers, struct operator_step *step,
		 struct table_error *error);

#endif
