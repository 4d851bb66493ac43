/* What the parser makes: nodes of trees, of bounded count and height. */
#include <errno.h>
#include <stdlib.h>

#include "expression_parser.h"
#include "expression_tree.h"

struct expression_place parser_place(const struct expression_lexer *lexer, uint32_t at)
{
	return (struct expression_place){at, lexer->before_end > at ? lexer->before_end - at : 1};
}

int parser_count(struct expression_lexer *lexer, uint32_t nodes, struct table_error *error)
{
	lexer->nodes += nodes;
	if (lexer->nodes <= MR_EXPRESSION_NODES_MAX)
		return 0;
	return expression_fail(&lexer->source, lexer->place, error, -E2BIG,
			       "the expressions up to here have more than %u parts",
			       MR_EXPRESSION_NODES_MAX);
}

int parser_make(struct expression_lexer *lexer, enum expression_op op, uint32_t at,
		struct expression **arguments, uint32_t count, struct expression **made,
		struct table_error *error)
{
	struct expression *e = calloc(1, sizeof(*e));
	int rc = parser_count(lexer, 1, error);

	if (e == NULL || rc < 0) {
		for (uint32_t i = 0; i < count; i++)
			expression_free(&arguments[i]);
		free(e);
		return rc < 0 ? rc : table_fail(error, -ENOMEM, "no memory");
	}
	e->op = op;
	e->count = count;
	e->place = parser_place(lexer, at);
	for (uint32_t i = 0; i < count; i++)
		e->arguments[i] = arguments[i];
	*made = e;
	if (expression_height(e) <= MR_EXPRESSION_DEPTH_MAX)
		return 0;
	expression_free(made);
	return expression_fail(&lexer->source, lexer->place, error, -E2BIG,
			       "the expression is deeper than %u here", MR_EXPRESSION_DEPTH_MAX);
}

int parser_binary(struct expression_lexer *lexer, enum expression_op op, struct expression **left,
		  parser_rule *parse, struct table_error *error)
{
	struct expression *both[2] = {*left, NULL};
	uint32_t at = both[0]->place.at;
	int rc;

	*left = NULL;
	rc = parse(lexer, &both[1], error);
	if (rc < 0) {
		expression_free(&both[0]);
		expression_free(&both[1]);
		return rc;
	}
	return parser_make(lexer, op, at, both, 2, left, error);
}

int parser_wrap(struct expression_lexer *lexer, enum expression_op op, uint32_t at,
		struct expression **e, struct table_error *error)
{
	struct expression *argument = *e;

	*e = NULL;
	return parser_make(lexer, op, at, &argument, 1, e, error);
}

int parser_level_enter(struct expression_lexer *lexer, struct table_error *error)
{
	if (lexer->level < MR_EXPRESSION_DEPTH_MAX) {
		lexer->level++;
		return 0;
	}
	return expression_fail(&lexer->source, lexer->place, error, -E2BIG,
			       "the expression is deeper than %u here", MR_EXPRESSION_DEPTH_MAX);
}
