/* Rows that a step keeps. */
#include "row_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct row_chunk *chunk_at(const struct row_store *store, uint32_t index)
{
	return (struct row_chunk *)(void *)store->chunks.at + index;
}

void row_store_init(struct row_store *store, const struct table_schema *schema,
		    struct row_budget *budget)
{
	*store = (struct row_store){.schema = schema, .budget = budget};
}

void row_store_free(struct row_store *store)
{
	for (uint32_t c = 0; c < store->count; c++) {
		for (uint32_t i = 0; i < store->schema->count; i++)
			row_column_free(&chunk_at(store, c)->columns[i], store->budget);
		free(chunk_at(store, c)->columns);
	}
	row_bytes_free(store->budget, &store->chunks);
	store->count = 0;
	store->rows = 0;
}

static int chunk_add(struct row_store *store)
{
	struct row_chunk chunk = {0};
	int rc = row_bytes_reserve(store->budget, &store->chunks, sizeof(chunk));

	if (rc < 0)
		return rc;
	chunk.columns = calloc(store->schema->count, sizeof(*chunk.columns));
	if (chunk.columns == NULL)
		return -ENOMEM;
	rc = table_bytes_add(&store->chunks, &chunk, sizeof(chunk));
	store->count += rc == 0;
	return rc;
}

static int columns_append(struct row_store *store, const struct table_batch *batch, uint64_t first,
			  const row_ref *refs, uint64_t count)
{
	struct row_chunk *chunk = chunk_at(store, store->count - 1);
	int rc = 0;

	for (uint32_t i = 0; i < store->schema->count && rc == 0; i++) {
		const struct table_kind *kind = &store->schema->fields[i].kind;
		const struct table_column *from = &batch->columns[i];

		rc = refs == NULL ? row_column_append(&chunk->columns[i], kind, from, first, count,
						      store->budget)
				  : row_column_gather(&chunk->columns[i], kind, &from, refs, count,
						      store->budget);
	}
	chunk->rows += count;
	store->rows += count;
	return rc;
}

/* As many as fit into the last chunk; of rows that are picked, as many as refs has room for. */
#define PICKED_MAX 1024
static int some_add(struct row_store *store, const struct table_batch *batch, uint64_t first,
		    const uint32_t *rows, uint64_t *count, row_ref *places)
{
	uint64_t there = chunk_at(store, store->count - 1)->rows;
	row_ref refs[PICKED_MAX];

	if (*count > MR_TABLE_BATCH_ROWS - there)
		*count = MR_TABLE_BATCH_ROWS - there;
	if (rows != NULL && *count > PICKED_MAX)
		*count = PICKED_MAX;
	for (uint64_t i = 0; rows != NULL && i < *count; i++)
		refs[i] = row_ref_of(0, rows[i]);
	for (uint64_t i = 0; places != NULL && i < *count; i++)
		places[i] = row_ref_of(store->count - 1, (uint32_t)(there + i));
	return columns_append(store, batch, first, rows != NULL ? refs : NULL, *count);
}

int row_store_add(struct row_store *store, const struct table_batch *batch, uint64_t first,
		  const uint32_t *rows, uint64_t count, row_ref *refs)
{
	int rc = 0;

	for (uint64_t done = 0, some; done < count && rc == 0; done += some) {
		some = count - done;
		if (store->count == 0 ||
		    chunk_at(store, store->count - 1)->rows == MR_TABLE_BATCH_ROWS)
			rc = chunk_add(store);
		if (rc == 0)
			rc = some_add(store, batch, first + done, rows != NULL ? rows + done : NULL,
				      &some, refs != NULL ? refs + done : NULL);
	}
	return rc;
}

int row_store_gather(const struct row_store *store, const struct table_batch *beside,
		     const row_ref *refs, uint64_t count, struct row_batch *to, uint32_t first)
{
	struct table_column *views = calloc(store->count + 1, sizeof(*views));
	const struct table_column **columns =
	    calloc(store->count + 1, sizeof(const struct table_column *));
	int rc = views == NULL || columns == NULL ? -ENOMEM : 0;

	for (uint32_t i = 0; i < store->schema->count && rc == 0; i++) {
		for (uint32_t c = 0; c < store->count; c++) {
			row_column_view(&chunk_at(store, c)->columns[i], &views[c]);
			columns[c] = &views[c];
		}
		columns[store->count] = beside != NULL ? &beside->columns[i] : NULL;
		rc = row_column_gather(&to->columns[first + i], &store->schema->fields[i].kind,
				       columns, refs, count, NULL);
	}
	free(columns);
	free(views);
	return rc;
}

static uint64_t row_text_bytes(const struct row_store *store, row_ref ref)
{
	const struct row_chunk *chunk;
	uint64_t bytes = 0;

	if (ref >> 32 >= store->count) /* none, or of the batch beside it */
		return 0;
	chunk = chunk_at(store, (uint32_t)(ref >> 32));
	for (uint32_t i = 0; i < store->schema->count; i++) {
		const int32_t *offsets = (const int32_t *)(void *)chunk->columns[i].offsets.at;

		if (offsets != NULL)
			bytes += (uint64_t)(offsets[(uint32_t)ref + 1] - offsets[(uint32_t)ref]);
	}
	return bytes;
}

uint64_t row_store_batch_rows(const struct row_store *store, const row_ref *refs, uint64_t count)
{
	uint64_t bytes = 0, row = 0, fixed = 0;
	bool text = false;

	for (uint32_t i = 0; i < store->schema->count; i++) {
		text |= table_type_is_text(store->schema->fields[i].kind.type);
		fixed += table_type_bytes(store->schema->fields[i].kind.type);
	}
	if (count > MR_TABLE_BATCH_ROWS)
		count = MR_TABLE_BATCH_ROWS;
	for (; row < count && bytes < MR_TABLE_BATCH_BYTES; row++)
		bytes += fixed + (text ? row_text_bytes(store, refs[row]) : 0);
	return row;
}
