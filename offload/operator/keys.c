/* Columns that steps go by. */
#include "operator_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "row_batch.h"

int operator_key_parse(struct expression_lexer *lexer, struct operator_key_list *list,
		       struct table_error *error)
{
	struct operator_key *keys;

	if (list->count == MR_OPERATOR_KEYS_MAX)
		return expression_fail(&lexer->source, lexer->place, error, -E2BIG,
				       "more than %u columns", MR_OPERATOR_KEYS_MAX);
	keys = realloc(list->keys, (list->count + 1) * sizeof(*keys));
	if (keys == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	list->keys = keys;
	keys[list->count] = (struct operator_key){.place = lexer->place};
	keys += list->count++;
	return lexer_expect_name(lexer, "a column", &keys->name, &keys->place, error);
}

/* [asc | desc] [nulls first | nulls last] */
static int direction_parse(struct expression_lexer *lexer, struct operator_key *key,
			   struct table_error *error)
{
	int rc = lexer_accept_word(lexer, "desc", error);

	key->descending = rc > 0;
	if (rc == 0)
		rc = lexer_accept_word(lexer, "asc", error);
	if (rc >= 0)
		rc = lexer_accept_word(lexer, "nulls", error);
	if (rc <= 0)
		return rc;
	rc = lexer_accept_word(lexer, "first", error);
	key->nulls_first = rc > 0;
	return rc == 0 ? lexer_expect_word(lexer, "last", error) : rc;
}

int operator_keys_parse(struct expression_lexer *lexer, bool ordered,
			struct operator_key_list *list, struct table_error *error)
{
	int rc = 1;

	while (rc > 0) {
		rc = operator_key_parse(lexer, list, error);
		if (rc == 0 && ordered)
			rc = direction_parse(lexer, &list->keys[list->count - 1], error);
		if (rc >= 0)
			rc = lexer_accept_sign(lexer, ",", error);
	}
	return rc;
}

void operator_keys_free(struct operator_key_list *list)
{
	for (uint32_t i = 0; i < list->count; i++)
		free(list->keys[i].name);
	free(list->keys);
	*list = (struct operator_key_list){0};
}

int operator_keys_bind(const struct operator_spec *spec, const struct table_schema *schema,
		       const struct operator_key_list *list, struct row_order **order,
		       struct table_error *error)
{
	int rc = 0;

	*order = calloc(list->count + 1, sizeof(**order));
	if (*order == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	for (uint32_t i = 0; i < list->count && rc == 0; i++) {
		const struct operator_key *key = &list->keys[i];

		(*order)[i].descending = key->descending;
		(*order)[i].nulls_first = key->nulls_first;
		rc = expression_column(schema, spec->source, key->place, key->name,
				       strlen(key->name), &(*order)[i].column, error);
	}
	return rc;
}

int operator_schema_take(struct operator_bound *bound, const struct table_schema *input, bool plain,
			 struct table_error *error)
{
	int rc = plain ? row_schema_plain(input, &bound->schema)
		       : table_schema_copy(&bound->schema, input);

	return rc < 0 ? table_fail(error, rc, "no memory") : 0;
}

int operator_schema_add(struct operator_bound *bound, const char *name,
			struct expression_place place, const struct table_kind *kind,
			struct table_error *error)
{
	int rc;

	if (table_schema_find(&bound->schema, name, strlen(name)) >= 0)
		return expression_fail(bound->spec->source, place, error, -EEXIST,
				       "there would be two columns %s: rename one before, as in "
				       "project %s_2 = %s, *",
				       name, name, name);
	rc = table_schema_add(&bound->schema, name, strlen(name), kind);
	if (rc == -E2BIG)
		return table_fail(error, rc, "more than %u columns", MR_TABLE_COLUMNS_MAX);
	return rc < 0 ? table_fail(error, rc, "no memory") : 0;
}
