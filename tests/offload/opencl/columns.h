/* Tables of every fixed-width type, random, with what floats have of special values. */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "random_table.h"

struct columns_options {
	bool nulls;
	bool wide; /* integers of all bits: arithmetic overflows */
};

/* i8 ... i64, u8 ... u64, f32, f64, b, d (date32), t (timestamp), m (decimal). */
void columns_schema(struct table_schema *schema);
struct table_batch *columns_batch(struct random *random, const struct table_schema *schema,
				  uint64_t rows, const struct columns_options *options);

#endif
