/* Memory that a step may keep: taken before it is allocated, so that a table too large ends in
 * words and not in the machine's. Only its step's thread uses it. */
#ifndef ROW_BUDGET_H
#define ROW_BUDGET_H

#include <stdint.h>

#include "table_bytes.h"

struct row_budget {
	uint64_t limit_bytes;
	uint64_t used_bytes;
	uint64_t peak_bytes;
};

/* 0, or -EDQUOT when bytes more would pass the limit: then nothing is taken. */
int row_budget_take(struct row_budget *budget, uint64_t bytes);
void row_budget_give(struct row_budget *budget, uint64_t bytes);

/* table_bytes_reserve() and table_bytes_free() on account of budget, which may be NULL: then nobody
 * counts. 0, -ENOMEM or -EDQUOT. */
int row_bytes_reserve(struct row_budget *budget, struct table_bytes *bytes, uint64_t more);
void row_bytes_free(struct row_budget *budget, struct table_bytes *bytes);

#endif
