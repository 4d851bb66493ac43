/* Rows that a step keeps, in chunks, copied as they come. */
#ifndef ROW_STORE_H
#define ROW_STORE_H

#include "row_batch.h"

struct row_chunk {
	uint64_t rows;
	struct row_column *columns;
};

struct row_store {
	const struct table_schema *schema; /* plain */
	struct row_budget *budget;
	struct table_bytes chunks; /* struct row_chunk, count of them: */
	uint32_t count;
	uint64_t rows;
};

void row_store_init(struct row_store *store, const struct table_schema *schema,
		    struct row_budget *budget);
void row_store_free(struct row_store *store);

/* Copies count rows of a plain batch, from a first one on; none when rows is NULL, else those that
 * rows says. Of the copy of the i-th, refs[i] says the place, unless refs is NULL. 0, -ENOMEM,
 * -EDQUOT, or -E2BIG when a chunk's text would pass 2 GiB. */
int row_store_add(struct row_store *store, const struct table_batch *batch, uint64_t first,
		  const uint32_t *rows, uint64_t count, row_ref *refs);

/* Rows gathered out of chunks, into columns first to first + store->schema->count of to. beside is
 * the chunk store->count, or NULL. 0, -ENOMEM or -E2BIG. */
int row_store_gather(const struct row_store *store, const struct table_batch *beside,
		     const row_ref *refs, uint64_t count, struct row_batch *to, uint32_t first);
/* The place of a row by its number among those of the store. */
static inline row_ref row_store_ref(uint64_t row)
{
	return row_ref_of((uint32_t)(row / MR_TABLE_BATCH_ROWS), row % MR_TABLE_BATCH_ROWS);
}

/* How many of refs, of count, make a batch of usual size: at least 1. */
uint64_t row_store_batch_rows(const struct row_store *store, const row_ref *refs, uint64_t count);

#endif
