/* `project`: its text and its types. */
#include "operator_project.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* NAME = EXPRESSION, COLUMN, or * without an expression. */
struct item {
	char *name; // NULL: the column's
	struct expression *expression;
	struct expression_place place;
};

struct detail {
	struct item *items;
	uint32_t count;
};

static int item_parse(struct expression_lexer *lexer, struct item *item, struct table_error *error)
{
	int rc;

	item->place = lexer->place;
	rc = lexer_accept_sign(lexer, "*", error);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (lexer_is_name_before(lexer, '=')) {
		rc = lexer_expect_name(lexer, "a name", &item->name, &item->place, error);
		if (rc == 0)
			rc = lexer_expect_sign(lexer, "=", error);
	}
	if (rc == 0)
		rc = expression_parse(lexer, &item->expression, error);
	if (rc == 0 && item->name == NULL && item->expression->op != EXPRESSION_COLUMN)
		rc = expression_fail(&lexer->source, item->place, error, -EINVAL,
				     "what is computed needs a name: NAME = ...");
	return rc;
}

static int project_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;
	int rc = 1;

	while (rc > 0) {
		struct item *items = realloc(d->items, (d->count + 1u) * sizeof(*items));

		if (items == NULL)
			return table_fail(error, -ENOMEM, "no memory");
		d->items = items;
		items[d->count] = (struct item){0};
		rc = item_parse(lexer, &items[d->count++], error);
		if (rc == 0)
			rc = lexer_accept_sign(lexer, ",", error);
	}
	return rc;
}

static void project_free(void *detail)
{
	struct detail *d = detail;

	for (uint32_t i = 0; i < d->count; i++) {
		free(d->items[i].name);
		expression_free(&d->items[i].expression);
	}
	free(d->items);
}

/* Adds a column, whose expression it takes whatever happens. */
static int column_add(struct operator_bound *bound, const struct table_schema *input,
		      const char *name, struct expression *expression)
{
	struct operator_project *project = bound->detail;
	struct expression **expressions = project->expressions;
	uint32_t count = project->count;
	struct table_field *field;
	int rc = 0;

	if ((count & (count - 1)) == 0) {
		expressions = realloc(expressions,
				      (count > 0 ? 2u * count : 1) * sizeof(struct expression *));
		if (expressions != NULL)
			project->expressions = expressions;
	}
	if (expressions == NULL)
		rc = -ENOMEM;
	if (rc == 0)
		rc = table_schema_add(&bound->schema, name, strlen(name), &expression->kind);
	if (rc < 0) {
		expression_free(&expression);
		return rc;
	}
	project->expressions[project->count++] = expression;
	field = &bound->schema.fields[count];
	if (expression->op == EXPRESSION_COLUMN) { /* also its dictionary stays */
		char *kept = field->name;

		*field = input->fields[expression->column];
		field->name = kept;
	}
	return 0;
}

static int star_bind(struct operator_bound *bound, const struct table_schema *input)
{
	int rc = 0;

	for (uint32_t i = 0; i < input->count && rc == 0; i++) {
		struct expression *column = calloc(1, sizeof(*column));

		if (column == NULL)
			return -ENOMEM;
		column->op = EXPRESSION_COLUMN;
		column->column = i;
		column->kind = input->fields[i].kind;
		rc = column_add(bound, input, input->fields[i].name, column);
	}
	return rc;
}

static int item_bind(const struct item *item, const struct table_schema *input,
		     struct operator_bound *bound, struct table_error *error)
{
	struct expression *expression;
	int rc;

	if (item->expression == NULL) {
		rc = star_bind(bound, input);
	} else {
		rc = expression_bind(item->expression, input, bound->spec->source, &expression,
				     error);
		if (rc < 0)
			return rc;
		rc = column_add(bound, input,
				item->name != NULL ? item->name : item->expression->text,
				expression);
	}
	if (rc == -E2BIG)
		return expression_fail(bound->spec->source, item->place, error, rc,
				       "more than %u columns", MR_TABLE_COLUMNS_MAX);
	return rc < 0 ? table_fail(error, rc, "no memory") : 0;
}

static int project_bind(const struct operator_spec *spec, const struct table_schema *input,
			const struct operator_table *tables, struct operator_bound *bound,
			struct table_error *error)
{
	const struct detail *d = spec->detail;
	int rc = 0;

	for (uint32_t i = 0; i < d->count && rc == 0; i++)
		rc = item_bind(&d->items[i], input, bound, error);
	return rc;
}

static void project_unbind(void *detail)
{
	struct operator_project *project = detail;

	for (uint32_t i = 0; i < project->count; i++)
		expression_free(&project->expressions[i]);
	free(project->expressions);
}

const struct operator_kind operator_project_kind = {
    .id = OPERATOR_PROJECT,
    .name = "project",
    .example = "project city, revenue = price * (1 - discount), *",
    .detail_bytes = sizeof(struct detail),
    .parse = project_parse,
    .free = project_free,
    .bound_bytes = sizeof(struct operator_project),
    .bind = project_bind,
    .unbind = project_unbind,
};

int operator_project_make(const struct operator_spec *spec, const struct table_schema *input,
			  struct expression **expressions, const char *const *names, uint32_t count,
			  struct operator_bound **bound)
{
	struct operator_bound *b = calloc(1, sizeof(*b));
	int rc = 0;

	*bound = b;
	if (b != NULL) {
		b->kind = &operator_project_kind;
		b->spec = spec;
		b->detail = calloc(1, sizeof(struct operator_project));
	}
	for (uint32_t i = 0; i < count; i++) {
		if (b == NULL || b->detail == NULL)
			rc = -ENOMEM;
		if (rc == 0)
			rc = column_add(b, input, names[i], expressions[i]);
		else
			expression_free(&expressions[i]);
		expressions[i] = NULL;
	}
	if (rc < 0)
		operator_bound_free(bound);
	return rc;
}
