/* `dedup`, row by row: a row is looked for among all that passed. */
#include <errno.h>
#include <stdlib.h>

#include "operator_dedup.h"
#include "reference_rows.h"
#include "reference_steps.h"

struct dedup_step {
	struct operator_step step;
	struct reference_rows passed;
};

static bool is_there(const struct dedup_step *d, const struct reference_value *row)
{
	const struct operator_columns *keys = d->step.bound->detail;

	for (uint64_t i = 0; i < d->passed.count; i++) {
		bool equal = true;

		for (uint32_t k = 0; k < keys->count && equal; k++) {
			uint32_t c = keys->columns[k];

			equal = reference_values_equal(&keys->plain.fields[c].kind, &row[c],
						       &reference_row(&d->passed, i)[c]);
		}
		if (equal)
			return true;
	}
	return false;
}

static int dedup_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
		      struct table_error *error)
{
	struct dedup_step *d = (struct dedup_step *)(void *)step;
	uint32_t selection[MR_OPERATOR_ROWS_MAX];
	struct operator_rows out = {rows->batch, selection, 0};

	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t row = operator_row(rows, i);
		struct reference_rows one = {0};
		int rc = reference_rows_add(&one, rows->batch, row);

		if (rc == 0 && !is_there(d, reference_row(&one, 0))) {
			selection[out.count++] = (uint32_t)row;
			rc = reference_rows_add(&d->passed, rows->batch, row);
		}
		reference_rows_free(&one);
		if (rc < 0)
			return reference_no_memory(step, error);
	}
	return operator_emit(step, &out, error);
}

static int dedup_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	return 0;
}

static void dedup_close(struct operator_step *step)
{
	struct dedup_step *d = (struct dedup_step *)(void *)step;

	reference_rows_free(&d->passed);
	free(d);
}

int reference_dedup_open(const struct operator_bound *bound, const struct operator_context *context,
			 struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {dedup_push, dedup_end, dedup_close};
	struct dedup_step *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	d->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	*step = &d->step;
	return 0;
}
