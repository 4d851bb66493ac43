/* `select`, row by row. */
#include <errno.h>
#include <stdlib.h>

#include "operator_select.h"
#include "reference_steps.h"

struct select_step {
	struct operator_step step;
	struct reference_scratch scratch;
	uint32_t selection[MR_OPERATOR_ROWS_MAX];
};

static int select_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
		       struct table_error *error)
{
	struct select_step *s = (struct select_step *)(void *)step;
	const struct operator_select *select = step->bound->detail;
	struct operator_rows out = {rows->batch, s->selection, 0};
	struct table_error inner;

	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t row = operator_row(rows, i);
		struct reference_value value;
		int rc = reference_evaluate(select->predicate, rows->batch, row, &s->scratch,
					    &value, &inner);

		if (rc < 0)
			return operator_fail(step->bound, step->rows_in + i, error, rc, "%s",
					     inner.text);
		if (!value.null && value.integer != 0)
			s->selection[out.count++] = (uint32_t)row;
		reference_scratch_clear(&s->scratch);
	}
	return operator_emit(step, &out, error);
}

static int select_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	return 0;
}

static void select_close(struct operator_step *step)
{
	struct select_step *s = (struct select_step *)(void *)step;

	reference_scratch_free(&s->scratch);
	free(s);
}

int reference_select_open(const struct operator_bound *bound,
			  const struct operator_context *context, struct operator_step **step,
			  struct table_error *error)
{
	static const struct operator_step_ops ops = {select_push, select_end, select_close};
	struct select_step *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	s->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	*step = &s->step;
	return 0;
}
