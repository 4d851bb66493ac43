/* What the parser and the types of expressions share. */
#ifndef EXPRESSION_TREE_H
#define EXPRESSION_TREE_H

#include "expression.h"

uint32_t expression_height(const struct expression *expression);
uint32_t expression_nodes(const struct expression *expression);

/* The literal as a value of that kind, when it holds exactly that: to->kind, fixed or text. -EINVAL
 * when not, -ENOMEM. */
int expression_literal_take(struct expression *literal, const struct table_kind *kind);
/* The kind it has when nothing beside it says one; of null there is none: false. */
bool expression_literal_kind(const struct expression *literal, struct table_kind *kind);

/* 10 to the power n, n at most 38. */
unsigned __int128 expression_power(unsigned n);

#endif
