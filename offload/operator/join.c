/* `join`: its text and its types. */
#include "operator_join.h"

#include <errno.h>
#include <stdlib.h>

#include "row_batch.h"
#include "row_word.h"
#include "table_text.h"

struct detail {
	enum operator_join_type type;
	char *table;
	struct expression_place table_place;
	struct operator_key_list left, right;
};

static int type_parse(struct expression_lexer *lexer, enum operator_join_type *type,
		      struct table_error *error)
{
	static const char *const words[] = {"inner", "left", "semi", "anti"};
	int rc = 0;

	for (int i = 0; i < 4 && rc == 0; i++) {
		rc = lexer_accept_word(lexer, words[i], error);
		if (rc > 0)
			*type = (enum operator_join_type)i;
	}
	return rc < 0 ? rc : 0;
}

static int join_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;
	int rc = type_parse(lexer, &d->type, error);

	if (rc == 0)
		rc = lexer_expect_name(lexer, "the name of a table", &d->table, &d->table_place,
				       error);
	if (rc == 0)
		rc = lexer_expect_word(lexer, "on", error);
	for (int more = rc == 0; more > 0 && rc == 0;) {
		rc = operator_key_parse(lexer, &d->left, error);
		if (rc == 0)
			rc = lexer_expect_sign(lexer, "=", error);
		if (rc == 0)
			rc = operator_key_parse(lexer, &d->right, error);
		if (rc == 0) {
			more = lexer_accept_word(lexer, "and", error);
			rc = more < 0 ? more : 0;
		}
	}
	return rc;
}

static void join_free(void *detail)
{
	struct detail *d = detail;

	free(d->table);
	operator_keys_free(&d->left);
	operator_keys_free(&d->right);
}

static int keys_bind(const struct operator_spec *spec, const struct operator_key_list *list,
		     const struct table_schema *schema, uint32_t **columns,
		     struct table_error *error)
{
	struct row_order *order;
	int rc = operator_keys_bind(spec, schema, list, &order, error);

	*columns = calloc(list->count + 1, sizeof(**columns));
	if (rc == 0 && *columns == NULL)
		rc = table_fail(error, -ENOMEM, "no memory");
	for (uint32_t i = 0; rc == 0 && i < list->count; i++)
		(*columns)[i] = order[i].column;
	free(order);
	return rc;
}

static int kinds_check(const struct operator_spec *spec, const struct operator_join *join,
		       struct table_error *error)
{
	const struct detail *d = spec->detail;
	char left[TABLE_KIND_BYTES_MAX], right[TABLE_KIND_BYTES_MAX];

	for (uint32_t i = 0; i < join->key_count; i++) {
		const struct table_kind *a = &join->left.fields[join->left_keys[i]].kind;
		const struct table_kind *b = &join->right.fields[join->right_keys[i]].kind;

		if (row_kinds_compare(a, b))
			continue;
		table_kind_format(a, left);
		table_kind_format(b, right);
		return expression_fail(
		    spec->source, d->left.keys[i].place, error, -EINVAL,
		    "%s is %s, and %s is %s: cast one of them before, by project",
		    d->left.keys[i].name, left, d->right.keys[i].name, right);
	}
	return 0;
}

static bool is_key(const struct operator_join *join, uint32_t column)
{
	for (uint32_t i = 0; i < join->key_count; i++)
		if (join->right_keys[i] == column)
			return true;
	return false;
}

/* The table's columns that are given out. */
static int payload_bind(struct operator_join *join, struct operator_bound *bound,
			struct table_error *error)
{
	const struct detail *d = bound->spec->detail;
	int rc = 0;

	join->payload = calloc(join->right.count + 1, sizeof(*join->payload));
	if (join->payload == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	for (uint32_t c = 0; c < join->right.count && rc == 0; c++) {
		if (is_key(join, c))
			continue;
		join->payload[join->payload_count++] = c;
		rc = operator_schema_add(bound, join->right.fields[c].name, d->table_place,
					 &join->right.fields[c].kind, error);
	}
	return rc;
}

static int join_bind(const struct operator_spec *spec, const struct table_schema *input,
		     const struct operator_table *tables, struct operator_bound *bound,
		     struct table_error *error)
{
	const struct detail *d = spec->detail;
	struct operator_join *join = bound->detail;
	const struct table_schema *side;
	bool both = d->type == JOIN_INNER || d->type == JOIN_LEFT;
	int rc = operator_table_find(spec, d->table_place, d->table, tables, &side, error);

	if (rc < 0)
		return rc;
	bound->side = d->table;
	join->type = d->type;
	join->key_count = d->left.count;
	if (row_schema_plain(input, &join->left) < 0 || row_schema_plain(side, &join->right) < 0)
		return table_fail(error, -ENOMEM, "no memory");
	rc = keys_bind(spec, &d->left, input, &join->left_keys, error);
	if (rc == 0)
		rc = keys_bind(spec, &d->right, side, &join->right_keys, error);
	if (rc == 0)
		rc = kinds_check(spec, join, error);
	if (rc == 0)
		rc = operator_schema_take(bound, input, both, error);
	return rc == 0 && both ? payload_bind(join, bound, error) : rc;
}

static void join_unbind(void *detail)
{
	struct operator_join *join = detail;

	table_schema_free(&join->left);
	table_schema_free(&join->right);
	free(join->left_keys);
	free(join->right_keys);
	free(join->payload);
}

const struct operator_kind operator_join_kind = {
    .id = OPERATOR_JOIN,
    .name = "join",
    .example = "join left orders on customer = id and day = ordered",
    .detail_bytes = sizeof(struct detail),
    .parse = join_parse,
    .free = join_free,
    .bound_bytes = sizeof(struct operator_join),
    .bind = join_bind,
    .unbind = join_unbind,
};
