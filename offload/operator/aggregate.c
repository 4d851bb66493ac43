/* `aggregate`: its text and its types. */
#include "operator_aggregate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operator_project.h"
#include "table_text.h"

static const struct {
	const char *name;
	enum operator_function function;
} functions[] = {
    {"count", AGGREGATE_COUNT}, {"sum", AGGREGATE_SUM}, {"min", AGGREGATE_MIN},
    {"max", AGGREGATE_MAX},     {"avg", AGGREGATE_AVG},
};
#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

const char *operator_function_name(enum operator_function function)
{
	for (size_t i = 0; i < FUNCTIONS; i++)
		if (functions[i].function == function)
			return functions[i].name;
	return "count";
}

/* NAME = FUNCTION(EXPRESSION), or behind `by`, a key: [NAME =] EXPRESSION. */
struct item {
	char *name;
	enum operator_function function;
	struct expression *expression; // NULL: count()
	struct expression_place place;
};

struct items {
	struct item *list;
	uint32_t count;
};

struct detail {
	struct items measures, keys;
};

static struct item *item_add(struct items *items, const struct expression_lexer *lexer)
{
	struct item *list = realloc(items->list, (items->count + 1u) * sizeof(*list));

	if (list == NULL)
		return NULL;
	items->list = list;
	list[items->count] = (struct item){.place = lexer->place};
	return &list[items->count++];
}

static int function_parse(struct expression_lexer *lexer, struct item *item,
			  struct table_error *error)
{
	size_t f = 0;
	int rc;

	while (f < FUNCTIONS && !lexer_is_word(lexer, functions[f].name))
		f++;
	if (f == FUNCTIONS)
		return lexer_unexpected(lexer, "count, sum, min, max or avg", error);
	item->function = functions[f].function;
	rc = lexer_next(lexer, error);
	if (rc == 0)
		rc = lexer_expect_sign(lexer, "(", error);
	if (rc == 0 && item->function == AGGREGATE_COUNT && lexer_is_sign(lexer, ")"))
		item->function = AGGREGATE_COUNT_ROWS;
	else if (rc == 0)
		rc = expression_parse(lexer, &item->expression, error);
	return rc < 0 ? rc : lexer_expect_sign(lexer, ")", error);
}

static int measure_parse(struct expression_lexer *lexer, struct items *items,
			 struct table_error *error)
{
	struct item *item = item_add(items, lexer);
	int rc;

	if (item == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	rc = lexer_expect_name(lexer, "NAME = count() or the like", &item->name, &item->place,
			       error);
	if (rc == 0)
		rc = lexer_expect_sign(lexer, "=", error);
	return rc < 0 ? rc : function_parse(lexer, item, error);
}

static int key_parse(struct expression_lexer *lexer, struct items *items, struct table_error *error)
{
	struct item *item = item_add(items, lexer);
	int rc = 0;

	if (item == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	if (lexer_is_name_before(lexer, '=')) {
		rc = lexer_expect_name(lexer, "a name", &item->name, &item->place, error);
		if (rc == 0)
			rc = lexer_expect_sign(lexer, "=", error);
	}
	return rc < 0 ? rc : expression_parse(lexer, &item->expression, error);
}

static int list_parse(struct expression_lexer *lexer, struct items *items,
		      int (*parse)(struct expression_lexer *, struct items *, struct table_error *),
		      struct table_error *error)
{
	int rc = 1;

	while (rc > 0) {
		rc = parse(lexer, items, error);
		if (rc == 0)
			rc = lexer_accept_sign(lexer, ",", error);
	}
	return rc;
}

static int aggregate_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;
	int rc = list_parse(lexer, &d->measures, measure_parse, error);

	if (rc == 0)
		rc = lexer_accept_word(lexer, "by", error);
	return rc > 0 ? list_parse(lexer, &d->keys, key_parse, error) : rc;
}

static void items_free(struct items *items)
{
	for (uint32_t i = 0; i < items->count; i++) {
		free(items->list[i].name);
		expression_free(&items->list[i].expression);
	}
	free(items->list);
}

static void aggregate_free(void *detail)
{
	struct detail *d = detail;

	items_free(&d->measures);
	items_free(&d->keys);
}

/* ---- Types ---- */

/* The columns that keys and measures are of, each once. */
struct inputs {
	struct expression **list;
	const char **names;
	uint32_t count;
	bool computed; // one of them is no plain column
};

static int input_add(struct inputs *inputs, const struct item *item,
		     const struct operator_spec *spec, const struct table_schema *schema,
		     uint32_t *column, struct table_error *error)
{
	struct expression *e;
	int rc = expression_bind(item->expression, schema, spec->source, &e, error);

	if (rc < 0)
		return rc;
	for (*column = 0; *column < inputs->count; (*column)++) {
		if (expression_equal(inputs->list[*column], e)) {
			expression_free(&e);
			return 0;
		}
	}
	inputs->computed |= e->op != EXPRESSION_COLUMN;
	inputs->names[inputs->count] =
	    e->op == EXPRESSION_COLUMN ? schema->fields[e->column].name : item->name;
	inputs->list[inputs->count++] = e;
	return 0;
}

/* What a function makes of a column of that kind; false when it takes none such. */
static bool measure_kind(enum operator_function function, const struct table_kind *from,
			 struct table_kind *to)
{
	bool number = table_type_is_integer(from->type) || from->type == TABLE_FLOAT32 ||
		      from->type == TABLE_FLOAT64 || from->type == TABLE_DECIMAL128;

	*to = *from;
	switch (function) {
	case AGGREGATE_MIN:
	case AGGREGATE_MAX:
		return true;
	case AGGREGATE_AVG:
		*to = (struct table_kind){.type = TABLE_FLOAT64};
		return number;
	case AGGREGATE_SUM:
		if (from->type == TABLE_DECIMAL128)
			to->precision = 38;
		else if (table_type_is_integer(from->type))
			to->type = from->type <= TABLE_INT64 ? TABLE_INT64 : TABLE_UINT64;
		else
			to->type = TABLE_FLOAT64;
		return number;
	default:
		*to = (struct table_kind){.type = TABLE_INT64};
		return true;
	}
}

static int measure_bind(struct operator_aggregate *a, const struct item *item,
			const struct operator_bound *bound, const struct inputs *inputs,
			uint32_t column, struct table_error *error)
{
	static const struct table_kind none = {.type = TABLE_BOOL};
	const struct table_kind *from =
	    item->expression != NULL ? &inputs->list[column]->kind : &none;
	struct operator_measure *measure = &a->measures[a->measure_count++];
	char text[TABLE_KIND_BYTES_MAX];

	*measure = (struct operator_measure){.function = item->function, .column = column};
	if (measure_kind(item->function, from, &measure->kind))
		return 0;
	table_kind_format(from, text);
	return expression_fail(bound->spec->source, item->expression->place, error, -EINVAL,
			       "%s takes numbers, and this is %s",
			       operator_function_name(item->function), text);
}

static int no_room(int rc, struct table_error *error)
{
	return rc == -E2BIG ? table_fail(error, rc, "more than %u columns", MR_TABLE_COLUMNS_MAX)
	       : rc < 0     ? table_fail(error, rc, "no memory")
			    : 0;
}

/* Keys have the name they are given, or their column's, or as they are written. */
static int key_field(struct operator_bound *bound, const struct item *item,
		     const struct table_schema *input, const struct expression *e,
		     struct table_error *error)
{
	char text[MR_NAME_BYTES_MAX];
	const char *name = item->name;

	if (name == NULL && e->op == EXPRESSION_COLUMN)
		name = input->fields[e->column].name;
	if (name == NULL) {
		if (expression_print(e, input, text, sizeof(text)) >= sizeof(text))
			return expression_fail(bound->spec->source, item->place, error, -EINVAL,
					       "so long a key needs a name: NAME = ...");
		name = text;
	}
	return no_room(table_schema_add(&bound->schema, name, strlen(name), &e->kind), error);
}

static int items_bind(const struct operator_spec *spec, const struct table_schema *input,
		      struct operator_bound *bound, struct inputs *inputs,
		      struct table_error *error)
{
	const struct detail *d = spec->detail;
	struct operator_aggregate *a = bound->detail;
	int rc = 0;

	for (uint32_t i = 0; i < d->keys.count && rc == 0; i++) {
		const struct item *item = &d->keys.list[i];

		rc = input_add(inputs, item, spec, input, &a->keys[a->key_count], error);
		if (rc == 0)
			rc = key_field(bound, item, input, inputs->list[a->keys[a->key_count]],
				       error);
		a->key_count += rc == 0;
	}
	for (uint32_t i = 0; i < d->measures.count && rc == 0; i++) {
		const struct item *item = &d->measures.list[i];
		uint32_t column = 0;

		if (item->expression != NULL)
			rc = input_add(inputs, item, spec, input, &column, error);
		if (rc == 0)
			rc = measure_bind(a, item, bound, inputs, column, error);
		if (rc == 0)
			rc =
			    no_room(table_schema_add(&bound->schema, item->name, strlen(item->name),
						     &a->measures[a->measure_count - 1].kind),
				    error);
	}
	return rc;
}

/* Where all are columns of the input, they are taken from there. */
static int inputs_settle(struct operator_bound *bound, const struct table_schema *input,
			 struct inputs *inputs)
{
	struct operator_aggregate *a = bound->detail;
	int rc;

	if (inputs->computed) {
		for (uint32_t i = 0; i < inputs->count; i++)
			if (inputs->names[i] == NULL)
				inputs->names[i] = "";
		rc = operator_project_make(bound->spec, input, inputs->list, inputs->names,
					   inputs->count, &bound->before);
		inputs->count = 0;
		a->input = rc == 0 ? &bound->before->schema : NULL;
		return rc;
	}
	for (uint32_t i = 0; i < a->key_count; i++)
		a->keys[i] = inputs->list[a->keys[i]]->column;
	for (uint32_t i = 0; i < a->measure_count; i++)
		if (a->measures[i].function != AGGREGATE_COUNT_ROWS)
			a->measures[i].column = inputs->list[a->measures[i].column]->column;
	a->input = &a->owned_input;
	return table_schema_copy(&a->owned_input, input);
}

static int aggregate_bind(const struct operator_spec *spec, const struct table_schema *input,
			  const struct operator_table *tables, struct operator_bound *bound,
			  struct table_error *error)
{
	const struct detail *d = spec->detail;
	struct operator_aggregate *a = bound->detail;
	uint32_t most = d->keys.count + d->measures.count;
	struct inputs inputs = {calloc(most, sizeof(struct expression *)),
				calloc(most, sizeof(char *)), 0, false};
	int rc = -ENOMEM;

	a->keys = calloc(most, sizeof(*a->keys));
	a->measures = calloc(most, sizeof(*a->measures));
	if (inputs.list == NULL || inputs.names == NULL || a->keys == NULL || a->measures == NULL) {
		rc = table_fail(error, rc, "no memory");
	} else {
		rc = items_bind(spec, input, bound, &inputs, error);
		if (rc == 0)
			rc = no_room(inputs_settle(bound, input, &inputs), error);
	}
	for (uint32_t i = 0; i < inputs.count; i++)
		expression_free(&inputs.list[i]);
	free(inputs.list);
	free(inputs.names);
	return rc;
}

static void aggregate_unbind(void *detail)
{
	struct operator_aggregate *a = detail;

	table_schema_free(&a->owned_input);
	free(a->keys);
	free(a->measures);
}

const struct operator_kind operator_aggregate_kind = {
    .id = OPERATOR_AGGREGATE,
    .name = "aggregate",
    .example = "aggregate n = count(), total = sum(price * amount) by city, y = year(day)",
    .detail_bytes = sizeof(struct detail),
    .parse = aggregate_parse,
    .free = aggregate_free,
    .bound_bytes = sizeof(struct operator_aggregate),
    .bind = aggregate_bind,
    .unbind = aggregate_unbind,
};
