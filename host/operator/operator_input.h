/*
 * The items of an input set as one table: each is read where it lies in the region, one after the
 * other, and all have the same columns.
 */
#ifndef OPERATOR_INPUT_H
#define OPERATOR_INPUT_H

#include "operator_code.h"
#include "table_stream.h"

/* A row for each item: its name, and its bytes where they lie. Not for more than 2 GiB. */
struct operator_input;

/* Reads the columns of set, whose items are those of the region's input set number index. The
 * region outlives it, and its inputs do not change. -ENODATA, with error, when there is no item and
 * nobody said what the columns are. 0 or -errno with error, which names set and item. */
int operator_input_open(const struct operator_set *set, struct region *region, uint32_t header_off,
			uint32_t index, struct operator_input **input, struct table_error *error);
const struct table_schema *operator_input_schema(const struct operator_input *input);
/* 1 and a batch that the caller frees before the next call; 0 at the end; or -errno with error. */
int operator_input_read(struct operator_input *input, struct table_batch **batch,
			struct table_error *error);
/* Nulls *input, which may be NULL. */
void operator_input_close(struct operator_input **input);

#endif
