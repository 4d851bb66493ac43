/*
 * Operators on bytes and text: each takes one column of utf8 or binary and gives columns beside the
 * others, but for `tokenise`, which gives words alone.
 *
 *   tokenise COLUMN | tokenise NAME = COLUMN     a row for each word; offload/tokenise
 *   crc32c NAME = COLUMN                         uint32, behind the others; RFC 3720
 *   compress COLUMN lz4|zstd [level N]           in its place, binary; offload/compress
 *   decompress COLUMN [to utf8] [limit BYTES]    in its place, binary or checked utf8
 *   encrypt COLUMN key 'NAME'                    in its place, binary; offload/encrypt
 *   decrypt COLUMN key 'NAME' [to utf8]          in its place, binary or checked utf8
 *   match COLUMN NAME = 'PATTERN', ...           bool each, behind the others; offload/match
 *   json COLUMN NAME [TYPE] = 'PATH', ... [skip errors]   in its place; offload/json
 *
 * A null gives nulls, and no words. An error names the row; with `skip errors`, rows whose text is
 * no JSON or does not fit are left out: what the step took less what it gave is their count.
 */
#ifndef OPERATOR_TEXT_H
#define OPERATOR_TEXT_H

#include "operator.h"

/* First in the bound detail of each. */
struct operator_text {
	const struct table_schema *input;
	uint32_t column; /* of it, the one that is taken */
};

struct operator_codec {
	struct operator_text text;
	uint32_t format;      /* compress: enum compress_format */
	int level;            /* compress */
	uint64_t limit_bytes; /* decompress: of one value */
	const char *key;      /* encrypt, decrypt: the parameter's name; the spec's */
	bool utf8;            /* decompress, decrypt */
};

/* A column that match or json makes. */
struct operator_text_item {
	char *name;
	char *text; /* the pattern or the path */
	uint32_t bytes;
	struct table_kind kind; /* json */
	struct expression_place name_place, text_place;
};

struct operator_text_list {
	struct operator_text text;
	const struct operator_text_item *items; /* the spec's */
	uint32_t count;
	bool skips; /* json: rows with errors */
};

extern const struct operator_kind operator_tokenise_kind, operator_crc32c_kind,
    operator_compress_kind, operator_decompress_kind, operator_encrypt_kind, operator_decrypt_kind,
    operator_match_kind, operator_json_kind;

#endif
