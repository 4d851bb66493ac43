/* `dedup [by COLUMN, ...]`: of rows with equal columns (without `by`, all columns) the first.
 * `dictionary COLUMN, ...`: these columns as indices into their distinct values, in the order in
 * which they come.
 * `hash NAME = COLUMN, ...`: one more column, uint64: the hash of the key that these are. */
#ifndef OPERATOR_DEDUP_H
#define OPERATOR_DEDUP_H

#include "operator_keys.h"

/* Of all three. */
struct operator_columns {
	struct table_schema plain; /* of the input, with values instead of dictionaries */
	uint32_t *columns;         /* of the input */
	uint32_t count;
};

extern const struct operator_kind operator_dedup_kind;
extern const struct operator_kind operator_dictionary_kind;
extern const struct operator_kind operator_hash_kind;

#endif
