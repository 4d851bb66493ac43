/* Columns of operators on text. */
#include "text_column.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table_text.h"

int text_column_parse(struct expression_lexer *lexer, struct text_column *column,
		      struct table_error *error)
{
	return lexer_expect_name(lexer, "a column of text", &column->name, &column->place, error);
}

void text_column_free(struct text_column *column)
{
	free(column->name);
}

int text_column_bind(const struct text_column *column, const struct operator_spec *spec,
		     const struct table_schema *input, struct operator_text *text,
		     struct table_error *error)
{
	int64_t found = table_schema_find(input, column->name, strlen(column->name));
	char kind[TABLE_KIND_BYTES_MAX];

	if (found < 0)
		return expression_fail(spec->source, column->place, error, -EINVAL,
				       "there is no column %s", column->name);
	table_field_format(&input->fields[found], kind);
	if (!table_type_is_text(input->fields[found].kind.type))
		return expression_fail(spec->source, column->place, error, -EINVAL,
				       "%s is %s: %s takes utf8 or binary", column->name, kind,
				       spec->kind->name);
	*text = (struct operator_text){input, (uint32_t)found};
	return 0;
}

static int schema_failed(int rc, struct table_error *error)
{
	return rc == -E2BIG
		   ? table_fail(error, rc, "there are more than %u columns", MR_TABLE_COLUMNS_MAX)
		   : table_fail(error, rc, "no memory");
}

int text_schema_copy(const struct table_schema *input, uint32_t dropped,
		     struct operator_bound *bound, struct table_error *error)
{
	for (uint32_t i = 0; i < input->count; i++) {
		const struct table_field *field = &input->fields[i];
		char *name;
		int rc;

		if (i == dropped)
			continue;
		rc = table_schema_add(&bound->schema, field->name, strlen(field->name),
				      &field->kind);
		if (rc < 0)
			return schema_failed(rc, error);
		name = bound->schema.fields[bound->schema.count - 1].name;
		bound->schema.fields[bound->schema.count - 1] = *field;
		bound->schema.fields[bound->schema.count - 1].name = name;
	}
	return 0;
}

int text_schema_add(const struct operator_spec *spec, struct expression_place place,
		    const char *name, const struct table_kind *kind, struct operator_bound *bound,
		    struct table_error *error)
{
	int rc;

	if (table_schema_find(&bound->schema, name, strlen(name)) >= 0)
		return expression_fail(spec->source, place, error, -EINVAL,
				       "there is a column %s already", name);
	rc = table_schema_add(&bound->schema, name, strlen(name), kind);
	return rc < 0 ? schema_failed(rc, error) : 0;
}
