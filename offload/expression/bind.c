/* Types of expressions: columns are found, literals get their kinds, casts are put in. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "expression_kinds.h"
#include "expression_tree.h"
#include "table_text.h"

struct binding {
	const struct table_schema *schema;
	const struct expression_source *source;
	struct table_error *error;
};

static int no_memory(struct binding *b)
{
	return table_fail(b->error, -ENOMEM, "no memory");
}

static const char *sign_of(enum expression_op op)
{
	static const char *const signs[EXPRESSION_OPS] = {
	    [EXPRESSION_ADD] = "+",         [EXPRESSION_SUBTRACT] = "-",
	    [EXPRESSION_MULTIPLY] = "*",    [EXPRESSION_DIVIDE] = "/",
	    [EXPRESSION_MODULO] = "%",      [EXPRESSION_NEGATE] = "-",
	    [EXPRESSION_EQUAL] = "=",       [EXPRESSION_NOT_EQUAL] = "!=",
	    [EXPRESSION_LESS] = "<",        [EXPRESSION_LESS_EQUAL] = "<=",
	    [EXPRESSION_GREATER] = ">",     [EXPRESSION_GREATER_EQUAL] = ">=",
	    [EXPRESSION_AND] = "and",       [EXPRESSION_OR] = "or",
	    [EXPRESSION_NOT] = "not",       [EXPRESSION_LENGTH] = "length",
	    [EXPRESSION_SUBSTR] = "substr", [EXPRESSION_LIKE] = "like",
	    [EXPRESSION_YEAR] = "year",     [EXPRESSION_MONTH] = "month",
	    [EXPRESSION_DAY] = "day",       [EXPRESSION_STARTS_WITH] = "starts_with",
	};

	return signs[op] != NULL ? signs[op] : "cast";
}

/* A literal without anything beside it. */
static int settle(struct binding *b, struct expression *e)
{
	struct table_kind kind;

	if (!e->loose)
		return 0;
	if (!expression_literal_kind(e, &kind))
		return expression_fail(b->source, e->place, b->error, -EINVAL,
				       "nothing says the type of this null: write cast(null as "
				       "int64), or the type it is to have");
	if (expression_literal_take(e, &kind) < 0)
		return expression_fail(b->source, e->place, b->error, -EINVAL,
				       "%.40s does not fit into a type", e->text);
	return 0;
}

/* Literals of two operands: each takes the other's kind, if that holds it. */
static int settle_both(struct binding *b, struct expression *e)
{
	bool product = e->op == EXPRESSION_MULTIPLY;

	for (uint32_t i = 0; i < 2; i++) {
		struct expression *one = e->arguments[i], *other = e->arguments[1 - i];
		struct table_kind kind = expression_kind_wide(&other->kind);
		int rc = 0;

		if (!one->loose || other->loose)
			continue;
		/* The digits of a product's literal are the scale it brings along. */
		if (product && kind.type == TABLE_DECIMAL128 && !one->null &&
		    one->kind.type == TABLE_DECIMAL128)
			rc = -EINVAL;
		if (rc < 0 || expression_literal_take(one, &kind) < 0)
			rc = settle(b, one);
		if (rc < 0)
			return rc;
	}
	if (e->arguments[0]->loose && e->arguments[1]->loose && e->arguments[0]->null) {
		int rc = settle(b, e->arguments[1]);

		return rc < 0 ? rc : settle_both(b, e);
	}
	for (uint32_t i = 0; i < 2; i++) {
		int rc = settle(b, e->arguments[i]);

		if (rc < 0)
			return rc;
		if (i == 0 && e->arguments[1]->loose && e->arguments[1]->null)
			return settle_both(b, e);
	}
	return 0;
}

/* Puts what nobody wrote around an argument. */
static int around(struct binding *b, enum expression_op op, struct expression **argument,
		  const struct table_kind *kind)
{
	struct expression *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return no_memory(b);
	*e = (struct expression){.op = op,
				 .count = 1,
				 .arguments = {*argument},
				 .kind = *kind,
				 .place = (*argument)->place,
				 .implicit = true};
	*argument = e;
	return 0;
}

static int convert(struct binding *b, struct expression **argument, const struct table_kind *kind)
{
	return table_kind_equal(&(*argument)->kind, kind)
		   ? 0
		   : around(b, EXPRESSION_CAST, argument, kind);
}

/* "+ does not take utf8 and int64" */
static int kinds_refused(struct binding *b, const struct expression *e, const char *advice)
{
	char left[TABLE_KIND_BYTES_MAX], right[TABLE_KIND_BYTES_MAX];

	table_kind_format(&e->arguments[0]->kind, left);
	if (e->count == 1)
		return expression_fail(b->source, e->place, b->error, -EINVAL,
				       "%s does not take %s%s", sign_of(e->op), left, advice);
	table_kind_format(&e->arguments[1]->kind, right);
	return expression_fail(b->source, e->place, b->error, -EINVAL,
			       "%s does not take %s and %s%s", sign_of(e->op), left, right, advice);
}

static int bind_arithmetic(struct binding *b, struct expression *e)
{
	struct table_kind operands[2];
	int rc = settle_both(b, e);

	if (rc < 0)
		return rc;
	if (!expression_kind_arithmetic(e->op, &e->arguments[0]->kind, &e->arguments[1]->kind,
					operands, &e->kind))
		return kinds_refused(b, e, "");
	if (expression_kind_quotient(e->op, &e->arguments[0]->kind, &e->arguments[1]->kind))
		rc = around(b, EXPRESSION_NONZERO, &e->arguments[1], &e->arguments[1]->kind);
	if (rc == 0)
		rc = convert(b, &e->arguments[0], &operands[0]);
	return rc < 0 ? rc : convert(b, &e->arguments[1], &operands[1]);
}

static int bind_comparison(struct binding *b, struct expression *e)
{
	struct table_kind kind;
	int rc = settle_both(b, e);

	if (rc < 0)
		return rc;
	if (!expression_kind_comparison(&e->arguments[0]->kind, &e->arguments[1]->kind, &kind))
		return kinds_refused(b, e, ": cast one of them");
	e->kind = (struct table_kind){.type = TABLE_BOOL};
	rc = convert(b, &e->arguments[0], &kind);
	return rc < 0 ? rc : convert(b, &e->arguments[1], &kind);
}

static int bind_boolean(struct binding *b, struct expression *e)
{
	e->kind = (struct table_kind){.type = TABLE_BOOL};
	for (uint32_t i = 0; i < e->count; i++) {
		int rc = 0;

		if (e->op == EXPRESSION_IS_NULL && !e->arguments[i]->null)
			rc = settle(b, e->arguments[i]);
		else if (e->arguments[i]->loose &&
			 expression_literal_take(e->arguments[i], &e->kind) < 0)
			rc = settle(b, e->arguments[i]);
		if (rc < 0)
			return rc;
		if (e->op != EXPRESSION_IS_NULL && e->arguments[i]->kind.type != TABLE_BOOL)
			return expression_fail(b->source, e->arguments[i]->place, b->error, -EINVAL,
					       "%s takes what is true or false: write a comparison",
					       sign_of(e->op));
	}
	return 0;
}

static int bind_negate(struct binding *b, struct expression *e)
{
	int rc = settle(b, e->arguments[0]);

	if (rc < 0)
		return rc;
	if (!expression_kind_signed(&e->arguments[0]->kind, &e->kind))
		return kinds_refused(b, e, "");
	return convert(b, &e->arguments[0], &e->kind);
}

/* A cast of a literal that the type holds is that literal. */
static int bind_cast(struct binding *b, struct expression *e)
{
	struct expression *argument = e->arguments[0];
	char from[TABLE_KIND_BYTES_MAX], to[TABLE_KIND_BYTES_MAX];
	int rc;

	if (argument->loose && expression_literal_take(argument, &e->kind) == 0) {
		struct expression_place place = e->place;

		*e = *argument;
		e->place = place;
		free(argument);
		return 0;
	}
	rc = settle(b, argument);
	if (rc < 0 || expression_kind_castable(&argument->kind, &e->kind))
		return rc;
	table_kind_format(&argument->kind, from);
	table_kind_format(&e->kind, to);
	return expression_fail(b->source, e->place, b->error, -EINVAL, "%s cannot become %s", from,
			       to);
}

/* length, substr, like, starts_with: of text. */
static int bind_text(struct binding *b, struct expression *e)
{
	const struct table_kind integer = {.type = TABLE_INT64};
	struct table_kind *kind = &e->arguments[0]->kind;
	int rc = settle(b, e->arguments[0]);

	if (rc == 0 && !table_type_is_text(kind->type))
		return expression_fail(b->source, e->arguments[0]->place, b->error, -EINVAL,
				       "%s takes text", sign_of(e->op));
	for (uint32_t i = 1; i < e->count && rc == 0; i++) {
		bool number = e->op == EXPRESSION_SUBSTR;
		struct expression *other = e->arguments[i];

		if (other->loose && expression_literal_take(other, number ? &integer : kind) < 0)
			rc = settle(b, other);
		if (rc == 0 && (number ? !table_type_is_integer(other->kind.type)
				       : !table_kind_equal(&other->kind, kind)))
			return expression_fail(b->source, other->place, b->error, -EINVAL,
					       number ? "substr takes an integer here"
						      : "%s takes text of one type",
					       sign_of(e->op));
		if (rc == 0 && number)
			rc = convert(b, &e->arguments[i], &integer);
	}
	e->kind =
	    (struct table_kind){.type = e->op == EXPRESSION_LENGTH ? TABLE_INT32 : TABLE_BOOL};
	if (e->op == EXPRESSION_SUBSTR)
		e->kind = e->arguments[0]->kind;
	return rc;
}

static int bind_date(struct binding *b, struct expression *e)
{
	enum table_type type = e->arguments[0]->kind.type;
	int rc = settle(b, e->arguments[0]);

	e->kind = (struct table_kind){.type = TABLE_INT32};
	if (rc < 0 || type == TABLE_DATE32 || type == TABLE_TIMESTAMP)
		return rc;
	return kinds_refused(b, e, ": cast it to date32");
}

/* Arguments are bound. */
static int bind_node(struct binding *b, struct expression *e)
{
	switch (e->op) {
	case EXPRESSION_LITERAL:
		return 0;
	case EXPRESSION_COLUMN:
		if (expression_column(b->schema, b->source, e->place, e->text, e->bytes, &e->column,
				      b->error) < 0)
			return -EINVAL;
		e->kind = b->schema->fields[e->column].kind;
		free(e->text);
		e->text = NULL;
		e->bytes = 0;
		return 0;
	case EXPRESSION_AND:
	case EXPRESSION_OR:
	case EXPRESSION_NOT:
	case EXPRESSION_IS_NULL:
		return bind_boolean(b, e);
	case EXPRESSION_NEGATE:
		return bind_negate(b, e);
	case EXPRESSION_CAST:
		return bind_cast(b, e);
	case EXPRESSION_LENGTH:
	case EXPRESSION_SUBSTR:
	case EXPRESSION_LIKE:
	case EXPRESSION_STARTS_WITH:
		return bind_text(b, e);
	case EXPRESSION_YEAR:
	case EXPRESSION_MONTH:
	case EXPRESSION_DAY:
		return bind_date(b, e);
	default:
		return e->op <= EXPRESSION_MODULO ? bind_arithmetic(b, e) : bind_comparison(b, e);
	}
}

static int bind_tree(struct binding *b, struct expression *e)
{
	for (uint32_t i = 0; i < e->count; i++) {
		int rc = bind_tree(b, e->arguments[i]);

		if (rc < 0)
			return rc;
	}
	return bind_node(b, e);
}

int expression_bind(const struct expression *parsed, const struct table_schema *schema,
		    const struct expression_source *source, struct expression **bound,
		    struct table_error *error)
{
	struct binding b = {schema, source, error};
	int rc;

	*bound = expression_copy(parsed);
	if (*bound == NULL)
		return no_memory(&b);
	rc = bind_tree(&b, *bound);
	if (rc == 0)
		rc = settle(&b, *bound);
	if (rc < 0)
		expression_free(bound);
	return rc;
}
