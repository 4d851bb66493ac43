/* Expressions from text, by recursive descent: or, and, not, comparison, + -, * / %, sign, value.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "expression_lexer.h"
#include "expression_tree.h"
#include "table_text.h"

#define KIND_WORDS "a type is needed here, such as int64, float64, decimal128(18, 2), date32, utf8"

static int no_memory(struct table_error *error)
{
	return table_fail(error, -ENOMEM, "no memory");
}

static struct expression_place place_upto(const struct expression_lexer *lexer, uint32_t at)
{
	return (struct expression_place){at, lexer->before_end > at ? lexer->before_end - at : 1};
}

/* Counts the nodes of a text, so that copies cannot make a large tree of a short one. */
static int nodes_count(struct expression_lexer *lexer, uint32_t nodes, struct table_error *error)
{
	lexer->nodes += nodes;
	if (lexer->nodes <= MR_EXPRESSION_NODES_MAX)
		return 0;
	return expression_fail(&lexer->source, lexer->place, error, -E2BIG,
			       "the expressions up to here have more than %u parts",
			       MR_EXPRESSION_NODES_MAX);
}

/* A node, which takes its arguments whatever happens. */
static int node_make(struct expression_lexer *lexer, enum expression_op op, uint32_t at,
		     struct expression **arguments, uint32_t count, struct expression **made,
		     struct table_error *error)
{
	struct expression *e = calloc(1, sizeof(*e));
	int rc = nodes_count(lexer, 1, error);

	if (e == NULL || rc < 0) {
		for (uint32_t i = 0; i < count; i++)
			expression_free(&arguments[i]);
		free(e);
		return rc < 0 ? rc : no_memory(error);
	}
	e->op = op;
	e->count = count;
	e->place = place_upto(lexer, at);
	for (uint32_t i = 0; i < count; i++)
		e->arguments[i] = arguments[i];
	*made = e;
	if (expression_height(e) <= MR_EXPRESSION_DEPTH_MAX)
		return 0;
	expression_free(made);
	return expression_fail(&lexer->source, lexer->place, error, -E2BIG,
			       "the expression is deeper than %u here", MR_EXPRESSION_DEPTH_MAX);
}

static int parse_or(struct expression_lexer *lexer, struct expression **e,
		    struct table_error *error);
static int parse_sum(struct expression_lexer *lexer, struct expression **e,
		     struct table_error *error);

/* op(left, right) in the place of left, where right is parsed by parse. */
static int binary(struct expression_lexer *lexer, enum expression_op op, struct expression **left,
		  int (*parse)(struct expression_lexer *, struct expression **,
			       struct table_error *),
		  struct table_error *error)
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
	return node_make(lexer, op, at, both, 2, left, error);
}

static int wrap(struct expression_lexer *lexer, enum expression_op op, uint32_t at,
		struct expression **e, struct table_error *error)
{
	struct expression *argument = *e;

	*e = NULL;
	return node_make(lexer, op, at, &argument, 1, e, error);
}

/* ---- Values ---- */

/* A literal or a column that has the token's text; goes on behind it. */
static int leaf(struct expression_lexer *lexer, enum expression_op op, struct expression **e,
		struct table_error *error)
{
	int rc = node_make(lexer, op, lexer->place.at, NULL, 0, e, error);

	if (rc < 0)
		return rc;
	(*e)->place = lexer->place;
	(*e)->text = strdup(lexer->text);
	(*e)->bytes = lexer->bytes;
	if ((*e)->text == NULL)
		return no_memory(error);
	return lexer_next(lexer, error);
}

static int parse_number(struct expression_lexer *lexer, struct expression **e,
			struct table_error *error)
{
	int rc;

	if (lexer->text[0] == '.' && lexer->text[1] == '\0')
		return lexer_unexpected(lexer, "a number", error);
	rc = leaf(lexer, EXPRESSION_LITERAL, e, error);
	if (rc < 0)
		return rc;
	(*e)->loose = true;
	(*e)->kind.type = TABLE_DECIMAL128; /* says that it is a number */
	return 0;
}

static int parse_string(struct expression_lexer *lexer, struct expression **e,
			struct table_error *error)
{
	int rc = leaf(lexer, EXPRESSION_LITERAL, e, error);

	if (rc < 0)
		return rc;
	(*e)->loose = true;
	(*e)->kind.type = TABLE_UTF8;
	return 0;
}

/* true, false and null. */
static int parse_word(struct expression_lexer *lexer, struct expression **e,
		      struct table_error *error)
{
	bool null = lexer_is_word(lexer, "null"), is = lexer_is_word(lexer, "true");
	int rc = leaf(lexer, EXPRESSION_LITERAL, e, error);

	if (rc < 0)
		return rc;
	free((*e)->text);
	(*e)->text = NULL;
	(*e)->bytes = 0;
	(*e)->null = (*e)->loose = null;
	(*e)->kind.type = TABLE_BOOL;
	(*e)->fixed[0] = is;
	return 0;
}

/* `date '1994-01-01'`, `timestamp '1994-01-01 12:00:00'`: microseconds, or as many as need be. */
static int parse_dated(struct expression_lexer *lexer, struct expression **e,
		       struct table_error *error)
{
	struct table_kind kinds[] = {{.type = TABLE_DATE32},
				     {.type = TABLE_TIMESTAMP, .unit = TABLE_MICROSECOND},
				     {.type = TABLE_TIMESTAMP, .unit = TABLE_NANOSECOND},
				     {.type = TABLE_TIMESTAMP, .unit = TABLE_MICROSECOND},
				     {.type = TABLE_TIMESTAMP, .unit = TABLE_NANOSECOND}};
	bool date = lexer_is_word(lexer, "date");
	uint32_t at = lexer->place.at;
	int rc = lexer_next(lexer, error);

	strcpy(kinds[3].zone, "UTC");
	strcpy(kinds[4].zone, "UTC");
	if (rc == 0)
		rc = leaf(lexer, EXPRESSION_LITERAL, e, error);
	if (rc < 0)
		return rc;
	(*e)->place = place_upto(lexer, at);
	for (uint32_t i = !date; i < (date ? 1 : 5); i++) {
		if (table_text_parse(&kinds[i], (*e)->text, (*e)->bytes, (*e)->fixed) == 0) {
			(*e)->kind = kinds[i];
			free((*e)->text);
			(*e)->text = NULL;
			(*e)->bytes = 0;
			return 0;
		}
	}
	return expression_fail(&lexer->source, (*e)->place, error, -EINVAL,
			       date ? "a date is needed, such as date '1994-01-31'"
				    : "a time is needed, such as timestamp '1994-01-31 12:30:00'");
}

/* A type: up to the parenthesis that ends the cast. */
static int parse_kind(struct expression_lexer *lexer, struct table_kind *kind,
		      struct table_error *error)
{
	struct expression_place place = {lexer->place.at, 0};
	uint32_t end = place.at, open = 0;

	for (; end < lexer->source.bytes; end++) {
		char c = lexer->source.text[end];

		if ((c == ')' && open == 0) || c == '\n')
			break;
		open += c == '(';
		open -= c == ')';
	}
	while (end > place.at && lexer->source.text[end - 1] == ' ')
		end--;
	place.bytes = end - place.at;
	if (lexer_is_end(lexer) ||
	    table_kind_parse(lexer->source.text + place.at, place.bytes, kind) < 0)
		return expression_fail(&lexer->source, place, error, -EINVAL, KIND_WORDS);
	lexer->at = end;
	return lexer_next(lexer, error);
}

/* Behind `cast`. */
static int parse_cast(struct expression_lexer *lexer, uint32_t at, struct expression **e,
		      struct table_error *error)
{
	struct table_kind kind;
	int rc = lexer_expect_sign(lexer, "(", error);

	if (rc == 0)
		rc = parse_or(lexer, e, error);
	if (rc == 0)
		rc = lexer_expect_word(lexer, "as", error);
	if (rc == 0)
		rc = parse_kind(lexer, &kind, error);
	if (rc == 0)
		rc = lexer_expect_sign(lexer, ")", error);
	if (rc == 0)
		rc = wrap(lexer, EXPRESSION_CAST, at, e, error);
	if (rc == 0)
		(*e)->kind = kind;
	return rc;
}

static const struct {
	const char *name;
	enum expression_op op;
	uint32_t least, most; /* arguments */
} functions[] = {
    {"length", EXPRESSION_LENGTH, 1, 1},
    {"substr", EXPRESSION_SUBSTR, 2, 3},
    {"starts_with", EXPRESSION_STARTS_WITH, 2, 2},
    {"year", EXPRESSION_YEAR, 1, 1},
    {"month", EXPRESSION_MONTH, 1, 1},
    {"day", EXPRESSION_DAY, 1, 1},
};
#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

static int parse_arguments(struct expression_lexer *lexer, uint32_t f, struct expression **list,
			   uint32_t *count, struct table_error *error)
{
	int rc = lexer_expect_sign(lexer, "(", error);

	for (*count = 0; rc >= 0;) {
		if (*count == functions[f].most)
			return lexer_expect_sign(lexer, ")", error);
		rc = parse_or(lexer, &list[*count], error);
		*count += list[*count] != NULL;
		if (rc < 0)
			return rc;
		rc = lexer_accept_sign(lexer, ",", error);
		if (rc == 0 && *count >= functions[f].least)
			return lexer_expect_sign(lexer, ")", error);
		if (rc == 0)
			return lexer_unexpected(lexer, ",", error);
	}
	return rc;
}

static int parse_function(struct expression_lexer *lexer, struct expression **e,
			  struct table_error *error)
{
	struct expression *list[EXPRESSION_ARGUMENTS_MAX + 1] = {NULL};
	uint32_t at = lexer->place.at, f = 0, count = 0;
	bool cast = lexer_is_word(lexer, "cast");
	int rc;

	while (f < FUNCTIONS && !lexer_is_word(lexer, functions[f].name))
		f++;
	if (f == FUNCTIONS && !cast)
		return expression_fail(&lexer->source, lexer->place, error, -EINVAL,
				       "there is no function %.40s: there are cast, length, "
				       "substr, starts_with, year, month and day",
				       lexer->text);
	rc = lexer_next(lexer, error);
	if (rc < 0 || cast)
		return rc < 0 ? rc : parse_cast(lexer, at, e, error);
	rc = parse_arguments(lexer, f, list, &count, error);
	if (rc == 0)
		return node_make(lexer, functions[f].op, at, list, count, e, error);
	for (uint32_t i = 0; i < count; i++)
		expression_free(&list[i]);
	return rc;
}

static bool is_keyword(const struct expression_lexer *lexer)
{
	static const char *const words[] = {"and", "or",   "not",     "is",
					    "in",  "like", "between", "by"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (lexer_is_word(lexer, words[i]))
			return true;
	return false;
}

static int parse_value(struct expression_lexer *lexer, struct expression **e,
		       struct table_error *error)
{
	int rc;

	if (lexer->token == TOKEN_NUMBER)
		return parse_number(lexer, e, error);
	if (lexer->token == TOKEN_STRING)
		return parse_string(lexer, e, error);
	if (lexer_is_sign(lexer, "(")) {
		rc = lexer_next(lexer, error);
		if (rc == 0)
			rc = parse_or(lexer, e, error);
		return rc == 0 ? lexer_expect_sign(lexer, ")", error) : rc;
	}
	if (lexer->token != TOKEN_NAME || is_keyword(lexer))
		return lexer_unexpected(lexer, "a column, a number, a text or a function", error);
	if (!lexer->quoted && lexer_is_name_before(lexer, '('))
		return parse_function(lexer, e, error);
	if (lexer_is_name_before(lexer, '\'') &&
	    (lexer_is_word(lexer, "date") || lexer_is_word(lexer, "timestamp")))
		return parse_dated(lexer, e, error);
	if (lexer_is_word(lexer, "true") || lexer_is_word(lexer, "false") ||
	    lexer_is_word(lexer, "null"))
		return parse_word(lexer, e, error);
	return leaf(lexer, EXPRESSION_COLUMN, e, error);
}

/* A minus before digits is the number's. */
static int parse_negative(struct expression_lexer *lexer, uint32_t at, struct expression **e,
			  struct table_error *error)
{
	int rc = parse_number(lexer, e, error);
	char *text;

	if (rc < 0)
		return rc;
	text = malloc((*e)->bytes + 2u);
	if (text == NULL)
		return no_memory(error);
	text[0] = '-';
	memcpy(text + 1, (*e)->text, (*e)->bytes + 1u);
	free((*e)->text);
	(*e)->text = text;
	(*e)->bytes++;
	(*e)->place = place_upto(lexer, at);
	return 0;
}

static int level_enter(struct expression_lexer *lexer, struct table_error *error)
{
	if (lexer->level < MR_EXPRESSION_DEPTH_MAX) {
		lexer->level++;
		return 0;
	}
	return expression_fail(&lexer->source, lexer->place, error, -E2BIG,
			       "the expression is deeper than %u here", MR_EXPRESSION_DEPTH_MAX);
}

static int parse_signed(struct expression_lexer *lexer, struct expression **e,
			struct table_error *error)
{
	uint32_t at = lexer->place.at;
	int rc;

	if (!lexer_is_sign(lexer, "-"))
		return parse_value(lexer, e, error);
	rc = lexer_next(lexer, error);
	if (rc == 0 && lexer->token == TOKEN_NUMBER)
		return parse_negative(lexer, at, e, error);
	if (rc == 0)
		rc = level_enter(lexer, error);
	if (rc < 0)
		return rc;
	rc = parse_signed(lexer, e, error);
	lexer->level--;
	return rc < 0 ? rc : wrap(lexer, EXPRESSION_NEGATE, at, e, error);
}

/* ---- Operators between values ---- */

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
	int rc = parse_signed(lexer, e, error);

	while (rc == 0 && (infix = infix_find(lexer, infixes)) != NULL) {
		rc = lexer_next(lexer, error);
		if (rc == 0)
			rc = binary(lexer, infix->op, e, parse_signed, error);
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
			rc = binary(lexer, infix->op, e, parse_product, error);
	}
	return rc;
}

/* A second one like e, for what looks at a value twice. */
static int twin(struct expression_lexer *lexer, const struct expression *e,
		struct expression **copy, struct table_error *error)
{
	int rc = nodes_count(lexer, expression_nodes(e), error);

	if (rc < 0)
		return rc;
	*copy = expression_copy(e);
	return *copy == NULL ? no_memory(error) : 0;
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
	rc = binary(lexer, EXPRESSION_GREATER_EQUAL, &both[0], parse_sum, error);
	if (rc == 0)
		rc = lexer_expect_word(lexer, "and", error);
	if (rc == 0)
		rc = binary(lexer, EXPRESSION_LESS_EQUAL, &both[1], parse_sum, error);
	if (rc == 0)
		return node_make(lexer, EXPRESSION_AND, at, both, 2, e, error);
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
				rc = node_make(lexer, op, at, both, 2, &list[i / 2], error);
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
		return no_memory(error);
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
			rc = binary(lexer, EXPRESSION_EQUAL, &one, parse_sum, error);
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
	return binary(lexer, EXPRESSION_LIKE, e, parse_value, error);
}

static int parse_is(struct expression_lexer *lexer, struct expression **e,
		    struct table_error *error)
{
	uint32_t at = (*e)->place.at;
	int negated = lexer_accept_word(lexer, "not", error);
	int rc = negated < 0 ? negated : lexer_expect_word(lexer, "null", error);

	if (rc == 0)
		rc = wrap(lexer, EXPRESSION_IS_NULL, at, e, error);
	return rc == 0 && negated > 0 ? wrap(lexer, EXPRESSION_NOT, at, e, error) : rc;
}

/* [not] between, in, like; 1 when there is none of them. */
static int parse_worded(struct expression_lexer *lexer, struct expression **e,
			struct table_error *error)
{
	static const struct {
		const char *word;
		int (*parse)(struct expression_lexer *, struct expression **, struct table_error *);
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
		return rc == 0 && negated > 0 ? wrap(lexer, EXPRESSION_NOT, at, e, error) : rc;
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
			rc = binary(lexer, infix->op, e, parse_sum, error);
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
		rc = level_enter(lexer, error);
	if (rc < 0)
		return rc;
	rc = parse_not(lexer, e, error);
	lexer->level--;
	return rc < 0 ? rc : wrap(lexer, EXPRESSION_NOT, at, e, error);
}

/* parse, and word and parse again, as often as there is one. */
static int parse_chain(struct expression_lexer *lexer, const char *word, enum expression_op op,
		       int (*parse)(struct expression_lexer *, struct expression **,
				    struct table_error *),
		       struct expression **e, struct table_error *error)
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

static int parse_or(struct expression_lexer *lexer, struct expression **e,
		    struct table_error *error)
{
	int rc = level_enter(lexer, error);

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
	rc = parse_or(lexer, expression, error);
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
