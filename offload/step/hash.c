/* `hash`: one more column beside those that pass. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kept.h"
#include "operator_dedup.h"
#include "row_batch.h"
#include "row_hash.h"
#include "row_steps.h"

struct hash_step {
	struct operator_step step;
	struct table_column *columns; // of what goes out
	uint64_t hashes[MR_OPERATOR_ROWS_MAX];
};

static int hash_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
		     struct table_error *error)
{
	struct hash_step *h = (struct hash_step *)(void *)step;
	const struct operator_columns *keys = step->bound->detail;
	uint32_t input = step->bound->schema.count - 1;
	struct table_batch out = {&step->bound->schema, rows->batch->rows, h->columns, NULL};
	uint64_t hashes[MR_OPERATOR_ROWS_MAX];
	struct row_batch *plain;
	int rc = row_batch_plain(&keys->plain, rows->batch, rows->selection, rows->count,
				 keys->columns, keys->count, step->context.memory, &plain);

	if (rc < 0)
		return step_kept_fail(step->bound, &step->context, "its columns", error, rc);
	row_hashes(&keys->plain, keys->columns, keys->count, &plain->batch, 0, rows->count, hashes);
	row_batch_destroy(&plain);
	for (uint32_t i = 0; i < rows->count; i++)
		h->hashes[operator_row(rows, i)] = hashes[i];
	memcpy(h->columns, rows->batch->columns, input * sizeof(*h->columns));
	h->columns[input] = (struct table_column){.values = h->hashes};
	return operator_emit(step, &(struct operator_rows){&out, rows->selection, rows->count},
			     error);
}

static int hash_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	return 0;
}

static void hash_close(struct operator_step *step)
{
	struct hash_step *h = (struct hash_step *)(void *)step;

	free(h->columns);
	free(h);
}

int step_hash_open(const struct operator_bound *bound, const struct operator_context *context,
		   struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {hash_push, hash_end, hash_close};
	struct hash_step *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	h->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	h->columns = calloc(bound->schema.count, sizeof(*h->columns));
	if (h->columns == NULL) {
		free(h);
		return table_fail(error, -ENOMEM, "no memory");
	}
	*step = &h->step;
	return 0;
}
