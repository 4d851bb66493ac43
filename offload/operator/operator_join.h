/*
 * `join [inner | left | semi | anti] TABLE on COLUMN = COLUMN and ...`: rows of the stream with
 * those of a table beside it whose columns are equal: the stream's columns, then the table's but
 * for its keys. `left` keeps rows without a match, with nulls; `semi` gives those of the stream
 * that have one, `anti` those that have none.
 */
#ifndef OPERATOR_JOIN_H
#define OPERATOR_JOIN_H

#include "operator_keys.h"

enum operator_join_type { JOIN_INNER, JOIN_LEFT, JOIN_SEMI, JOIN_ANTI };

struct operator_join {
	enum operator_join_type type;
	struct table_schema left, right; /* plain */
	uint32_t *left_keys, *right_keys;
	uint32_t key_count;
	uint32_t *payload; /* columns of the right that are given out */
	uint32_t payload_count;
};

extern const struct operator_kind operator_join_kind;

#endif
