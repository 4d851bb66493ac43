/*
 * Rows that are kept: appended in bulk, gathered by a selection, taken as a batch.
 *
 * A column whose field has no dictionary in the store's schema gets values, also from columns that
 * have one. Where it has one, all rows share that dictionary until they are taken.
 */
#ifndef OPERATOR_STORE_H
#define OPERATOR_STORE_H

#include "operator.h"

struct operator_store;

/* Refers to schema, which outlives it and the batches. 0 or -ENOMEM. */
int operator_store_create(const struct table_schema *schema, struct operator_store **store);
void operator_store_destroy(struct operator_store **store);
/* Whether these rows can be appended: not when a dictionary is another, or text passes 2 GiB. An
 * empty store takes any. */
bool operator_store_fits(const struct operator_store *store, const struct operator_rows *rows);
/* Appends rows: source[i] is the column of rows->batch that becomes column i; NULL: the same. 0,
 * -ENOMEM, or -E2BIG when a column's text would pass 2 GiB. */
int operator_store_append(struct operator_store *store, const struct operator_rows *rows,
			  const uint32_t *source);
/* One column of rows in any order, also twice: row numbers of the column, of any length. That of
 * UINT32_MAX is a null. When every column has its rows, operator_store_count() counts them. 0,
 * -ENOMEM or -E2BIG. */
int operator_store_gather(struct operator_store *store, uint32_t column,
			  const struct table_field *field, const struct table_column *from,
			  const uint32_t *order, uint64_t count);
/* Counts rows that operator_store_gather() put into every column. */
void operator_store_count(struct operator_store *store, uint64_t rows);
uint64_t operator_store_rows(const struct operator_store *store);
/* Bytes it holds: for operator_memory_take(). */
uint64_t operator_store_bytes(const struct operator_store *store);
/* What is in it so far, as views that the next append may move. */
const struct table_batch *operator_store_view(struct operator_store *store);
/* Forgets its rows and keeps its memory. */
void operator_store_clear(struct operator_store *store);
/* The rows so far, in a batch of the caller's; the store begins anew. 0 or -ENOMEM. */
int operator_store_take(struct operator_store *store, struct table_batch **batch);

#endif
