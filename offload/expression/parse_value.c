/* Values from text: columns, literals, casts, functions, and signs before them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "expression_parser.h"
#include "table_text.h"

#define KIND_WORDS "a type is needed here, such as int64, float64, decimal128(18, 2), date32, utf8"

/* A literal or a column that has the token's text; goes on behind it. */
static int leaf(struct expression_lexer *lexer, enum expression_op op, struct expression **e,
		struct table_error *error)
{
	int rc = parser_make(lexer, op, lexer->place.at, NULL, 0, e, error);

	if (rc < 0)
		return rc;
	(*e)->place = lexer->place;
	(*e)->text = strdup(lexer->text);
	(*e)->bytes = lexer->bytes;
	if ((*e)->text == NULL)
		return table_fail(error, -ENOMEM, "no memory");
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
	(*e)->place = parser_place(lexer, at);
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
		rc = parser_or(lexer, e, error);
	if (rc == 0)
		rc = lexer_expect_word(lexer, "as", error);
	if (rc == 0)
		rc = parse_kind(lexer, &kind, error);
	if (rc == 0)
		rc = lexer_expect_sign(lexer, ")", error);
	if (rc == 0)
		rc = parser_wrap(lexer, EXPRESSION_CAST, at, e, error);
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
		rc = parser_or(lexer, &list[*count], error);
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
		return parser_make(lexer, functions[f].op, at, list, count, e, error);
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

int parser_value(struct expression_lexer *lexer, struct expression **e, struct table_error *error)
{
	int rc;

	if (lexer->token == TOKEN_NUMBER)
		return parse_number(lexer, e, error);
	if (lexer->token == TOKEN_STRING)
		return parse_string(lexer, e, error);
	if (lexer_is_sign(lexer, "(")) {
		rc = lexer_next(lexer, error);
		if (rc == 0)
			rc = parser_or(lexer, e, error);
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
		return table_fail(error, -ENOMEM, "no memory");
	text[0] = '-';
	memcpy(text + 1, (*e)->text, (*e)->bytes + 1u);
	free((*e)->text);
	(*e)->text = text;
	(*e)->bytes++;
	(*e)->place = parser_place(lexer, at);
	return 0;
}

int parser_signed(struct expression_lexer *lexer, struct expression **e, struct table_error *error)
{
	uint32_t at = lexer->place.at;
	int rc;

	if (!lexer_is_sign(lexer, "-"))
		return parser_value(lexer, e, error);
	rc = lexer_next(lexer, error);
	if (rc == 0 && lexer->token == TOKEN_NUMBER)
		return parse_negative(lexer, at, e, error);
	if (rc == 0)
		rc = parser_level_enter(lexer, error);
	if (rc < 0)
		return rc;
	rc = parser_signed(lexer, e, error);
	lexer->level--;
	return rc < 0 ? rc : parser_wrap(lexer, EXPRESSION_NEGATE, at, e, error);
}
