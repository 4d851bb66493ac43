/* `tokenise` and `crc32c`: a new column of another. */
#include <stdlib.h>

#include "text_column.h"

struct detail {
	char *name; /* NULL: `word` */
	struct expression_place place;
	struct text_column column;
};

static int named_parse(struct expression_lexer *lexer, struct detail *d, struct table_error *error)
{
	int rc = lexer_expect_name(lexer, "NAME = COLUMN", &d->name, &d->place, error);

	if (rc == 0)
		rc = lexer_expect_sign(lexer, "=", error);
	return rc < 0 ? rc : text_column_parse(lexer, &d->column, error);
}

static int tokenise_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;

	if (lexer_is_name_before(lexer, '='))
		return named_parse(lexer, d, error);
	return text_column_parse(lexer, &d->column, error);
}

static int crc32c_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	return named_parse(lexer, detail, error);
}

static void detail_free(void *detail)
{
	struct detail *d = detail;

	free(d->name);
	text_column_free(&d->column);
}

static int tokenise_bind(const struct operator_spec *spec, const struct table_schema *input,
			 const struct operator_table *tables, struct operator_bound *bound,
			 struct table_error *error)
{
	const struct detail *d = spec->detail;
	int rc = text_column_bind(&d->column, spec, input, bound->detail, error);

	return rc < 0 ? rc
		      : text_schema_add(spec, d->place, d->name != NULL ? d->name : "word",
					&(struct table_kind){.type = TABLE_UTF8}, bound, error);
}

static int crc32c_bind(const struct operator_spec *spec, const struct table_schema *input,
		       const struct operator_table *tables, struct operator_bound *bound,
		       struct table_error *error)
{
	const struct detail *d = spec->detail;
	int rc = text_column_bind(&d->column, spec, input, bound->detail, error);

	if (rc == 0)
		rc = text_schema_copy(input, UINT32_MAX, bound, error);
	return rc < 0 ? rc
		      : text_schema_add(spec, d->place, d->name,
					&(struct table_kind){.type = TABLE_UINT32}, bound, error);
}

static void unbind(void *detail)
{
}

const struct operator_kind operator_tokenise_kind = {
    .id = OPERATOR_TOKENISE,
    .name = "tokenise",
    .example = "tokenise word = line",
    .detail_bytes = sizeof(struct detail),
    .parse = tokenise_parse,
    .free = detail_free,
    .bound_bytes = sizeof(struct operator_text),
    .bind = tokenise_bind,
    .unbind = unbind,
};

const struct operator_kind operator_crc32c_kind = {
    .id = OPERATOR_CRC32C,
    .name = "crc32c",
    .example = "crc32c check = body",
    .detail_bytes = sizeof(struct detail),
    .parse = crc32c_parse,
    .free = detail_free,
    .bound_bytes = sizeof(struct operator_text),
    .bind = crc32c_bind,
    .unbind = unbind,
};
