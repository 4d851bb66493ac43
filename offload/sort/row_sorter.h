/* Rows that are kept with their keys, and come out in order: what sort and topk keep. */
#ifndef ROW_SORTER_H
#define ROW_SORTER_H

#include "row_key.h"
#include "row_store.h"

struct row_sorter {
	struct row_store store;
	struct row_keys keys; /* of its rows */
	const struct row_order *order;
	uint32_t key_count;
	uint64_t rows_max;     /* that come out */
	struct row_keys block; /* of the batch at hand */
	bool full;             /* rows_max rows are there that come before all others, of which */
	struct row_keys last;  /* this is the last one's key */
};

/* Refers to all of these. */
void row_sorter_init(struct row_sorter *sorter, const struct table_schema *plain,
		     const struct row_order *order, uint32_t key_count, uint64_t rows_max,
		     struct row_budget *budget);
void row_sorter_free(struct row_sorter *sorter);
/* Keeps the rows of a plain batch, at most MR_OPERATOR_ROWS_MAX, or those of them that may come
 * out. 0, -ENOMEM, -EDQUOT or -E2BIG. */
int row_sorter_add(struct row_sorter *sorter, const struct table_batch *batch);
/* The rows in order: as many as come out, which *count becomes, in memory on account of the budget,
 * for row_sorter_end(). */
int row_sorter_sort(struct row_sorter *sorter, row_ref **refs, uint64_t *count);
void row_sorter_end(struct row_sorter *sorter, row_ref **refs);

#endif
