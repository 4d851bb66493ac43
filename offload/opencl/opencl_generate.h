/* Bound expressions as OpenCL C. */
#ifndef OPENCL_GENERATE_H
#define OPENCL_GENERATE_H

#include <stdio.h>

#include "expression.h"
#include "opencl.h"

/* What a value is in the text: vN, beside the flag nN for null. */
enum generate_class {
	GENERATE_NONE, /* text, or in a dictionary: it may only pass by */
	GENERATE_LONG,
	GENERATE_ULONG,
	GENERATE_REAL,    /* double */
	GENERATE_DECIMAL, /* ulong vN, below long hN */
};

struct generate_value {
	enum generate_class class;
	uint32_t id;
};

/* The columns that a text reads, numbered as its parameters are. */
struct generate_columns {
	const struct table_schema *schema;
	uint32_t *columns;
	uint32_t count;
};

/* A function's body while it is written. */
struct generate {
	FILE *out;
	const struct opencl_description *device;
	struct generate_columns *columns;
	const struct generate_value *values; /* of a projection's columns; NULL: the table's */
	struct generate_value *loaded;       /* by column of the table: id 0 is not loaded yet */
	bool nulls;                          /* columns may have some */
	uint32_t next;                       /* id, from 1 */
	struct table_error *error;           /* why it can't be */
};

/* Writes what computes the expression in `row`, where `active` says whether errors count; bad gets
 * them. 0, -ENOTSUP with error, or -ENOMEM. */
int generate_expression(struct generate *g, const struct expression *e,
			struct generate_value *value);
/* A column as the expression of only it. */
int generate_column(struct generate *g, uint32_t column, struct generate_value *value);
enum generate_class generate_class_of(const struct table_kind *kind);

/* "COLUMN_PARAMETERS" and "COLUMNS" of what was read. */
void generate_parameters(FILE *out, const struct generate_columns *columns, bool nulls);

#endif
