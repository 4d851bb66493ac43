/* Which kinds operations take, and what they give: the rules of types in docs/operators.md. */
#ifndef EXPRESSION_KINDS_H
#define EXPRESSION_KINDS_H

#include "expression.h"

/* An integer as wide as it is computed with: at least 32 bits. Others stay. */
struct table_kind expression_kind_wide(const struct table_kind *kind);
/* What operands are converted to, and the result; false when they do not go together. */
bool expression_kind_arithmetic(enum expression_op op, const struct table_kind *left,
				const struct table_kind *right, struct table_kind operands[2],
				struct table_kind *result);
/* Whether decimals are divided, which become floats, but null where the divisor is 0. */
bool expression_kind_quotient(enum expression_op op, const struct table_kind *left,
			      const struct table_kind *right);
bool expression_kind_comparison(const struct table_kind *left, const struct table_kind *right,
				struct table_kind *kind);
/* What a minus makes of it; false when it makes nothing. */
bool expression_kind_signed(const struct table_kind *kind, struct table_kind *result);
bool expression_kind_castable(const struct table_kind *from, const struct table_kind *to);

#endif
