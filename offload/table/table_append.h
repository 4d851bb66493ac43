/* A field of text becomes a column's value; what does not fit is said. */
#ifndef TABLE_APPEND_H
#define TABLE_APPEND_H

#include "table_builder.h"
#include "table_stream.h"

/* 0, or -errno with error: " is no int64: ..." and the like, to be put behind where it was. */
int table_append_text(struct table_builder *builder, const struct table_schema *schema,
		      uint32_t column, const char *text, size_t bytes, struct table_error *error);

#endif
