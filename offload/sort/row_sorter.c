/* Rows that come out in order. Where only the first are wanted, what is kept is cut to them each
 * time that it has grown to twice as many: each row is sorted a few times at most, and most are
 * seen not to be wanted by one comparison. */
#include "row_sorter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "key_sort.h"

void row_sorter_init(struct row_sorter *sorter, const struct table_schema *plain,
		     const struct row_order *order, uint32_t key_count, uint64_t rows_max,
		     struct row_budget *budget)
{
	*sorter = (struct row_sorter){.order = order, .key_count = key_count, .rows_max = rows_max};
	row_store_init(&sorter->store, plain, budget);
}

void row_sorter_free(struct row_sorter *sorter)
{
	struct row_budget *budget = sorter->store.budget;

	row_store_free(&sorter->store);
	row_keys_free(&sorter->keys, budget);
	row_keys_free(&sorter->block, budget);
	row_keys_free(&sorter->last, budget);
}

int row_sorter_sort(struct row_sorter *sorter, row_ref **refs, uint64_t *count)
{
	uint64_t rows = sorter->store.rows, bytes = rows * sizeof(**refs);
	int rc = row_budget_take(sorter->store.budget, bytes);

	*refs = NULL;
	*count = rows < sorter->rows_max ? rows : sorter->rows_max;
	if (rc < 0)
		return rc;
	*refs = malloc(bytes + 1);
	rc = *refs == NULL ? -ENOMEM : key_sort(&sorter->keys, rows, *refs, sorter->store.budget);
	if (rc < 0) {
		free(*refs);
		*refs = NULL;
		row_budget_give(sorter->store.budget, bytes);
	}
	return rc;
}

void row_sorter_end(struct row_sorter *sorter, row_ref **refs)
{
	if (*refs != NULL)
		row_budget_give(sorter->store.budget, sorter->store.rows * sizeof(**refs));
	free(*refs);
	*refs = NULL;
}

static int batch_move(struct row_sorter *sorter, const uint64_t *order, uint64_t count,
		      struct row_store *store, struct row_keys *keys)
{
	struct row_batch *batch;
	row_ref *refs = malloc(count * sizeof(*refs));
	int rc = refs == NULL ? -ENOMEM : row_batch_create(sorter->store.schema, &batch);

	if (rc < 0) {
		free(refs);
		return rc;
	}
	for (uint64_t i = 0; i < count; i++)
		refs[i] = row_store_ref(order[i]);
	rc = row_store_gather(&sorter->store, NULL, refs, count, batch, 0);
	if (rc == 0)
		rc = row_store_add(store, row_batch_finish(batch, count), 0, NULL, count, NULL);
	for (uint64_t i = 0; i < count && rc == 0; i++)
		rc = row_keys_copy(keys, &sorter->keys, order[i], store->budget);
	row_batch_destroy(&batch);
	free(refs);
	return rc;
}

/* Keeps the rows that are wanted: sorted, so that equal ones stay as they came. */
static int sorter_cut(struct row_sorter *sorter)
{
	struct row_store store;
	struct row_keys keys = {0};
	struct row_budget *budget = sorter->store.budget;
	uint64_t *order, count, some;
	int rc = row_sorter_sort(sorter, &order, &count);

	row_store_init(&store, sorter->store.schema, budget);
	for (uint64_t done = 0; done < count && rc == 0; done += some) {
		some = count - done < MR_TABLE_BATCH_ROWS ? count - done : MR_TABLE_BATCH_ROWS;
		rc = batch_move(sorter, order + done, some, &store, &keys);
	}
	if (rc == 0) {
		row_keys_clear(&sorter->last);
		rc = row_keys_copy(&sorter->last, &sorter->keys, order[count - 1], budget);
	}
	row_sorter_end(sorter, &order);
	if (rc < 0) {
		row_store_free(&store);
		row_keys_free(&keys, budget);
		return rc;
	}
	row_store_free(&sorter->store);
	row_keys_free(&sorter->keys, budget);
	sorter->store = store;
	sorter->keys = keys;
	sorter->full = true;
	return 0;
}

static bool is_grown(const struct row_sorter *sorter)
{
	uint64_t most = sorter->rows_max;

	return sorter->store.rows > most &&
	       sorter->store.rows - most >=
		   (most > MR_TABLE_BATCH_ROWS ? most : MR_TABLE_BATCH_ROWS);
}

/* Rows of the block that come before the last one that is there. */
static int some_add(struct row_sorter *sorter, const struct table_batch *batch)
{
	uint32_t rows[MR_OPERATOR_ROWS_MAX], count = 0;
	int rc;

	for (uint32_t i = 0; i < batch->rows; i++)
		if (row_keys_compare(&sorter->block, i, &sorter->last, 0) < 0)
			rows[count++] = i;
	if (count == 0)
		return 0;
	rc = row_store_add(&sorter->store, batch, 0, rows, count, NULL);
	for (uint32_t i = 0; i < count && rc == 0; i++)
		rc = row_keys_copy(&sorter->keys, &sorter->block, rows[i], sorter->store.budget);
	return rc;
}

int row_sorter_add(struct row_sorter *sorter, const struct table_batch *batch)
{
	const struct table_schema *schema = sorter->store.schema;
	struct row_budget *budget = sorter->store.budget;
	int rc;

	if (sorter->rows_max == 0)
		return 0;
	if (sorter->full) {
		row_keys_clear(&sorter->block);
		rc = row_keys_add(&sorter->block, schema, sorter->order, sorter->key_count, batch,
				  0, batch->rows, budget);
		if (rc == 0)
			rc = some_add(sorter, batch);
	} else {
		rc = row_keys_add(&sorter->keys, schema, sorter->order, sorter->key_count, batch, 0,
				  batch->rows, budget);
		if (rc == 0)
			rc = row_store_add(&sorter->store, batch, 0, NULL, batch->rows, NULL);
	}
	return rc == 0 && is_grown(sorter) ? sorter_cut(sorter) : rc;
}
