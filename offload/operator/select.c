/* `select`: its text and its types. */
#include "operator_select.h"

#include <errno.h>

struct detail {
	struct expression *predicate;
};

static int select_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;

	return expression_parse(lexer, &d->predicate, error);
}

static void select_free(void *detail)
{
	struct detail *d = detail;

	expression_free(&d->predicate);
}

static int select_bind(const struct operator_spec *spec, const struct table_schema *input,
		       const struct operator_table *tables, struct operator_bound *bound,
		       struct table_error *error)
{
	const struct detail *d = spec->detail;
	struct operator_select *select = bound->detail;
	int rc = expression_bind(d->predicate, input, spec->source, &select->predicate, error);

	if (rc < 0)
		return rc;
	if (select->predicate->kind.type != TABLE_BOOL)
		return expression_fail(spec->source, d->predicate->place, error, -EINVAL,
				       "select takes what is true or false: write a comparison");
	return table_schema_copy(&bound->schema, input) < 0
		   ? table_fail(error, -ENOMEM, "no memory")
		   : 0;
}

static void select_unbind(void *detail)
{
	struct operator_select *select = detail;

	expression_free(&select->predicate);
}

const struct operator_kind operator_select_kind = {
    .id = OPERATOR_SELECT,
    .name = "select",
    .example = "select price > 3 and city != 'Basel'",
    .detail_bytes = sizeof(struct detail),
    .parse = select_parse,
    .free = select_free,
    .bound_bytes = sizeof(struct operator_select),
    .bind = select_bind,
    .unbind = select_unbind,
};
