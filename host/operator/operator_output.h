/*
 * What an operator puts out: a table in the region's heap, as one item, or an item for each
 * partition.
 */
#ifndef OPERATOR_OUTPUT_H
#define OPERATOR_OUTPUT_H

#include <millrace_function.h>

#include "operator_code.h"
#include "pipeline.h"

struct operator_output;

/* Rows of what the pipeline, which outlives it, gives: where it is parted, an item for each part. 0
 * or -errno with error. */
int operator_output_open(struct mr_call *call, const struct operator_set *set,
			 const struct pipeline *pipeline, struct operator_output **output,
			 struct table_error *error);
/* Rows of one partition. 0, -ENOSPC when the heap is full, or -errno, with error. */
int operator_output_write(struct operator_output *output, const struct table_batch *batch,
			  struct table_error *error);
/* After the last rows. A table without any is an item, too. */
int operator_output_end(struct operator_output *output, struct table_error *error);
/* Nulls *output, which may be NULL. */
void operator_output_close(struct operator_output **output);

#endif
