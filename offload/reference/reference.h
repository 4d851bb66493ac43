/*
 * The definition of operators in code: plain C, row by row, without any thought of speed. Every
 * device is tested against it, and an error in a chunk of rows is located with it.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "operator.h"

/* A value in the widest form of its kind. */
struct reference_value {
	bool null;
	union {
		int64_t integer;  /* signed integers, date32, timestamp; bool as 0 or 1 */
		uint64_t natural; /* unsigned integers */
		double real;      /* float64; float32 exactly */
		__int128 decimal;
	};
	const uint8_t *bytes; /* utf8, binary: in the batch, the expression or the scratch */
	uint64_t count;
};

/* Text that was made for a row: casts to utf8. Zero it first. */
struct reference_scratch {
	struct reference_block *blocks;
	uint8_t *at;
	size_t used;
	size_t room;
};
/* What was made is no longer needed. */
void reference_scratch_clear(struct reference_scratch *scratch);
void reference_scratch_free(struct reference_scratch *scratch);
/* NULL: no memory. */
uint8_t *reference_scratch_take(struct reference_scratch *scratch, size_t bytes);

/* A column's value, as it is. */
void reference_value_get(const struct table_field *field, const struct table_column *column,
			 uint64_t row, struct reference_value *value);
void reference_literal_get(const struct expression *literal, struct reference_value *value);
/* The value of a bound expression in a row of the batch. 0, -ENOMEM, or -ERANGE and -EINVAL with
 * error: "overflow in a + b" and the like, to be put behind where it was. */
int reference_evaluate(const struct expression *expression, const struct table_batch *batch,
		       uint64_t row, struct reference_scratch *scratch,
		       struct reference_value *value, struct table_error *error);
/* What an operation makes of its arguments. 0, -ENOMEM, -ERANGE or -EINVAL, without words. */
int reference_apply(const struct expression *expression, const struct reference_value *arguments,
		    struct reference_scratch *scratch, struct reference_value *value);
/* The total order of values of one kind: below, equal, above is -1, 0, 1. Neither is null. */
int reference_compare(const struct table_kind *kind, const struct reference_value *a,
		      const struct reference_value *b);

/* Steps of the reference; NULL where there is none (yet). */
extern operator_opener *const reference_openers[OPERATOR_IDS];

#endif
