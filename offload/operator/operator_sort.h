/*
 * `sort KEY [desc] [nulls first], ...`: all rows, in that order; stable.
 * `topk COUNT by KEY, ...`: the first rows of what `sort` would give.
 * `merge TABLE by KEY, ...`: the rows of the stream and of a table beside it, both of which are
 * sorted so, in that order; of equal ones the stream's first.
 */
#ifndef OPERATOR_SORT_H
#define OPERATOR_SORT_H

#include "operator_keys.h"

struct operator_sort {
	struct row_order *order;
	uint32_t key_count;
	uint64_t rows; /* topk: as many; else UINT64_MAX */
};

extern const struct operator_kind operator_sort_kind;
extern const struct operator_kind operator_topk_kind;
extern const struct operator_kind operator_merge_kind;

#endif
