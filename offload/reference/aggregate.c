/* `aggregate` without keys, row by row. */
#include <errno.h>
#include <stdlib.h>

#include "operator_aggregate.h"
#include "reference_measure.h"
#include "reference_steps.h"

struct aggregate_step {
	struct operator_step step;
	uint32_t count;
	struct reference_measure *measures;
};

struct reference_measure *reference_aggregate_measures(struct operator_step *step)
{
	return ((struct aggregate_step *)(void *)step)->measures;
}

static int aggregate_push(struct operator_step *step, uint32_t side,
			  const struct operator_rows *rows, struct table_error *error)
{
	struct aggregate_step *s = (struct aggregate_step *)(void *)step;

	for (uint32_t i = 0; i < rows->count; i++) {
		for (uint32_t m = 0; m < s->count; m++) {
			struct reference_value value = {.null = false};
			uint32_t column = s->measures[m].measure->column;

			if (s->measures[m].measure->function != AGGREGATE_COUNT_ROWS)
				reference_value_get(&rows->batch->schema->fields[column],
						    &rows->batch->columns[column],
						    operator_row(rows, i), &value);
			if (reference_measure_add(&s->measures[m], step->rows_in + i, &value) < 0)
				return operator_fail(step->bound, UINT64_MAX, error, -ENOMEM,
						     "no memory");
		}
	}
	return 0;
}

static int aggregate_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	struct aggregate_step *s = (struct aggregate_step *)(void *)step;

	return reference_measures_emit(step, s->measures, s->count, error);
}

static void aggregate_close(struct operator_step *step)
{
	struct aggregate_step *s = (struct aggregate_step *)(void *)step;

	for (uint32_t m = 0; m < s->count; m++)
		reference_measure_close(&s->measures[m]);
	free(s->measures);
	free(s);
}

static int global_open(const struct operator_bound *bound, const struct operator_context *context,
		       struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {aggregate_push, aggregate_end,
						     aggregate_close};
	const struct operator_aggregate *a = bound->detail;
	struct aggregate_step *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	s->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	s->measures = calloc(a->measure_count, sizeof(*s->measures));
	if (s->measures == NULL) {
		aggregate_close(&s->step);
		return table_fail(error, -ENOMEM, "no memory");
	}
	s->count = a->measure_count;
	for (uint32_t m = 0; m < s->count; m++)
		reference_measure_open(&s->measures[m], &a->measures[m],
				       &a->input->fields[a->measures[m].column].kind, true);
	*step = &s->step;
	return 0;
}

int reference_aggregate_open(const struct operator_bound *bound,
			     const struct operator_context *context, struct operator_step **step,
			     struct table_error *error)
{
	const struct operator_aggregate *a = bound->detail;

	return a->key_count > 0 ? reference_aggregate_grouped_open(bound, context, step, error)
				: global_open(bound, context, step, error);
}
