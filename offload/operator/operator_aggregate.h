/*
 * `aggregate NAME = FUNCTION(EXPRESSION), ... by EXPRESSION, ...`: one row for each group, in the
 * order of their first rows; without `by`, one row. Keys come first, then aggregates.
 */
#ifndef OPERATOR_AGGREGATE_H
#define OPERATOR_AGGREGATE_H

#include "operator.h"

enum operator_function {
	AGGREGATE_COUNT_ROWS, /* count(): int64 */
	AGGREGATE_COUNT,      /* of values: int64 */
	AGGREGATE_SUM,        /* int64, uint64, float64, decimal128(38, scale) */
	AGGREGATE_MIN,        /* of the column's kind; of a zero 0.0, of a NaN the one computed */
	AGGREGATE_MAX,
	AGGREGATE_AVG, /* float64 */
	AGGREGATE_FUNCTIONS,
};

struct operator_aggregate {
	const struct table_schema
	    *input;     /* that columns are of: the projection's, or the stream's */
	uint32_t *keys; /* columns */
	uint32_t key_count;
	struct operator_measure {
		enum operator_function function;
		uint32_t column;        /* not of count() */
		struct table_kind kind; /* of the result */
	} * measures;
	uint32_t measure_count;
	struct table_schema owned_input; /* when there is no projection */
};

extern const struct operator_kind operator_aggregate_kind;

/* "sum" and the like. */
const char *operator_function_name(enum operator_function function);

#endif
