/* `project`, row by row. */
#include <errno.h>
#include <stdlib.h>

#include "operator_project.h"
#include "operator_store.h"
#include "reference_parts.h"
#include "reference_steps.h"
#include "table_builder.h"

/* Columns that pass are gathered, with their dictionaries; those that are computed are built. */
struct project_step {
	struct operator_step step;
	struct reference_scratch scratch;
	struct operator_store *passed;
	struct table_builder *builder;
	struct table_column *columns;
};

static bool is_passed(const struct operator_project *project, uint32_t i)
{
	return project->expressions[i]->op == EXPRESSION_COLUMN;
}

static int value_add(struct table_builder *builder, uint32_t column, const struct table_kind *kind,
		     const struct reference_value *value)
{
	_Alignas(16) uint8_t fixed[16];

	if (value->null)
		return table_builder_null(builder, column);
	if (table_type_is_text(kind->type))
		return table_builder_bytes(builder, column, value->bytes, value->count);
	reference_value_pack(kind, value, fixed);
	return table_builder_value(builder, column, fixed);
}

static int row_compute(struct project_step *s, const struct table_batch *batch, uint64_t row,
		       struct table_error *error)
{
	const struct operator_project *project = s->step.bound->detail;
	int rc = 0;

	for (uint32_t i = 0; i < project->count && rc == 0; i++) {
		const struct expression *e = project->expressions[i];
		struct reference_value value;

		if (is_passed(project, i))
			continue;
		rc = reference_evaluate(e, batch, row, &s->scratch, &value, error);
		if (rc == 0) {
			rc = value_add(s->builder, i, &e->kind, &value);
			if (rc < 0)
				table_fail(error, rc, "no memory for %s",
					   s->step.bound->schema.fields[i].name);
		}
		reference_scratch_clear(&s->scratch);
	}
	if (rc == 0 && table_builder_end_row(s->builder) < 0)
		return table_fail(error, -ENOMEM, "no memory");
	return rc;
}

static int rows_compute(struct project_step *s, const struct operator_rows *rows,
			struct table_batch **batch, struct table_error *error)
{
	const struct operator_bound *bound = s->step.bound;
	struct table_error inner;

	for (uint32_t i = 0; i < rows->count; i++) {
		int rc = row_compute(s, rows->batch, operator_row(rows, i), &inner);

		if (rc < 0)
			return operator_fail(bound, s->step.rows_in + i, error, rc, "%s",
					     inner.text);
	}
	if (table_builder_take(s->builder, batch) < 0)
		return operator_fail(bound, UINT64_MAX, error, -ENOMEM, "no memory");
	return 0;
}

static int columns_pass(struct project_step *s, const struct operator_rows *rows,
			struct table_error *error)
{
	const struct operator_project *project = s->step.bound->detail;
	int rc = 0;

	operator_store_clear(s->passed);
	for (uint32_t i = 0; i < project->count && rc == 0; i++) {
		uint32_t from = project->expressions[i]->column;

		if (is_passed(project, i))
			rc = operator_store_gather(s->passed, i, &rows->batch->schema->fields[from],
						   &rows->batch->columns[from], rows->selection,
						   rows->count);
	}
	return rc < 0 ? operator_fail(s->step.bound, UINT64_MAX, error, rc, "no memory") : 0;
}

static int project_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
			struct table_error *error)
{
	struct project_step *s = (struct project_step *)(void *)step;
	const struct operator_project *project = step->bound->detail;
	struct table_batch *built = NULL;
	struct table_batch out = {&step->bound->schema, rows->count, s->columns, NULL};
	struct operator_rows emitted = {&out, NULL, rows->count};
	int rc = columns_pass(s, rows, error);

	if (rc == 0)
		rc = rows_compute(s, rows, &built, error);
	if (rc == 0) {
		const struct table_batch *passed = operator_store_view(s->passed);

		for (uint32_t i = 0; i < project->count; i++)
			s->columns[i] =
			    is_passed(project, i) ? passed->columns[i] : built->columns[i];
		rc = operator_emit(step, &emitted, error);
	}
	table_batch_free(&built);
	return rc;
}

static int project_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	return 0;
}

static void project_close(struct operator_step *step)
{
	struct project_step *s = (struct project_step *)(void *)step;

	operator_store_destroy(&s->passed);
	if (s->builder != NULL)
		table_builder_destroy(&s->builder);
	reference_scratch_free(&s->scratch);
	free(s->columns);
	free(s);
}

int reference_project_open(const struct operator_bound *bound,
			   const struct operator_context *context, struct operator_step **step,
			   struct table_error *error)
{
	static const struct operator_step_ops ops = {project_push, project_end, project_close};
	struct project_step *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	s->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	s->columns = calloc(bound->schema.count, sizeof(*s->columns));
	if (s->columns == NULL || operator_store_create(&bound->schema, &s->passed) < 0 ||
	    table_builder_create(&bound->schema, &s->builder) < 0) {
		project_close(&s->step);
		return table_fail(error, -ENOMEM, "no memory");
	}
	*step = &s->step;
	return 0;
}
