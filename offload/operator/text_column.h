/* The column that an operator on text takes: its name, and where it is. */
#ifndef TEXT_COLUMN_H
#define TEXT_COLUMN_H

#include "operator_text.h"

struct text_column {
	char *name;
	struct expression_place place;
};

int text_column_parse(struct expression_lexer *lexer, struct text_column *column,
		      struct table_error *error);
void text_column_free(struct text_column *column);
/* 0, or -EINVAL when there is none, or it is no utf8 or binary. */
int text_column_bind(const struct text_column *column, const struct operator_spec *spec,
		     const struct table_schema *input, struct operator_text *text,
		     struct table_error *error);

/* Copies of input's fields in bound->schema, but the one that is dropped (UINT32_MAX: none). */
int text_schema_copy(const struct table_schema *input, uint32_t dropped,
		     struct operator_bound *bound, struct table_error *error);
/* One more field; a name that is there already is refused. */
int text_schema_add(const struct operator_spec *spec, struct expression_place place,
		    const char *name, const struct table_kind *kind, struct operator_bound *bound,
		    struct table_error *error);

#endif
