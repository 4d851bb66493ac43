/* Expressions from text, by recursive descent: or, and, not, comparison, + -, * / %, sign, value.
 */
#include <errno.h>
#include <stdlib.h>

#include "expression_parser.h"
#include "expression_tree.h"

struct infix {
	const char *sign;
	enum expression_op op;
};

static const struct infix *infix_find(const struct expression_lexer *lexer,
				      const struct infix *infixes)
{
	for (; infixes->sign != NULL; infixes++)
		if (lexer_is_sign(lexer, infixes->sign))
			return infixes;
	return NULL;
}

static int parse_product(struct expression_lexer *lexer, struct expression **e,
			 struct table_error *error)
{
	static const struct infix infixes[] = {{"*", EXPRESSION_MULTIPLY},
					       {"/", EXPRESSION_DIVIDE},
					       {"%", EXPRESSION_MODULO},
					       {NULL, EXPRESSION_OPS}};
	const struct infix *infix;
	int rc = parser_signed(lexer, e, error);

	while (rc == 0 && (infix = infix_find(lexer, infixes)) != NULL) {
		rc = lexer_next(lexer, error);
		if (rc == 0)
			rc = parser_binary(lexer, infix->op, e, parser_signed, error);
	}
	return rc;
}

static int parse_sum(struct expression_lexer *lexer, struct expression **e,
		     struct table_error *error)
{
	static const struct infix infixes[] = {
	    {"+", EXPRESSION_ADD}, {"-", EXPRESSION_SUBTRACT}, {NULL, EXPRESSION_OPS}};
	const struct infix *infix;
	int rc = parse_product(lexer, e, error);

	while (rc == 0 && (infix = infix_find(lexer, infixes)) != NULL) {
		rc = lexer_next(lexer, error);
		if (rc == 0)
			rc = parser_binary(lexer, infix->op, e, parse_product, error);
	}
	return rc;
}

/* A second one like e, for what looks at a value twice. */
static int twin(struct expression_lexer *lexer, const struct expression *e,
		struct expression **copy, struct table_error *error)
{
	int rc = parser_count(lexer, expression_nodes(e), error);

	if (rc < 0)
		return rc;
	*copy = expression_copy(e);
	return *copy == NULL ? table_fail(error, -ENOMEM, "no memory") : 0;
}

/* a between b and c: a >= b and a <= c. */
static int parse_between(struct expression_lexer *lexer, struct expression **e,
			 struct table_error *error)
{
	struct expression *both[2] = {NULL, NULL};
	uint32_t at = (*e)->place.at;
	int rc = twin(lexer, *e, &both[1], error);

	if (rc < 0)
		return rc;
	both[0] = *e;
	*e = NULL;
	rc = parser_binary(lexer, EXPRESSION_GREATER_EQUAL, &both[0], parse_sum, error);
	if (rc == 0)
		rc = lexer_expect_word(lexer, "and", error);
	if (rc == 0)
		rc = parser_binary(lexer, EXPRESSION_LESS_EQUAL, &both[1], parse_sum, error);
	if (rc == 0)
		return parser_make(lexer, EXPRESSION_AND, at, both, 2, e, error);
	expression_free(&both[0]);
	expression_free(&both[1]);
	return rc;
}

/* Joins a list by op to a tree as low as it can be: op is associative. The list is used up. */
static int balance(struct expression_lexer *lexer, enum expression_op op, uint32_t at,
		   struct expression **list, uint32_t count, struct expression **e,
		   struct table_error *error)
{
	int rc = 0;

	while (count > 1) {
		for (uint32_t i = 0; i + 1 < count; i += 2) {
			struct expression *both[2] = {list[i], list[i + 1]};

			list[i] = list[i + 1] = NULL;
			if (rc == 0)
				rc = parser_make(lexer, op, at, both, 2, &list[i / 2], error);
			else
				for (uint32_t k = 0; k < 2; k++)
					expression_free(&both[k]);
		}
		if (count % 2 != 0) {
			struct expression *odd = list[count - 1];

			list[count - 1] = NULL;
			list[count / 2] = odd;
		}
		count = (count + 1) / 2;
	}
	*e = list[0];
	return rc;
}

struct expressions {
	struct expression **list;
	uint32_t count;
};

static int expressions_add(struct expressions *all, struct expression **e,
			   struct table_error *error)
{
	struct expression **list =
	    realloc(all->list, (all->count + 1u) * sizeof(struct expression *));

	if (list == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	list[all->count++] = *e;
	all->list = list;
	*e = NULL;
	return 0;
}

static void expressions_free(struct expressions *all)
{
	for (uint32_t i = 0; i < all->count; i++)
		expression_free(&all->list[i]);
	free(all->list);
}

/* a in (b, c): a = b or a = c. */
static int parse_in(struct expression_lexer *lexer, struct expression **e,
		    struct table_error *error)
{
	struct expressions all = {NULL, 0};
	struct expression *one = NULL, *value = *e;
	uint32_t at = value->place.at;
	int rc = lexer_expect_sign(lexer, "(", error);

	*e = NULL;
	do {
		if (rc >= 0)
			rc = twin(lexer, value, &one, error);
		if (rc == 0)
			rc = parser_binary(lexer, EXPRESSION_EQUAL, &one, parse_sum, error);
		if (rc == 0)
			rc = expressions_add(&all, &one, error);
		expression_free(&one);
		if (rc == 0)
			rc = lexer_accept_sign(lexer, ",", error);
	} while (rc > 0);
	if (rc == 0)
		rc = lexer_expect_sign(lexer, ")", error);
	if (rc == 0) {
		rc = balance(lexer, EXPRESSION_OR, at, all.list, all.count, e, error);
		all.count = 0;
	}
	expressions_free(&all);
	expression_free(&value);
	return rc;
}

/* What follows `like`. */
static int parse_like(struct expression_lexer *lexer, struct expression **e,
		      struct table_error *error)
{
	if (lexer->token != TOKEN_STRING)
		return lexer_unexpected(lexer, "a pattern in single quotes", error);
	return parser_binary(lexer, EXPRESSION_LIKE, e, parser_value, error);
}

static int parse_is(struct expression_lexer *lexer, struct expression **e,
		    struct table_error *error)
{
	uint32_t at = (*e)->place.at;
	int negated = lexer_accept_word(lexer, "not", error);
	int rc = negated < 0 ? negated : lexer_expect_word(lexer, "null", error);

	if (rc == 0)
		rc = parser_wrap(lexer, EXPRESSION_IS_NULL, at, e, error);
	return rc == 0 && negated > 0 ? parser_wrap(lexer, EXPRESSION_NOT, at, e, error) : rc;
}

/* [not] between, in, like; 1 when there is none of them. */
static int parse_worded(struct expression_lexer *lexer, struct expression **e,
			struct table_error *error)
{
	static const struct {
		const char *word;
		parser_rule *parse;
	} worded[] = {{"between", parse_between}, {"in", parse_in}, {"like", parse_like}};
	uint32_t at = (*e)->place.at;
	int negated = lexer_accept_word(lexer, "not", error);
	int rc;

	if (negated < 0)
		return negated;
	for (size_t i = 0; i < sizeof(worded) / sizeof(worded[0]); i++) {
		rc = lexer_accept_word(lexer, worded[i].word, error);
		if (rc == 0)
			continue;
		rc = rc < 0 ? rc : worded[i].parse(lexer, e, error);
		return rc == 0 && negated > 0 ? parser_wrap(lexer, EXPRESSION_NOT, at, e, error)
					      : rc;
	}
	return negated > 0 ? lexer_unexpected(lexer, "between, in or like", error) : 1;
}

static int parse_comparison(struct expression_lexer *lexer, struct expression **e,
			    struct table_error *error)
{
	static const struct infix infixes[] = {
	    {"=", EXPRESSION_EQUAL},      {"==", EXPRESSION_EQUAL},
	    {"!=", EXPRESSION_NOT_EQUAL}, {"<>", EXPRESSION_NOT_EQUAL},
	    {"<", EXPRESSION_LESS},       {"<=", EXPRESSION_LESS_EQUAL},
	    {">", EXPRESSION_GREATER},    {">=", EXPRESSION_GREATER_EQUAL},
	    {NULL, EXPRESSION_OPS},
	};
	const struct infix *infix;
	int rc = parse_sum(lexer, e, error);

	if (rc < 0)
		return rc;
	infix = infix_find(lexer, infixes);
	if (infix != NULL) {
		rc = lexer_next(lexer, error);
		if (rc == 0)
			rc = parser_binary(lexer, infix->op, e, parse_sum, error);
		if (rc == 0 && infix_find(lexer, infixes) != NULL)
			return lexer_unexpected(lexer, "and, or, or parentheses", error);
		return rc;
	}
	rc = lexer_accept_word(lexer, "is", error);
	if (rc != 0)
		return rc < 0 ? rc : parse_is(lexer, e, error);
	rc = parse_worded(lexer, e, error);
	return rc > 0 ? 0 : rc;
}

static int parse_not(struct expression_lexer *lexer, struct expression **e,
		     struct table_error *error)
{
	uint32_t at = lexer->place.at;
	int rc = lexer_accept_word(lexer, "not", error);

	if (rc == 0)
		return parse_comparison(lexer, e, error);
	if (rc > 0)
		rc = parser_level_enter(lexer, error);
	if (rc < 0)
		return rc;
	rc = parse_not(lexer, e, error);
	lexer->level--;
	return rc < 0 ? rc : parser_wrap(lexer, EXPRESSION_NOT, at, e, error);
}

/* parse, and word and parse again, as often as there is one. */
static int parse_chain(struct expression_lexer *lexer, const char *word, enum expression_op op,
		       parser_rule *parse, struct expression **e, struct table_error *error)
{
	struct expressions all = {NULL, 0};
	struct expression *one = NULL;
	uint32_t at = lexer->place.at;
	int rc;

	do {
		rc = parse(lexer, &one, error);
		if (rc == 0)
			rc = expressions_add(&all, &one, error);
		expression_free(&one);
		if (rc == 0)
			rc = lexer_accept_word(lexer, word, error);
	} while (rc > 0);
	if (rc == 0) {
		rc = balance(lexer, op, at, all.list, all.count, e, error);
		all.count = 0;
	}
	expressions_free(&all);
	return rc;
}

static int parse_and(struct expression_lexer *lexer, struct expression **e,
		     struct table_error *error)
{
	return parse_chain(lexer, "and", EXPRESSION_AND, parse_not, e, error);
}

int parser_or(struct expression_lexer *lexer, struct expression **e, struct table_error *error)
{
	int rc = parser_level_enter(lexer, error);

	if (rc < 0)
		return rc;
	rc = parse_chain(lexer, "or", EXPRESSION_OR, parse_and, e, error);
	lexer->level--;
	return rc;
}

int expression_parse(struct expression_lexer *lexer, struct expression **expression,
		     struct table_error *error)
{
	int rc;

	*expression = NULL;
	rc = parser_or(lexer, expression, error);
	if (rc < 0)
		expression_free(expression);
	return rc;
}

int expression_parse_text(const struct expression_source *source, struct expression **expression,
			  struct table_error *error)
{
	struct expression_lexer lexer;
	int rc = lexer_open(&lexer, source, error);

	*expression = NULL;
	if (rc == 0)
		rc = expression_parse(&lexer, expression, error);
	if (rc == 0 && lexer.token != TOKEN_END)
		rc = lexer_unexpected(&lexer, "and, or, or the end", error);
	if (rc < 0)
		expression_free(expression);
	lexer_close(&lexer);
	return rc;
}
