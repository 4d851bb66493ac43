/* Values of text into columns. */
#include "table_append.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table_text.h"

#define SHOWN_BYTES_MAX 40 /* of a value that is refused */

/* What is shown of a value: printable, and not long. */
static const char *shown(char copy[SHOWN_BYTES_MAX + 4], const char *text, size_t bytes)
{
	size_t count = bytes < SHOWN_BYTES_MAX ? bytes : SHOWN_BYTES_MAX;

	for (size_t i = 0; i < count; i++)
		copy[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	strcpy(copy + count, count < bytes ? "..." : "");
	return copy;
}

static int refuse(int rc, const struct table_field *field, const char *text, size_t bytes,
		  struct table_error *error)
{
	char copy[SHOWN_BYTES_MAX + 4], kind[TABLE_KIND_BYTES_MAX];

	if (rc == -ENOMEM)
		return table_fail(error, rc, "no memory");
	shown(copy, text, bytes);
	table_kind_format(&field->kind, kind);
	if (field->kind.type == TABLE_UTF8)
		return table_fail(
		    error, rc, "\"%s\" is not UTF-8: convert the file first, as with iconv", copy);
	if (rc == -ERANGE)
		return table_fail(error, rc, "\"%s\" does not fit into %s: give a wider type", copy,
				  kind);
	if (rc == -E2BIG)
		return table_fail(error, rc, "\"%s\" is too long", copy);
	return table_fail(error, rc, "\"%s\" is no %s: give the column another type, like utf8",
			  copy, kind);
}

static int binary_append(struct table_builder *builder, uint32_t column, const char *text,
			 size_t bytes)
{
	uint8_t *decoded = malloc(bytes / 2 + 1);
	int rc = decoded == NULL ? -ENOMEM : table_text_parse_hex(text, bytes, decoded);

	if (rc == 0)
		rc = table_builder_bytes(builder, column, decoded, bytes / 2);
	free(decoded);
	return rc;
}

int table_append_text(struct table_builder *builder, const struct table_schema *schema,
		      uint32_t column, const char *text, size_t bytes, struct table_error *error)
{
	const struct table_field *field = &schema->fields[column];
	_Alignas(16) uint8_t value[16];
	int rc;

	if (field->kind.type == TABLE_UTF8) {
		rc = table_utf8_valid((const uint8_t *)text, bytes)
			 ? table_builder_bytes(builder, column, text, bytes)
			 : -EILSEQ;
	} else if (field->kind.type == TABLE_BINARY) {
		rc = binary_append(builder, column, text, bytes);
	} else {
		rc = table_text_parse(&field->kind, text, bytes, value);
		if (rc == 0)
			rc = table_builder_value(builder, column, value);
	}
	return rc < 0 ? refuse(rc, field, text, bytes, error) : 0;
}
