/* `aggregate` without keys, by kernels: each column is loaded once, and measured a piece at a time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate_grouped.h"
#include "aggregate_measure.h"
#include "operator_aggregate.h"
#include "program.h"
#include "steps.h"
#include "table_builder.h"

struct aggregate_step {
	struct operator_step step;
	uint32_t count;
	struct reference_measure *measures;
	const struct sum_kernels *kernels;
	struct expression *columns; // one for each measure that has one
	const struct expression **expressions;
	struct program *program;
	uint64_t bytes;
};

static int aggregate_push(struct operator_step *step, uint32_t side,
			  const struct operator_rows *rows, struct table_error *error)
{
	struct aggregate_step *s = (struct aggregate_step *)(void *)step;
	int rc = program_run(s->program, rows);

	for (uint32_t m = 0; m < s->count && rc == 0; m++)
		rc = aggregate_measure_add(&s->measures[m], s->kernels, step->rows_in,
					   program_result(s->program, m), rows->count);
	return rc < 0 ? operator_fail(step->bound, UINT64_MAX, error, rc, "no memory") : 0;
}

static int aggregate_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	struct aggregate_step *s = (struct aggregate_step *)(void *)step;

	return reference_measures_emit(step, s->measures, s->count, error);
}

static void aggregate_close(struct operator_step *step)
{
	struct aggregate_step *s = (struct aggregate_step *)(void *)step;

	operator_memory_give(step->context.memory, s->bytes);
	for (uint32_t m = 0; m < s->count; m++)
		reference_measure_close(&s->measures[m]);
	program_close(&s->program);
	free(s->measures);
	free(s->columns);
	free(s->expressions);
	free(s);
}

/* A measure's column as an expression; count() has a constant instead. */
static void measure_open(struct aggregate_step *s, uint32_t m)
{
	const struct operator_aggregate *a = s->step.bound->detail;
	const struct operator_measure *measure = &a->measures[m];
	const struct table_kind *kind = &a->input->fields[measure->column].kind;
	struct expression *e = &s->columns[m];

	reference_measure_open(&s->measures[m], measure, kind, true);
	*e = (struct expression){.op = EXPRESSION_COLUMN, .column = measure->column, .kind = *kind};
	if (measure->function == AGGREGATE_COUNT_ROWS)
		*e = (struct expression){.op = EXPRESSION_LITERAL, .kind = {.type = TABLE_BOOL}};
	s->expressions[m] = e;
}

static int parts_open(struct aggregate_step *s)
{
	const struct operator_aggregate *a = s->step.bound->detail;

	s->kernels = CPU_PICK(sum_kernels);
	s->measures = calloc(a->measure_count, sizeof(*s->measures));
	s->columns = calloc(a->measure_count, sizeof(*s->columns));
	s->expressions = calloc(a->measure_count, sizeof(struct expression *));
	if (s->measures == NULL || s->columns == NULL || s->expressions == NULL)
		return -ENOMEM;
	s->count = a->measure_count;
	for (uint32_t m = 0; m < s->count; m++)
		measure_open(s, m);
	return program_open(s->expressions, s->count, &s->program);
}

static int global_open(const struct operator_bound *bound, const struct operator_context *context,
		       struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {aggregate_push, aggregate_end,
						     aggregate_close};
	struct aggregate_step *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	s->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	rc = parts_open(s);
	if (rc < 0)
		rc = table_fail(error, rc, "no memory");
	else
		rc = operator_memory_take(bound, context->memory, program_bytes(s->program), error);
	if (rc < 0) {
		aggregate_close(&s->step);
		return rc;
	}
	s->bytes = program_bytes(s->program);
	*step = &s->step;
	return 0;
}

int step_aggregate_open(const struct operator_bound *bound, const struct operator_context *context,
			struct operator_step **step, struct table_error *error)
{
	const struct operator_aggregate *aggregate = bound->detail;

	return aggregate->key_count > 0 ? step_aggregate_grouped_open(bound, context, step, error)
					: global_open(bound, context, step, error);
}
