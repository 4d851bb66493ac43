/* `sort`, `topk` and `merge`: their text and their types. */
#include "operator_sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct detail {
	uint64_t rows;
	char *table;
	struct expression_place table_place;
	struct operator_key_list keys;
};

static int sort_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;

	d->rows = UINT64_MAX;
	return operator_keys_parse(lexer, true, &d->keys, error);
}

static int topk_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;
	int rc = lexer_expect_number(lexer, "how many rows", 0, INT64_MAX, &d->rows, error);

	if (rc == 0)
		rc = lexer_expect_word(lexer, "by", error);
	return rc < 0 ? rc : operator_keys_parse(lexer, true, &d->keys, error);
}

static int merge_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;
	int rc = lexer_expect_name(lexer, "the name of a table", &d->table, &d->table_place, error);

	d->rows = UINT64_MAX;
	if (rc == 0)
		rc = lexer_expect_word(lexer, "by", error);
	return rc < 0 ? rc : operator_keys_parse(lexer, true, &d->keys, error);
}

static void sort_free(void *detail)
{
	struct detail *d = detail;

	free(d->table);
	operator_keys_free(&d->keys);
}

static int sort_bind(const struct operator_spec *spec, const struct table_schema *input,
		     const struct operator_table *tables, struct operator_bound *bound,
		     struct table_error *error)
{
	const struct detail *d = spec->detail;
	struct operator_sort *sort = bound->detail;
	int rc = operator_keys_bind(spec, input, &d->keys, &sort->order, error);

	sort->key_count = d->keys.count;
	sort->rows = d->rows;
	return rc < 0 ? rc : operator_schema_take(bound, input, true, error);
}

/* Both have the same columns, in the same order. */
static int merge_bind(const struct operator_spec *spec, const struct table_schema *input,
		      const struct operator_table *tables, struct operator_bound *bound,
		      struct table_error *error)
{
	const struct detail *d = spec->detail;
	const struct table_schema *side;
	int rc = operator_table_find(spec, d->table_place, d->table, tables, &side, error);
	uint32_t i = 0;

	if (rc < 0)
		return rc;
	bound->side = d->table;
	while (i < input->count && i < side->count &&
	       strcmp(input->fields[i].name, side->fields[i].name) == 0 &&
	       table_kind_equal(&input->fields[i].kind, &side->fields[i].kind))
		i++;
	if (i < input->count || i < side->count)
		return expression_fail(
		    spec->source, d->table_place, error, -EINVAL,
		    "column %u of %s is not that of the stream: both are to have "
		    "the same names and types",
		    i + 1, d->table);
	return sort_bind(spec, input, tables, bound, error);
}

static void sort_unbind(void *detail)
{
	struct operator_sort *sort = detail;

	free(sort->order);
}

const struct operator_kind operator_sort_kind = {
    .id = OPERATOR_SORT,
    .name = "sort",
    .example = "sort city, day desc nulls first",
    .detail_bytes = sizeof(struct detail),
    .parse = sort_parse,
    .free = sort_free,
    .bound_bytes = sizeof(struct operator_sort),
    .bind = sort_bind,
    .unbind = sort_unbind,
};

const struct operator_kind operator_topk_kind = {
    .id = OPERATOR_TOPK,
    .name = "topk",
    .example = "topk 10 by price desc",
    .detail_bytes = sizeof(struct detail),
    .parse = topk_parse,
    .free = sort_free,
    .bound_bytes = sizeof(struct operator_sort),
    .bind = sort_bind,
    .unbind = sort_unbind,
};

const struct operator_kind operator_merge_kind = {
    .id = OPERATOR_MERGE,
    .name = "merge",
    .example = "merge others by city, day desc",
    .detail_bytes = sizeof(struct detail),
    .parse = merge_parse,
    .free = sort_free,
    .bound_bytes = sizeof(struct operator_sort),
    .bind = merge_bind,
    .unbind = sort_unbind,
};
