/* Hashes of keys, as docs/operators.md defines them: what the shuffle sends an item by. */
#ifndef ROW_HASH_H
#define ROW_HASH_H

#include "table.h"

/* Hashes of the columns, column_count of them, of rows from first on of a plain batch. */
void row_hashes(const struct table_schema *schema, const uint32_t *columns, uint32_t column_count,
		const struct table_batch *batch, uint64_t first, uint64_t rows, uint64_t *hashes);

#endif
