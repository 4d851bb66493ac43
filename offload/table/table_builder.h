/* Batches made value by value: what the readers of text do. */
#ifndef TABLE_BUILDER_H
#define TABLE_BUILDER_H

#include "table.h"

struct table_builder;

/* Refers to schema, whose dictionaries it does not make: columns hold values. 0 or -ENOMEM. */
int table_builder_create(const struct table_schema *schema, struct table_builder **builder);
void table_builder_destroy(struct table_builder **builder);

/* One value of a column in the row being made: fixed width and bool by the value's bytes, utf8 and
 * binary by count bytes. 0, -ENOMEM, or -E2BIG when a column's bytes would pass 2 GiB. */
int table_builder_value(struct table_builder *builder, uint32_t column, const void *value);
int table_builder_bytes(struct table_builder *builder, uint32_t column, const void *bytes,
			uint64_t count);
int table_builder_null(struct table_builder *builder, uint32_t column);
/* Whether the column has its value of this row. */
bool table_builder_has(const struct table_builder *builder, uint32_t column);
/* The row is made; columns without a value are null in it. 0 or -ENOMEM. */
int table_builder_end_row(struct table_builder *builder);

uint64_t table_builder_rows(const struct table_builder *builder);
/* As many rows or bytes as a batch is to have. */
bool table_builder_full(const struct table_builder *builder);
/* The rows made so far, in a batch of the caller's; the builder begins anew. 0 or -ENOMEM. */
int table_builder_take(struct table_builder *builder, struct table_batch **batch);

#endif
