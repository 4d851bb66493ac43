/* `compress`, `decompress`, `encrypt` and `decrypt`: a column with other bytes in its place. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text_column.h"

#define LEVEL_MAX 22 /* of Zstandard; LZ4's ends at 12, and takes more for that */

struct detail {
	struct text_column column;
	char *key;
	uint64_t level, limit_bytes;
	uint32_t format;
	bool utf8;
};

static int compress_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;
	int rc = text_column_parse(lexer, &d->column, error);

	d->level = 1;
	if (rc == 0)
		rc = lexer_accept_word(lexer, "zstd", error);
	d->format = rc > 0; /* enum compress_format */
	if (rc == 0)
		rc = lexer_accept_word(lexer, "lz4", error);
	if (rc == 0)
		return lexer_unexpected(lexer, "lz4 or zstd", error);
	if (rc > 0)
		rc = lexer_accept_word(lexer, "level", error);
	return rc <= 0 ? rc : lexer_expect_number(lexer, "a level", 1, LEVEL_MAX, &d->level, error);
}

static int to_utf8_parse(struct expression_lexer *lexer, struct detail *d,
			 struct table_error *error)
{
	int rc = lexer_accept_word(lexer, "to", error);

	if (rc > 0)
		rc = lexer_expect_word(lexer, "utf8", error);
	else
		return rc;
	d->utf8 = true;
	return rc;
}

static int decompress_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;
	int rc = text_column_parse(lexer, &d->column, error);

	d->limit_bytes = MR_DECOMPRESS_BYTES_DEFAULT;
	if (rc == 0)
		rc = to_utf8_parse(lexer, d, error);
	if (rc == 0)
		rc = lexer_accept_word(lexer, "limit", error);
	return rc <= 0 ? rc
		       : lexer_expect_number(lexer, "the bytes of a value", 1, INT32_MAX - 1,
					     &d->limit_bytes, error);
}

static int encrypt_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	struct detail *d = detail;
	int rc = text_column_parse(lexer, &d->column, error);

	if (rc == 0)
		rc = lexer_expect_word(lexer, "key", error);
	if (rc < 0)
		return rc;
	if (lexer->token != TOKEN_STRING)
		return lexer_unexpected(lexer, "the name of a parameter, in single quotes", error);
	d->key = strdup(lexer->text);
	return d->key == NULL ? table_fail(error, -ENOMEM, "no memory") : lexer_next(lexer, error);
}

static int decrypt_parse(struct expression_lexer *lexer, void *detail, struct table_error *error)
{
	int rc = encrypt_parse(lexer, detail, error);

	return rc < 0 ? rc : to_utf8_parse(lexer, detail, error);
}

static void detail_free(void *detail)
{
	struct detail *d = detail;

	text_column_free(&d->column);
	free(d->key);
}

static int codec_bind(const struct operator_spec *spec, const struct table_schema *input,
		      const struct operator_table *tables, struct operator_bound *bound,
		      struct table_error *error)
{
	const struct detail *d = spec->detail;
	struct operator_codec *codec = bound->detail;
	struct table_field *field;
	int rc = text_column_bind(&d->column, spec, input, &codec->text, error);

	if (rc == 0)
		rc = text_schema_copy(input, UINT32_MAX, bound, error);
	if (rc < 0)
		return rc;
	field = &bound->schema.fields[codec->text.column];
	field->kind = (struct table_kind){.type = d->utf8 ? TABLE_UTF8 : TABLE_BINARY};
	field->dictionary = false;
	codec->format = d->format;
	codec->level = (int)d->level;
	codec->limit_bytes = d->limit_bytes;
	codec->key = d->key;
	codec->utf8 = d->utf8;
	return 0;
}

static void unbind(void *detail)
{
}

#define KIND(identifier, word, sample)                                                             \
	{                                                                                          \
		.id = identifier, .name = #word, .example = sample,                                \
		.detail_bytes = sizeof(struct detail), .parse = word##_parse, .free = detail_free, \
		.bound_bytes = sizeof(struct operator_codec), .bind = codec_bind, .unbind = unbind \
	}

const struct operator_kind operator_compress_kind =
    KIND(OPERATOR_COMPRESS, compress, "compress body zstd level 3");
const struct operator_kind operator_decompress_kind =
    KIND(OPERATOR_DECOMPRESS, decompress, "decompress body to utf8 limit 1048576");
const struct operator_kind operator_encrypt_kind =
    KIND(OPERATOR_ENCRYPT, encrypt, "encrypt body key 'backup'");
const struct operator_kind operator_decrypt_kind =
    KIND(OPERATOR_DECRYPT, decrypt, "decrypt body key 'backup' to utf8");
