/* What is kept of a group for one measure. */
#ifndef GROUP_STATE_H
#define GROUP_STATE_H

#include "group_kernels.h"
#include "group_measures.h"

/* An exact sum of decimals: high * 2^128 + low, where low is signed. */
struct group_decimal {
	__int128 low;
	int64_t high;
};

/* The least or the largest text so far; NULL: none. Its bytes are its own. */
struct group_text {
	uint8_t *bytes;
	uint64_t count;
	uint64_t room;
};

enum group_state_kind {
	STATE_NONE, /* counts: they are kept anyway */
	STATE_SIGNED,
	STATE_UNSIGNED,
	STATE_REAL,
	STATE_DECIMAL,
	STATE_WORD,         /* min, max: uint64_t */
	STATE_DECIMAL_EDGE, /* min, max: __int128 */
	STATE_TEXT,
};

struct group_measure {
	const struct operator_measure *spec;
	struct table_kind from; /* of the column */
	enum group_state_kind kind;
	struct table_bytes states; /* one of a group each */
	struct table_bytes nulls;  /* uint64_t: rows without a value */
};

enum group_state_kind group_state_kind(enum operator_function function,
				       const struct table_kind *from);
uint32_t group_state_bytes(enum group_state_kind kind);
/* As it is before the first value. */
void group_state_begin(const struct group_measure *measure, void *state);
/* The value of a group that has values, as group_measures_put() does. */
int group_state_put(const struct group_measure *measure, uint32_t group, uint64_t values,
		    struct row_column *to);

#endif
