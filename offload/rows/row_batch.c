/* Batches that own their columns. */
#include "row_batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void row_batch_release(struct table_batch *batch)
{
	struct row_batch *owned = (struct row_batch *)(void *)batch;

	for (uint32_t i = 0; i < owned->count; i++) {
		row_column_free(&owned->columns[i], owned->budget);
		table_dictionary_unref(&owned->dictionaries[i]);
	}
	free(owned->dictionaries);
	free(owned->columns);
	free(batch->columns);
	free(owned);
}

int row_batch_create(const struct table_schema *schema, struct row_batch **batch)
{
	struct row_batch *owned = calloc(1, sizeof(*owned));

	if (owned == NULL)
		return -ENOMEM;
	owned->columns = calloc(schema->count + 1, sizeof(*owned->columns));
	owned->dictionaries = calloc(schema->count + 1, sizeof(struct table_dictionary *));
	owned->batch.columns = calloc(schema->count + 1, sizeof(*owned->batch.columns));
	if (owned->columns == NULL || owned->dictionaries == NULL || owned->batch.columns == NULL) {
		row_batch_release(&owned->batch);
		return -ENOMEM;
	}
	owned->count = schema->count;
	owned->batch.schema = schema;
	owned->batch.release = row_batch_release;
	*batch = owned;
	return 0;
}

struct table_batch *row_batch_finish(struct row_batch *batch, uint64_t rows)
{
	batch->batch.rows = rows;
	for (uint32_t i = 0; i < batch->count; i++) {
		row_column_view(&batch->columns[i], &batch->batch.columns[i]);
		batch->batch.columns[i].dictionary = batch->dictionaries[i];
	}
	return &batch->batch;
}

void row_batch_destroy(struct row_batch **batch)
{
	if (*batch != NULL)
		row_batch_release(&(*batch)->batch);
	*batch = NULL;
}

int row_schema_plain(const struct table_schema *from, struct table_schema *plain)
{
	int rc = table_schema_copy(plain, from);

	for (uint32_t i = 0; rc == 0 && i < plain->count; i++) {
		plain->fields[i].dictionary = false;
		plain->fields[i].ordered = false;
		plain->fields[i].dictionary_id = 0;
		plain->fields[i].nullable = true;
	}
	return rc;
}

static row_ref index_ref(const struct table_field *field, const struct table_column *column,
			 uint64_t row)
{
	if (!field->dictionary)
		return row_ref_of(0, (uint32_t)row);
	return table_is_null(column, row)
		   ? ROW_NONE
		   : row_ref_of(0, (uint32_t)table_index(column, field->index, row));
}

/* Rows that are selected, and a dictionary's values instead of indices. */
static int column_plain(const struct table_field *field, const struct table_column *from,
			const uint32_t *selection, uint32_t rows, struct row_budget *budget,
			struct row_column *to)
{
	const struct table_column *values = field->dictionary ? &from->dictionary->values : from;
	row_ref refs[256];
	int rc = 0;

	for (uint32_t row = 0; row < rows && rc == 0; row += 256) {
		uint32_t count = rows - row < 256 ? rows - row : 256;

		for (uint32_t i = 0; i < count; i++)
			refs[i] = index_ref(field, from,
					    selection != NULL ? selection[row + i] : row + i);
		rc = row_column_gather(to, &field->kind, &values, refs, count, budget);
	}
	return rc;
}

int row_batch_plain(const struct table_schema *plain, const struct table_batch *from,
		    const uint32_t *selection, uint32_t count, const uint32_t *columns,
		    uint32_t column_count, struct row_budget *budget, struct row_batch **batch)
{
	const struct table_schema *schema = from->schema;
	struct row_batch *made;
	int rc = row_batch_create(plain, &made);

	if (rc < 0)
		return rc;
	made->batch.rows = count;
	made->budget = budget;
	for (uint32_t i = 0; rc == 0 && i < (columns != NULL ? column_count : schema->count); i++) {
		uint32_t c = columns != NULL ? columns[i] : i;

		if (selection == NULL && !schema->fields[c].dictionary) {
			made->batch.columns[c] = from->columns[c];
		} else if (made->columns[c].rows == 0) { /* a column may be wanted twice */
			rc = column_plain(&schema->fields[c], &from->columns[c], selection, count,
					  budget, &made->columns[c]);
			row_column_view(&made->columns[c], &made->batch.columns[c]);
		}
	}
	if (rc < 0)
		row_batch_destroy(&made);
	else
		*batch = made;
	return rc;
}
