/* An expression's value in one row. */
#include <errno.h>
#include <string.h>

#include "reference_parts.h"
#include "table_text.h"

#define SHOWN_BYTES 200 /* of an expression in an error */

struct evaluation {
	const struct table_batch *batch;
	uint64_t row;
	struct reference_scratch *scratch;
	struct table_error *error;
};

static int overflow(const struct evaluation *v, const struct expression *e, int rc)
{
	char text[SHOWN_BYTES], kind[TABLE_KIND_BYTES_MAX];

	if (rc == -ENOMEM)
		return table_fail(v->error, rc, "no memory");
	if (e->op != EXPRESSION_CAST) {
		expression_print(e, v->batch->schema, text, sizeof(text));
		return table_fail(v->error, rc, "overflow in %s", text);
	}
	expression_print(e->arguments[0], v->batch->schema, text, sizeof(text));
	table_kind_format(&e->kind, kind);
	return table_fail(v->error, rc, rc == -EINVAL ? "%s is no %s" : "%s does not fit into %s",
			  text, kind);
}

/* SQL's three values: what is known decides, whatever the other is. */
static void kleene(enum expression_op op, const struct reference_value *a,
		   const struct reference_value *b, struct reference_value *out)
{
	bool decides = op == EXPRESSION_OR;
	bool decided = (!a->null && a->integer == decides) || (!b->null && b->integer == decides);

	out->null = !decided && (a->null || b->null);
	out->integer = decided ? decides : !decides;
}

static bool compared(enum expression_op op, int order)
{
	switch (op) {
	case EXPRESSION_EQUAL:
		return order == 0;
	case EXPRESSION_NOT_EQUAL:
		return order != 0;
	case EXPRESSION_LESS:
		return order < 0;
	case EXPRESSION_LESS_EQUAL:
		return order <= 0;
	case EXPRESSION_GREATER:
		return order > 0;
	default:
		return order >= 0;
	}
}

static int date_part(enum expression_op op, const struct table_kind *kind,
		     const struct reference_value *in, struct reference_value *out)
{
	struct reference_date date = reference_date_of(reference_days(kind, in->integer));

	out->integer = op == EXPRESSION_YEAR    ? date.year
		       : op == EXPRESSION_MONTH ? date.month
						: date.day;
	return out->integer != (int32_t)out->integer ? -ERANGE : 0;
}

/* Operations whose result is null when an argument is, and none here is. */
static int strict(const struct expression *e, const struct reference_value *in,
		  struct reference_value *out)
{
	const struct table_kind *kind = &e->arguments[0]->kind;

	switch (e->op) {
	case EXPRESSION_NOT:
		out->integer = !in[0].integer;
		return 0;
	case EXPRESSION_NEGATE:
		return reference_negate(kind, &in[0], out);
	case EXPRESSION_LENGTH:
		out->integer = reference_length(kind->type, &in[0]);
		return 0;
	case EXPRESSION_SUBSTR:
		reference_substr(kind->type, &in[0], in[1].integer,
				 e->count > 2 ? in[2].integer : INT64_MAX, out);
		return 0;
	case EXPRESSION_LIKE:
		out->integer = reference_like(kind->type, &in[0], &in[1]);
		return 0;
	case EXPRESSION_STARTS_WITH:
		out->integer =
		    in[0].count >= in[1].count &&
		    (in[1].count == 0 || memcmp(in[0].bytes, in[1].bytes, in[1].count) == 0);
		return 0;
	case EXPRESSION_NONZERO:
		*out = in[0];
		out->null =
		    kind->type == TABLE_DECIMAL128 ? in[0].decimal == 0 : in[0].natural == 0;
		return 0;
	case EXPRESSION_YEAR:
	case EXPRESSION_MONTH:
	case EXPRESSION_DAY:
		return date_part(e->op, kind, &in[0], out);
	default:
		if (e->op <= EXPRESSION_MODULO)
			return reference_arithmetic(e->op, &e->kind, &in[0], &in[1], out);
		out->integer = compared(e->op, reference_compare(kind, &in[0], &in[1]));
		return 0;
	}
}

int reference_apply(const struct expression *e, const struct reference_value *in,
		    struct reference_scratch *scratch, struct reference_value *out)
{
	bool null = false;

	for (uint32_t i = 0; i < e->count; i++)
		null |= in[i].null;
	*out = (struct reference_value){.null = null};
	switch (e->op) {
	case EXPRESSION_IS_NULL:
		*out = (struct reference_value){.integer = in[0].null};
		return 0;
	case EXPRESSION_AND:
	case EXPRESSION_OR:
		kleene(e->op, &in[0], &in[1], out);
		return 0;
	case EXPRESSION_CAST:
		return reference_cast(&e->arguments[0]->kind, &e->kind, &in[0], scratch, out);
	default:
		return null ? 0 : strict(e, in, out);
	}
}

static int evaluate(const struct evaluation *v, const struct expression *e,
		    struct reference_value *out)
{
	struct reference_value in[EXPRESSION_ARGUMENTS_MAX];
	int rc;

	if (e->op == EXPRESSION_LITERAL) {
		reference_literal_get(e, out);
		return 0;
	}
	if (e->op == EXPRESSION_COLUMN) {
		reference_value_get(&v->batch->schema->fields[e->column],
				    &v->batch->columns[e->column], v->row, out);
		return 0;
	}
	/* All arguments, whatever the first are: an error does not hang on the order. */
	for (uint32_t i = 0; i < e->count; i++) {
		rc = evaluate(v, e->arguments[i], &in[i]);
		if (rc < 0)
			return rc;
	}
	rc = reference_apply(e, in, v->scratch, out);
	return rc < 0 ? overflow(v, e, rc) : 0;
}

int reference_evaluate(const struct expression *expression, const struct table_batch *batch,
		       uint64_t row, struct reference_scratch *scratch,
		       struct reference_value *value, struct table_error *error)
{
	const struct evaluation v = {batch, row, scratch, error};

	return evaluate(&v, expression, value);
}
