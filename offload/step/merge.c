/* `merge`: the table beside is kept, the stream passes by it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "kept.h"
#include "operator_sort.h"
#include "row_key.h"
#include "row_steps.h"

struct merge_step {
	struct operator_step step;
	const struct operator_sort *sort;
	struct row_store store; // of the table
	struct row_keys keys;
	uint64_t at;           // rows of the table that have been passed on
	struct row_keys block; // of the stream's batch at hand, behind the key before it
};

static int failed(const struct merge_step *m, struct table_error *error, int rc)
{
	return step_kept_fail(m->step.bound, &m->step.context, "its rows", error, rc);
}

/* keys from the first on, that of row number row, are as high as those before them. */
static int order_check(const struct merge_step *m, const struct row_keys *keys, uint64_t first,
		       uint64_t count, uint64_t row, const char *of, struct table_error *error)
{
	for (uint64_t i = first > 0 ? first : 1; i < count; i++)
		if (row_keys_compare(keys, i - 1, keys, i) > 0)
			return operator_fail(m->step.bound, UINT64_MAX, error, -EINVAL,
					     "row %" PRIu64
					     " of %s comes before the one before it: "
					     "sort both first",
					     row + i - first, of);
	return 0;
}

static uint64_t keys_count(const struct row_keys *keys)
{
	return keys->offsets.count > 0 ? keys->offsets.count / sizeof(uint64_t) - 1 : 0;
}

static int table_push(struct merge_step *m, const struct table_batch *batch,
		      struct table_error *error)
{
	uint64_t before = keys_count(&m->keys);
	int rc = row_keys_add(&m->keys, batch->schema, m->sort->order, m->sort->key_count, batch, 0,
			      batch->rows, m->step.context.memory);

	if (rc == 0)
		rc = row_store_add(&m->store, batch, 0, NULL, batch->rows, NULL);
	if (rc < 0)
		return failed(m, error, rc);
	return order_check(m, &m->keys, before, before + batch->rows, before, m->step.bound->side,
			   error);
}

/* Rows of the table up to those that come behind a key of the stream. */
static void table_pass(struct merge_step *m, uint64_t key, row_ref *refs, uint64_t *count,
		       uint64_t most)
{
	while (m->at < m->store.rows && *count < most &&
	       row_keys_compare(&m->keys, m->at, &m->block, key) < 0)
		refs[(*count)++] = row_store_ref(m->at++);
}

static int stream_merge(struct merge_step *m, const struct table_batch *batch, uint64_t first_key,
			struct table_error *error)
{
	row_ref refs[MR_OPERATOR_ROWS_MAX];
	uint64_t count = 0;
	int rc = 0;

	for (uint64_t row = 0; row < batch->rows && rc == 0;) {
		table_pass(m, first_key + row, refs, &count, MR_OPERATOR_ROWS_MAX);
		if (count < MR_OPERATOR_ROWS_MAX)
			refs[count++] = row_ref_of(m->store.count, (uint32_t)row++);
		if (count == MR_OPERATOR_ROWS_MAX || row == batch->rows) {
			rc = step_store_emit(&m->step, &m->store, batch, refs, count, error);
			count = 0;
		}
	}
	return rc;
}

/* The last key of the batch before stays, to be compared with the first of this one. */
static int stream_push(struct merge_step *m, const struct table_batch *batch,
		       struct table_error *error)
{
	uint64_t before = keys_count(&m->block);
	struct row_keys last = {0};
	int rc = before > 0 ? row_keys_copy(&last, &m->block, before - 1, NULL) : 0;

	row_keys_clear(&m->block);
	if (rc == 0 && before > 0)
		rc = row_keys_copy(&m->block, &last, 0, m->step.context.memory);
	row_keys_free(&last, NULL);
	before = keys_count(&m->block);
	if (rc == 0)
		rc = row_keys_add(&m->block, batch->schema, m->sort->order, m->sort->key_count,
				  batch, 0, batch->rows, m->step.context.memory);
	if (rc < 0)
		return failed(m, error, rc);
	rc = order_check(m, &m->block, before, before + batch->rows, m->step.rows_in, "the stream",
			 error);
	return rc < 0 ? rc : stream_merge(m, batch, before, error);
}

static int merge_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
		      struct table_error *error)
{
	struct merge_step *m = (struct merge_step *)(void *)step;
	struct row_batch *plain;
	int rc = row_batch_plain(&step->bound->schema, rows->batch, rows->selection, rows->count,
				 NULL, 0, step->context.memory, &plain);

	if (rc < 0)
		return failed(m, error, rc);
	rc = side == 1 ? table_push(m, &plain->batch, error) : stream_push(m, &plain->batch, error);
	row_batch_destroy(&plain);
	return rc;
}

static int merge_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	struct merge_step *m = (struct merge_step *)(void *)step;
	row_ref refs[MR_OPERATOR_ROWS_MAX];
	int rc = 0;

	while (side == 0 && m->at < m->store.rows && rc == 0) {
		uint64_t count = 0;

		while (m->at < m->store.rows && count < MR_OPERATOR_ROWS_MAX)
			refs[count++] = row_store_ref(m->at++);
		rc = step_store_emit(step, &m->store, NULL, refs, count, error);
	}
	return rc;
}

static void merge_close(struct operator_step *step)
{
	struct merge_step *m = (struct merge_step *)(void *)step;

	row_store_free(&m->store);
	row_keys_free(&m->keys, step->context.memory);
	row_keys_free(&m->block, step->context.memory);
	free(m);
}

int step_merge_open(const struct operator_bound *bound, const struct operator_context *context,
		    struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {merge_push, merge_end, merge_close};
	struct merge_step *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	m->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	m->sort = bound->detail;
	row_store_init(&m->store, &bound->schema, context->memory);
	*step = &m->step;
	return 0;
}
