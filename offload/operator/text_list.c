/* `match` and `json`: columns, each by a pattern or a path. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table_text.h"
#include "text_column.h"

struct detail {
	struct text_column column;
	struct operator_text_item *items;
	uint32_t count;
	bool skips;
};

static struct operator_text_item *item_add(struct detail *d)
{
	struct operator_text_item *items = realloc(d->items, (d->count + 1u) * sizeof(*items));

	if (items == NULL)
		return NULL;
	d->items = items;
	items[d->count] = (struct operator_text_item){.kind = {.type = TABLE_UTF8}};
	return &items[d->count++];
}

/* A type, up to the sign that follows it. */
static int kind_parse(struct expression_lexer *lexer, struct table_kind *kind,
		      struct table_error *error)
{
	struct expression_place place = lexer->place;

	while (!lexer_is_sign(lexer, "=") && !lexer_is_end(lexer)) {
		int rc = lexer_next(lexer, error);

		if (rc < 0)
			return rc;
	}
	place.bytes = lexer->before_end - place.at;
	if (table_kind_parse(lexer->source.text + place.at, place.bytes, kind) < 0)
		return expression_fail(&lexer->source, place, error, -EINVAL,
				       "this is no type: int64, float64, timestamp[us] and others, "
				       "docs/tables.md");
	return 0;
}

/* NAME [TYPE] = 'TEXT'. */
static int item_parse(struct expression_lexer *lexer, struct detail *d, bool typed,
		      struct table_error *error)
{
	struct operator_text_item *item = item_add(d);
	int rc = item == NULL
		     ? table_fail(error, -ENOMEM, "no memory")
		     : lexer_expect_name(lexer, typed ? "NAME [TYPE] = 'PATH'" : "NAME = 'PATTERN'",
					 &item->name, &item->name_place, error);

	if (rc == 0 && typed && !lexer_is_sign(lexer, "="))
		rc = kind_parse(lexer, &item->kind, error);
	if (rc == 0)
		rc = lexer_expect_sign(lexer, "=", error);
	if (rc < 0)
		return rc;
	if (lexer->token != TOKEN_STRING)
		return lexer_unexpected(lexer,
					typed ? "a path in single quotes, as '$.name'"
					      : "a pattern in single quotes",
					error);
	item->text = malloc(lexer->bytes + 1u);
	if (item->text == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	memcpy(item->text, lexer->text, lexer->bytes + 1u);
	item->bytes = lexer->bytes;
	item->text_place = lexer->place;
	return lexer_next(lexer, error);
}

static int list_parse(struct expression_lexer *lexer, struct detail *d, bool typed,
		      struct table_error *error)
{
	int rc = text_column_parse(lexer, &d->column, error);

	if (rc == 0)
		rc = 1;
	while (rc > 0) {
		rc = item_parse(lexer, d, typed, error);
		if (rc == 0)
			rc = lexer_accept_sign(lexer, ",", error);
	}
	return rc;
}

static int match_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	return list_parse(lexer, detail, false, error);
}

static int json_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;
	int rc = list_parse(lexer, d, true, error);

	if (rc == 0)
		rc = lexer_accept_word(lexer, "skip", error);
	if (rc <= 0)
		return rc;
	d->skips = true;
	return lexer_expect_word(lexer, "errors", error);
}

static void detail_free(void *detail)
{
	struct detail *d = detail;

	text_column_free(&d->column);
	for (uint32_t i = 0; i < d->count; i++) {
		free(d->items[i].name);
		free(d->items[i].text);
	}
	free(d->items);
}

static int list_bind(const struct operator_spec *spec, const struct table_schema *input,
		     const struct operator_table *tables, struct operator_bound *bound,
		     struct table_error *error)
{
	const struct detail *d = spec->detail;
	struct operator_text_list *list = bound->detail;
	bool is_json = spec->kind->id == OPERATOR_JSON;
	int rc = text_column_bind(&d->column, spec, input, &list->text, error);

	if (rc == 0)
		rc =
		    text_schema_copy(input, is_json ? list->text.column : UINT32_MAX, bound, error);
	for (uint32_t i = 0; i < d->count && rc == 0; i++) {
		const struct table_kind *kind =
		    is_json ? &d->items[i].kind : &(struct table_kind){.type = TABLE_BOOL};

		rc = text_schema_add(spec, d->items[i].name_place, d->items[i].name, kind, bound,
				     error);
	}
	list->items = d->items;
	list->count = d->count;
	list->skips = d->skips;
	return rc;
}

static void unbind(void *detail)
{
}

const struct operator_kind operator_match_kind = {
    .id = OPERATOR_MATCH,
    .name = "match",
    .example = "match line failed = 'error|fatal', slow = '[0-9]{4,} ms'",
    .detail_bytes = sizeof(struct detail),
    .parse = match_parse,
    .free = detail_free,
    .bound_bytes = sizeof(struct operator_text_list),
    .bind = list_bind,
    .unbind = unbind,
};

const struct operator_kind operator_json_kind = {
    .id = OPERATOR_JSON,
    .name = "json",
    .example = "json line id int64 = '$.id', city = '$.address.city' skip errors",
    .detail_bytes = sizeof(struct detail),
    .parse = json_parse,
    .free = detail_free,
    .bound_bytes = sizeof(struct operator_text_list),
    .bind = list_bind,
    .unbind = unbind,
};
