/* `dedup`: rows whose key is new pass. */
#include <errno.h>
#include <stdlib.h>

#include "group_table.h"
#include "kept.h"
#include "operator_dedup.h"
#include "row_batch.h"
#include "row_steps.h"

struct dedup_step {
	struct operator_step step;
	struct group_table *table;
};

static int failed(const struct operator_step *step, struct table_error *error, int rc)
{
	return step_kept_fail(step->bound, &step->context, "its keys", error, rc);
}

static int dedup_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
		      struct table_error *error)
{
	struct dedup_step *d = (struct dedup_step *)(void *)step;
	const struct operator_columns *keys = step->bound->detail;
	uint32_t groups[MR_OPERATOR_ROWS_MAX], selection[MR_OPERATOR_ROWS_MAX], count;
	const uint32_t *made;
	struct row_batch *plain;
	int rc = row_batch_plain(&keys->plain, rows->batch, rows->selection, rows->count,
				 keys->columns, keys->count, step->context.memory, &plain);

	if (rc < 0)
		return failed(step, error, rc);
	rc = group_table_insert(d->table, keys->columns, &plain->batch, groups);
	row_batch_destroy(&plain);
	if (rc < 0)
		return failed(step, error, rc);
	made = group_table_new(d->table, &count);
	for (uint32_t i = 0; i < count; i++)
		selection[i] = (uint32_t)operator_row(rows, made[i]);
	return operator_emit(step, &(struct operator_rows){rows->batch, selection, count}, error);
}

static int dedup_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	return 0;
}

static void dedup_close(struct operator_step *step)
{
	struct dedup_step *d = (struct dedup_step *)(void *)step;

	group_table_destroy(&d->table);
	free(d);
}

int step_dedup_open(const struct operator_bound *bound, const struct operator_context *context,
		    struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {dedup_push, dedup_end, dedup_close};
	const struct operator_columns *keys = bound->detail;
	struct dedup_step *d = calloc(1, sizeof(*d));
	int rc;

	if (d == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	d->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	rc = group_table_create(&keys->plain, keys->columns, keys->count, context->memory,
				&d->table);
	if (rc < 0) {
		failed(&d->step, error, rc);
		dedup_close(&d->step);
		return rc;
	}
	*step = &d->step;
	return 0;
}
