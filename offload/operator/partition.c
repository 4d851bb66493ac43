/* `partition`: its text and its types. */
#include "operator_partition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

#include "row_column.h"

struct detail {
	struct operator_key_list keys;
	uint64_t partitions;
	struct expression **bounds;
	uint32_t bound_count;
};

static int bounds_parse(struct expression_lexer *lexer, struct detail *d, struct table_error *error)
{
	int rc = 1;

	while (rc > 0) {
		struct expression **bounds;

		if (d->bound_count + 1 == MR_KEY_GROUPS)
			return lexer_unexpected(lexer, "at most 4095 values", error);
		bounds = realloc(d->bounds, (d->bound_count + 1) * sizeof(*bounds));
		if (bounds == NULL)
			return table_fail(error, -ENOMEM, "no memory");
		d->bounds = bounds;
		bounds[d->bound_count] = NULL;
		rc = expression_parse(lexer, &bounds[d->bound_count++], error);
		if (rc == 0)
			rc = lexer_accept_sign(lexer, ",", error);
	}
	return rc;
}

static int partition_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;
	int rc = lexer_expect_word(lexer, "by", error);

	d->partitions = MR_KEY_GROUPS;
	if (rc == 0)
		rc = operator_keys_parse(lexer, false, &d->keys, error);
	if (rc == 0)
		rc = lexer_accept_word(lexer, "into", error);
	if (rc > 0)
		return lexer_expect_number(lexer, "a count of partitions, up to 4096,", 1,
					   MR_KEY_GROUPS, &d->partitions, error);
	if (rc == 0)
		rc = lexer_accept_word(lexer, "at", error);
	return rc > 0 ? bounds_parse(lexer, d, error) : rc;
}

uint32_t operator_partition_groups(const struct operator_spec *spec)
{
	const struct detail *d = spec->detail;

	return d->bound_count == 0 ? (uint32_t)d->partitions : 0;
}

static void partition_free(void *detail)
{
	struct detail *d = detail;

	for (uint32_t i = 0; i < d->bound_count; i++)
		expression_free(&d->bounds[i]);
	free(d->bounds);
	operator_keys_free(&d->keys);
}

/* A value takes the type of the column as in `column < value`: by binding just that. */
static int bound_bind(const struct operator_spec *spec, const struct table_schema *input,
		      const struct expression *value, struct expression **bound,
		      struct table_error *error)
{
	const struct detail *d = spec->detail;
	const struct operator_key *key = &d->keys.keys[0];
	struct expression column = {.op = EXPRESSION_COLUMN,
				    .text = key->name,
				    .bytes = (uint32_t)strlen(key->name),
				    .place = key->place};
	struct expression less = {.op = EXPRESSION_LESS,
				  .count = 2,
				  .arguments = {&column, (struct expression *)(uintptr_t)value},
				  .place = value->place};
	struct expression *compared;
	int rc = expression_bind(&less, input, spec->source, &compared, error);

	if (rc < 0)
		return rc;
	if (compared->op != EXPRESSION_LESS || compared->arguments[0]->op != EXPRESSION_COLUMN ||
	    compared->arguments[1]->op != EXPRESSION_LITERAL || compared->arguments[1]->null)
		rc = expression_fail(spec->source, value->place, error, -EINVAL,
				     "a value of the column's type is needed");
	else
		*bound = expression_copy(compared->arguments[1]);
	expression_free(&compared);
	if (rc == 0 && *bound == NULL)
		rc = table_fail(error, -ENOMEM, "no memory");
	return rc;
}

/* The values as keys, which rise. */
static int bounds_encode(const struct operator_spec *spec, const struct table_schema *input,
			 struct operator_partition *partition, struct table_error *error)
{
	const struct detail *d = spec->detail;
	struct table_field field = input->fields[partition->columns[0]];
	const struct table_schema schema = {&field, 1};
	const struct row_order order = {.column = 0};
	struct row_column values = {0};
	struct table_column view;
	int rc = 0;

	for (uint32_t i = 0; i < d->bound_count && rc == 0; i++) {
		const struct expression *value = partition->bounds[i];
		bool text = table_type_is_text(field.kind.type);

		rc = row_column_put(&values, &field.kind,
				    text ? (const void *)value->text : value->fixed, value->bytes,
				    NULL);
	}
	row_column_view(&values, &view);
	if (rc == 0)
		rc = row_keys_add(&partition->bound_keys, &schema, &order, 1,
				  &(struct table_batch){&schema, d->bound_count, &view, NULL}, 0,
				  d->bound_count, NULL);
	row_column_free(&values, NULL);
	if (rc < 0)
		return table_fail(error, rc, "no memory");
	for (uint32_t i = 1; i < d->bound_count; i++)
		if (row_keys_compare(&partition->bound_keys, i - 1, &partition->bound_keys, i) >= 0)
			return expression_fail(
			    spec->source, d->bounds[i]->place, error, -EINVAL,
			    "values are to rise: this one is not above the one before");
	return 0;
}

static int bounds_bind(const struct operator_spec *spec, const struct table_schema *input,
		       struct operator_partition *partition, struct table_error *error)
{
	const struct detail *d = spec->detail;
	int rc = 0;

	if (d->keys.count != 1)
		return expression_fail(spec->source, d->keys.keys[1].place, error, -EINVAL,
				       "ranges are of one column");
	partition->partitions = d->bound_count + 1;
	partition->bounds = calloc(d->bound_count, sizeof(struct expression *));
	if (partition->bounds == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	for (uint32_t i = 0; i < d->bound_count && rc == 0; i++)
		rc = bound_bind(spec, input, d->bounds[i], &partition->bounds[i], error);
	return rc < 0 ? rc : bounds_encode(spec, input, partition, error);
}

static int partition_bind(const struct operator_spec *spec, const struct table_schema *input,
			  const struct operator_table *tables, struct operator_bound *bound,
			  struct table_error *error)
{
	const struct detail *d = spec->detail;
	const struct table_kind kind = {.type = TABLE_UINT32};
	struct operator_partition *partition = bound->detail;
	struct row_order *order;
	int rc = operator_keys_bind(spec, input, &d->keys, &order, error);

	partition->partitions = (uint32_t)d->partitions;
	partition->columns = calloc(d->keys.count, sizeof(*partition->columns));
	if (rc == 0 && partition->columns == NULL)
		rc = table_fail(error, -ENOMEM, "no memory");
	for (uint32_t i = 0; rc == 0 && i < d->keys.count; i++)
		partition->columns[partition->column_count++] = order[i].column;
	free(order);
	if (rc == 0 && d->bound_count > 0)
		rc = bounds_bind(spec, input, partition, error);
	if (rc == 0)
		rc = operator_schema_take(bound, input, true, error);
	return rc < 0 ? rc
		      : operator_schema_add(bound, OPERATOR_PARTITION_COLUMN, spec->place, &kind,
					    error);
}

static void partition_unbind(void *detail)
{
	struct operator_partition *partition = detail;

	for (uint32_t i = 0; partition->bounds != NULL && i + 1 < partition->partitions; i++)
		expression_free(&partition->bounds[i]);
	free(partition->bounds);
	row_keys_free(&partition->bound_keys, NULL);
	free(partition->columns);
}

const struct operator_kind operator_partition_kind = {
    .id = OPERATOR_PARTITION,
    .name = "partition",
    .example = "partition by city into 16",
    .detail_bytes = sizeof(struct detail),
    .parse = partition_parse,
    .free = partition_free,
    .bound_bytes = sizeof(struct operator_partition),
    .bind = partition_bind,
    .unbind = partition_unbind,
};
