/* What the parser's files share: a rule reads what it is named for, and leaves in *e, NULL before,
 * what it made, also when it fails; the caller frees that. 0 or -errno with error. */
#ifndef EXPRESSION_PARSER_H
#define EXPRESSION_PARSER_H

#include "expression_lexer.h"

typedef int parser_rule(struct expression_lexer *lexer, struct expression **e,
			struct table_error *error);

/* parse.c: an expression. */
parser_rule parser_or;
/* parse_value.c: a value, with or without a sign before it. */
parser_rule parser_signed;
parser_rule parser_value;

/* From at up to the last token that was taken. */
struct expression_place parser_place(const struct expression_lexer *lexer, uint32_t at);
/* Counts the nodes of a text, so that copies cannot make a large tree of a short one. 0 or -E2BIG.
 */
int parser_count(struct expression_lexer *lexer, uint32_t nodes, struct table_error *error);
/* One level of recursion more; lexer->level-- leaves it. 0 or -E2BIG. */
int parser_level_enter(struct expression_lexer *lexer, struct table_error *error);

/* A node from at on, which takes its arguments whatever happens. 0, -ENOMEM or -E2BIG. */
int parser_make(struct expression_lexer *lexer, enum expression_op op, uint32_t at,
		struct expression **arguments, uint32_t count, struct expression **made,
		struct table_error *error);
/* op(*e) in the place of *e. */
int parser_wrap(struct expression_lexer *lexer, enum expression_op op, uint32_t at,
		struct expression **e, struct table_error *error);
/* op(left, right) in the place of left, where right is read by parse. */
int parser_binary(struct expression_lexer *lexer, enum expression_op op, struct expression **left,
		  parser_rule *parse, struct table_error *error);

#endif
