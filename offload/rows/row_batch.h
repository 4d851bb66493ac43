/* Batches that own their columns: what steps that keep or move rows give out. */
#ifndef ROW_BATCH_H
#define ROW_BATCH_H

#include "row_column.h"

struct row_batch {
	struct table_batch batch; /* views of columns, once finished */
	struct row_column *columns;
	uint32_t count;
	struct table_dictionary **dictionaries; /* of columns that are indices; owned references */
	struct row_budget *budget;              /* of the columns; NULL: nobody counts */
};

/* An empty one of a schema that outlives it. Its columns are filled by row_column_*() with no
 * budget; then row_batch_finish() makes it a batch of rows, freed as such. 0 or -ENOMEM. */
int row_batch_create(const struct table_schema *schema, struct row_batch **batch);
struct table_batch *row_batch_finish(struct row_batch *batch, uint64_t rows);
void row_batch_destroy(struct row_batch **batch);

/* The rows that selection says (NULL: all) of a batch, count of them, with dictionaries looked up:
 * views where nothing has to move, else copies; freed before from. columns says which columns are
 * wanted, column_count of them, the others stay empty; NULL: all. plain is from's schema by
 * row_schema_plain(). What is copied, which may be much more than came where a dictionary's value
 * is long, is on account of budget, which outlives the batch. 0, -ENOMEM, -EDQUOT or -E2BIG. */
int row_batch_plain(const struct table_schema *plain, const struct table_batch *from,
		    const uint32_t *selection, uint32_t count, const uint32_t *columns,
		    uint32_t column_count, struct row_budget *budget, struct row_batch **batch);
/* A copy of schema whose columns hold values. 0 or -ENOMEM. */
int row_schema_plain(const struct table_schema *from, struct table_schema *plain);

#endif
