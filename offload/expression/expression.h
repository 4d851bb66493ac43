/*
 * Expressions over the columns of a table: parsed from text, typed against a schema, printed.
 *
 *   price * (1 - discount) > 3.5 and not (city like 'Z%' or day is null)
 *
 * A bound tree is as simple as can be evaluated: both operands of arithmetic (but of decimals that
 * are multiplied) and comparison have one kind, casts stand where one is changed, `between` and
 * `in` are comparisons. docs/operators.md has the rules of types, nulls and overflow. Pure.
 */
#ifndef EXPRESSION_H
#define EXPRESSION_H

#include "table.h"
#include "table_stream.h"

enum expression_op {
	EXPRESSION_LITERAL,
	EXPRESSION_COLUMN,
	EXPRESSION_ADD,
	EXPRESSION_SUBTRACT,
	EXPRESSION_MULTIPLY,
	EXPRESSION_DIVIDE,
	EXPRESSION_MODULO,
	EXPRESSION_NEGATE,
	EXPRESSION_EQUAL,
	EXPRESSION_NOT_EQUAL,
	EXPRESSION_LESS,
	EXPRESSION_LESS_EQUAL,
	EXPRESSION_GREATER,
	EXPRESSION_GREATER_EQUAL,
	EXPRESSION_AND,
	EXPRESSION_OR,
	EXPRESSION_NOT,
	EXPRESSION_IS_NULL,
	EXPRESSION_CAST,
	EXPRESSION_LENGTH, /* int32: characters of utf8, bytes of binary */
	EXPRESSION_SUBSTR, /* (text, first from 1, count): as far as there are any */
	EXPRESSION_LIKE,   /* (text, literal): % any characters, _ one, \ takes the next as is */
	EXPRESSION_STARTS_WITH, /* (text, text) */
	EXPRESSION_YEAR,        /* int32: of date32, and of timestamps in UTC */
	EXPRESSION_MONTH,
	EXPRESSION_DAY,
	EXPRESSION_NONZERO, /* of a decimal: null where it is 0; put before what is divided by */
	EXPRESSION_OPS,
};

/* Where in the text something stands. */
struct expression_place {
	uint32_t at;
	uint32_t bytes;
};

#define EXPRESSION_ARGUMENTS_MAX 3

struct expression {
	enum expression_op op;
	uint32_t count; /* arguments */
	struct expression *arguments[EXPRESSION_ARGUMENTS_MAX];
	struct table_kind kind; /* of its value, once bound; of a cast from the start */
	struct expression_place place;
	uint32_t column; /* COLUMN, once bound */
	/* LITERAL: null, or fixed, or bytes of utf8 and binary; as text (or the column's name)
	 * until it is bound, unless it has a kind from the start. */
	bool null;
	bool loose;    /* its kind follows what stands beside it */
	bool implicit; /* nobody wrote it: a cast, or NONZERO */
	_Alignas(16) uint8_t fixed[16];
	char *text; /* owned */
	uint32_t bytes;
};

/* The text that expressions and steps are of, for errors that show the place. */
struct expression_source {
	const char *name; /* of a file, or NULL */
	const char *text;
	size_t bytes;
};

/* "line 1, column 8: what", and the line with a mark below it. Returns rc. */
int expression_fail(const struct expression_source *source, struct expression_place place,
		    struct table_error *error, int rc, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

struct expression_lexer;
/* Reads one, as far as it goes. 0 or -errno with error; the caller frees it. */
int expression_parse(struct expression_lexer *lexer, struct expression **expression,
		     struct table_error *error);
/* A text that is one expression and nothing more. */
int expression_parse_text(const struct expression_source *source, struct expression **expression,
			  struct table_error *error);

/* A typed copy of what was parsed, which the caller frees. 0 or -errno with error. */
int expression_bind(const struct expression *parsed, const struct table_schema *schema,
		    const struct expression_source *source, struct expression **bound,
		    struct table_error *error);
/* Finds a column by its name, of bytes bytes; what is like it is suggested. 0 or -EINVAL. */
int expression_column(const struct table_schema *schema, const struct expression_source *source,
		      struct expression_place place, const char *name, size_t bytes,
		      uint32_t *column, struct table_error *error);

/* NULL: no memory. */
struct expression *expression_copy(const struct expression *expression);
/* Nulls *expression, which may be NULL. */
void expression_free(struct expression **expression);
bool expression_equal(const struct expression *a, const struct expression *b);
/* As text that is parsed to the same again, cut at bytes - 1, and terminated. Bound ones need the
 * schema for names of columns; NULL for those that are not. Returns the bytes it would have. */
size_t expression_print(const struct expression *expression, const struct table_schema *schema,
			char *text, size_t bytes);

#endif
