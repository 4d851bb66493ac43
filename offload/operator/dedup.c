/* `dedup`, `dictionary` and `hash`: their text and their types. */
#include "operator_dedup.h"

#include <errno.h>
#include <stdlib.h>

#include "row_batch.h"

struct detail {
	char *name; // hash: of the new column
	struct expression_place place;
	struct operator_key_list keys;
};

static int dedup_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;
	int rc = lexer_accept_word(lexer, "by", error);

	return rc > 0 ? operator_keys_parse(lexer, false, &d->keys, error) : rc;
}

static int dictionary_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;

	return operator_keys_parse(lexer, false, &d->keys, error);
}

static int hash_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;
	int rc = lexer_expect_name(lexer, "NAME = COLUMN, ...", &d->name, &d->place, error);

	if (rc == 0)
		rc = lexer_expect_sign(lexer, "=", error);
	return rc < 0 ? rc : operator_keys_parse(lexer, false, &d->keys, error);
}

static void columns_free(void *detail)
{
	struct detail *d = detail;

	free(d->name);
	operator_keys_free(&d->keys);
}

static int columns_bind(const struct operator_spec *spec, const struct table_schema *input,
			struct operator_columns *columns, struct table_error *error)
{
	const struct detail *d = spec->detail;
	struct row_order *order;
	int rc = operator_keys_bind(spec, input, &d->keys, &order, error);

	columns->count = d->keys.count > 0 ? d->keys.count : input->count;
	columns->columns = calloc(columns->count + 1, sizeof(*columns->columns));
	if (rc == 0 && (columns->columns == NULL || row_schema_plain(input, &columns->plain) < 0))
		rc = table_fail(error, -ENOMEM, "no memory");
	for (uint32_t i = 0; rc == 0 && i < columns->count; i++)
		columns->columns[i] = d->keys.count > 0 ? order[i].column : i;
	free(order);
	return rc;
}

static int dedup_bind(const struct operator_spec *spec, const struct table_schema *input,
		      const struct operator_table *tables, struct operator_bound *bound,
		      struct table_error *error)
{
	int rc = columns_bind(spec, input, bound->detail, error);

	return rc < 0 ? rc : operator_schema_take(bound, input, false, error);
}

static int dictionary_bind(const struct operator_spec *spec, const struct table_schema *input,
			   const struct operator_table *tables, struct operator_bound *bound,
			   struct table_error *error)
{
	struct operator_columns *columns = bound->detail;
	int rc = columns_bind(spec, input, columns, error);

	if (rc == 0)
		rc = operator_schema_take(bound, input, true, error);
	for (uint32_t i = 0; rc == 0 && i < columns->count; i++) {
		struct table_field *field = &bound->schema.fields[columns->columns[i]];

		field->dictionary = true;
		field->ordered = false;
		field->index = TABLE_INT32;
		field->dictionary_id = i;
	}
	return rc;
}

static int hash_bind(const struct operator_spec *spec, const struct table_schema *input,
		     const struct operator_table *tables, struct operator_bound *bound,
		     struct table_error *error)
{
	const struct detail *d = spec->detail;
	const struct table_kind kind = {.type = TABLE_UINT64};
	int rc = columns_bind(spec, input, bound->detail, error);

	if (rc == 0)
		rc = operator_schema_take(bound, input, false, error);
	return rc < 0 ? rc : operator_schema_add(bound, d->name, d->place, &kind, error);
}

static void columns_unbind(void *detail)
{
	struct operator_columns *columns = detail;

	table_schema_free(&columns->plain);
	free(columns->columns);
}

const struct operator_kind operator_dedup_kind = {
    .id = OPERATOR_DEDUP,
    .name = "dedup",
    .example = "dedup by city, day",
    .detail_bytes = sizeof(struct detail),
    .parse = dedup_parse,
    .free = columns_free,
    .bound_bytes = sizeof(struct operator_columns),
    .bind = dedup_bind,
    .unbind = columns_unbind,
};

const struct operator_kind operator_dictionary_kind = {
    .id = OPERATOR_DICTIONARY,
    .name = "dictionary",
    .example = "dictionary city, country",
    .detail_bytes = sizeof(struct detail),
    .parse = dictionary_parse,
    .free = columns_free,
    .bound_bytes = sizeof(struct operator_columns),
    .bind = dictionary_bind,
    .unbind = columns_unbind,
};

const struct operator_kind operator_hash_kind = {
    .id = OPERATOR_HASH,
    .name = "hash",
    .example = "hash h = city, day",
    .detail_bytes = sizeof(struct detail),
    .parse = hash_parse,
    .free = columns_free,
    .bound_bytes = sizeof(struct operator_columns),
    .bind = hash_bind,
    .unbind = columns_unbind,
};
