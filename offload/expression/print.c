/* Expressions as text, for errors and tests: every operation within parentheses. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "expression.h"
#include "table_text.h"

struct print {
	const struct table_schema *schema;
	char *text;
	size_t room;
	size_t used;
};

static void put(struct print *p, const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++, p->used++)
		if (p->used + 1 < p->room)
			p->text[p->used] = text[i];
}

static void puts_all(struct print *p, const char *text)
{
	put(p, text, strlen(text));
}

static void put_quoted(struct print *p, char quote, const char *text, size_t bytes)
{
	put(p, &quote, 1);
	for (size_t i = 0; i < bytes; i++) {
		if (text[i] == quote)
			put(p, &quote, 1);
		put(p, &text[i], 1);
	}
	put(p, &quote, 1);
}

static void put_name(struct print *p, const char *name)
{
	static const char *const words[] = {"and", "or", "not",  "is",    "in",   "like",
					    "by",  "as", "true", "false", "null", "between"};
	bool plain = name[0] != '\0' && !(name[0] >= '0' && name[0] <= '9');

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		plain &= strcasecmp(name, words[i]) != 0;
	for (const char *c = name; *c != '\0'; c++)
		plain &= (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_' ||
			 (*c >= '0' && *c <= '9');
	if (plain)
		puts_all(p, name);
	else
		put_quoted(p, '"', name, strlen(name));
}

static void put_literal(struct print *p, const struct expression *e)
{
	char text[TABLE_TEXT_BYTES_MAX];
	size_t bytes;

	if (e->null) {
		puts_all(p, "null");
	} else if (e->text != NULL && e->loose && e->kind.type == TABLE_DECIMAL128) {
		put(p, e->text, e->bytes);
	} else if (e->text != NULL) {
		put_quoted(p, '\'', e->text, e->bytes);
	} else {
		bytes = table_text_format(&e->kind, e->fixed, text);
		if (e->kind.type != TABLE_DATE32 && e->kind.type != TABLE_TIMESTAMP) {
			put(p, text, bytes);
			return;
		}
		puts_all(p, e->kind.type == TABLE_DATE32 ? "date " : "timestamp ");
		put_quoted(p, '\'', text, bytes);
	}
}

static void put_tree(struct print *p, const struct expression *e);

static void put_call(struct print *p, const char *name, const struct expression *e)
{
	puts_all(p, name);
	puts_all(p, "(");
	for (uint32_t i = 0; i < e->count; i++) {
		puts_all(p, i > 0 ? ", " : "");
		put_tree(p, e->arguments[i]);
	}
	puts_all(p, ")");
}

static void put_cast(struct print *p, const struct expression *e)
{
	char kind[TABLE_KIND_BYTES_MAX];

	table_kind_format(&e->kind, kind);
	puts_all(p, "cast(");
	put_tree(p, e->arguments[0]);
	puts_all(p, " as ");
	puts_all(p, kind);
	puts_all(p, ")");
}

static void put_around(struct print *p, const char *before, const struct expression *e,
		       const char *between)
{
	puts_all(p, "(");
	puts_all(p, before);
	put_tree(p, e->arguments[0]);
	puts_all(p, between);
	if (e->count > 1)
		put_tree(p, e->arguments[1]);
	puts_all(p, ")");
}

static void put_tree(struct print *p, const struct expression *e)
{
	static const struct {
		const char *call, *before, *between;
	} forms[EXPRESSION_OPS] = {
	    [EXPRESSION_ADD] = {NULL, "", " + "},
	    [EXPRESSION_SUBTRACT] = {NULL, "", " - "},
	    [EXPRESSION_MULTIPLY] = {NULL, "", " * "},
	    [EXPRESSION_DIVIDE] = {NULL, "", " / "},
	    [EXPRESSION_MODULO] = {NULL, "", " % "},
	    [EXPRESSION_NEGATE] = {NULL, "- ", ""},
	    [EXPRESSION_EQUAL] = {NULL, "", " = "},
	    [EXPRESSION_NOT_EQUAL] = {NULL, "", " != "},
	    [EXPRESSION_LESS] = {NULL, "", " < "},
	    [EXPRESSION_LESS_EQUAL] = {NULL, "", " <= "},
	    [EXPRESSION_GREATER] = {NULL, "", " > "},
	    [EXPRESSION_GREATER_EQUAL] = {NULL, "", " >= "},
	    [EXPRESSION_AND] = {NULL, "", " and "},
	    [EXPRESSION_OR] = {NULL, "", " or "},
	    [EXPRESSION_NOT] = {NULL, "not ", ""},
	    [EXPRESSION_IS_NULL] = {NULL, "", " is null"},
	    [EXPRESSION_LIKE] = {NULL, "", " like "},
	    [EXPRESSION_LENGTH] = {"length", NULL, NULL},
	    [EXPRESSION_SUBSTR] = {"substr", NULL, NULL},
	    [EXPRESSION_STARTS_WITH] = {"starts_with", NULL, NULL},
	    [EXPRESSION_YEAR] = {"year", NULL, NULL},
	    [EXPRESSION_MONTH] = {"month", NULL, NULL},
	    [EXPRESSION_DAY] = {"day", NULL, NULL},
	};

	if (e->implicit)
		put_tree(p, e->arguments[0]);
	else if (e->op == EXPRESSION_LITERAL)
		put_literal(p, e);
	else if (e->op == EXPRESSION_COLUMN)
		put_name(p, e->text != NULL ? e->text : p->schema->fields[e->column].name);
	else if (e->op == EXPRESSION_CAST)
		put_cast(p, e);
	else if (forms[e->op].call != NULL)
		put_call(p, forms[e->op].call, e);
	else if (e->op == EXPRESSION_NEGATE && e->arguments[0]->op == EXPRESSION_LITERAL)
		put_around(p, "- (", e, ")"); /* or the minus would be the number's */
	else
		put_around(p, forms[e->op].before, e, forms[e->op].between);
}

size_t expression_print(const struct expression *expression, const struct table_schema *schema,
			char *text, size_t bytes)
{
	struct print p = {schema, text, bytes, 0};

	put_tree(&p, expression);
	if (bytes > 0)
		text[p.used < bytes ? p.used : bytes - 1] = '\0';
	return p.used;
}
