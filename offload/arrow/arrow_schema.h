/* Arrow's Schema message, read and written. */
#ifndef ARROW_SCHEMA_H
#define ARROW_SCHEMA_H

#include "flatbuffer.h"
#include "table_stream.h"

/* Of a table Schema. 0, or -errno with the column in error; the caller frees the schema after
 * either. -ENOTSUP for what is Arrow but not read here. Metadata of users is left out. */
int arrow_schema_read(const struct flat_table *table, struct table_schema *schema,
		      struct table_error *error);
/* A table Schema, referred to from from. */
void arrow_schema_write(struct flat_writer *writer, uint32_t from,
			const struct table_schema *schema);

#endif
