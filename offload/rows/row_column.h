/* Columns of plain values that grow by rows of other columns. */
#ifndef ROW_COLUMN_H
#define ROW_COLUMN_H

#include "row_budget.h"
#include "table.h"

/* A place among chunks of rows: the chunk in the upper 32 bits, the row in it in the lower. In the
 * order of these, rows are in the order in which they came. */
typedef uint64_t row_ref;
#define ROW_NONE UINT64_MAX /* no row: it reads as null */

static inline row_ref row_ref_of(uint32_t chunk, uint32_t row)
{
	return (uint64_t)chunk << 32 | row;
}

/* Buffers have the layout of table_column. */
struct row_column {
	uint64_t rows;
	uint64_t nulls;
	struct table_bytes validity; /* none until the first null */
	struct table_bytes values;
	struct table_bytes offsets; /* utf8, binary */
	struct table_bytes bytes;
};

/* Appends the rows that refs say, of columns[chunk], which are plain: of values, not of indices. 0,
 * -ENOMEM, -EDQUOT, or -E2BIG when text would pass 2 GiB; then the column can only be freed. */
int row_column_gather(struct row_column *to, const struct table_kind *kind,
		      const struct table_column *const *columns, const row_ref *refs,
		      uint64_t count, struct row_budget *budget);
/* Appends count rows from a first one on: as above. */
int row_column_append(struct row_column *to, const struct table_kind *kind,
		      const struct table_column *from, uint64_t first, uint64_t count,
		      struct row_budget *budget);
/* Appends one value: fixed width and bool by its bytes, text by count bytes; a null when value is
 * NULL. As above. */
int row_column_put(struct row_column *to, const struct table_kind *kind, const void *value,
		   uint64_t count, struct row_budget *budget);
/* Valid until the column grows. */
void row_column_view(const struct row_column *column, struct table_column *view);
void row_column_free(struct row_column *column, struct row_budget *budget);

#endif
