/* `project` by kernels: columns that pass are views, or gathered; the others are registers. */
#include <errno.h>
#include <stdlib.h>

#include "operator_project.h"
#include "operator_store.h"
#include "program.h"
#include "steps.h"

struct project_step {
	struct operator_step step;
	const struct expression **computed; // those that are no column
	uint32_t computed_count;
	struct program *program;
	struct operator_store *passed; // gathered, where rows are selected
	struct vector_packed *packed;
	struct table_column *columns;
	uint64_t bytes;
};

static int columns_gather(struct project_step *s, const struct operator_rows *rows)
{
	const struct operator_project *project = s->step.bound->detail;
	int rc = 0;

	operator_store_clear(s->passed);
	for (uint32_t i = 0; i < project->count && rc == 0; i++) {
		const struct expression *e = project->expressions[i];

		if (e->op == EXPRESSION_COLUMN)
			rc = operator_store_gather(
			    s->passed, i, &rows->batch->schema->fields[e->column],
			    &rows->batch->columns[e->column], rows->selection, rows->count);
	}
	return rc;
}

static int columns_make(struct project_step *s, const struct operator_rows *rows)
{
	const struct operator_project *project = s->step.bound->detail;
	const struct table_batch *gathered = NULL;
	uint32_t computed = 0;
	int rc = 0;

	if (rows->selection != NULL && s->computed_count < project->count) {
		rc = columns_gather(s, rows);
		gathered = operator_store_view(s->passed);
	}
	for (uint32_t i = 0; i < project->count && rc == 0; i++) {
		const struct expression *e = project->expressions[i];

		if (e->op != EXPRESSION_COLUMN)
			rc = vector_pack(program_result(s->program, computed++), &e->kind,
					 rows->count, &s->packed[i], &s->columns[i]);
		else
			s->columns[i] = gathered != NULL ? gathered->columns[i]
							 : rows->batch->columns[e->column];
	}
	return rc;
}

static int project_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
			struct table_error *error)
{
	struct project_step *s = (struct project_step *)(void *)step;
	const struct table_batch out = {&step->bound->schema, rows->count, s->columns, NULL};
	const struct operator_rows emitted = {&out, NULL, rows->count};
	int rc = program_run(s->program, rows);

	if (rc < 0)
		return program_locate(s->program, step, rows, rc, error);
	rc = columns_make(s, rows);
	if (rc < 0)
		return operator_fail(step->bound, UINT64_MAX, error, rc,
				     rc == -E2BIG ? "more than 2 GiB of text in one piece"
						  : "no memory");
	return operator_emit(step, &emitted, error);
}

static int project_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	return 0;
}

static void project_close(struct operator_step *step)
{
	struct project_step *s = (struct project_step *)(void *)step;

	operator_memory_give(step->context.memory, s->bytes);
	for (uint32_t i = 0; s->packed != NULL && i < step->bound->schema.count; i++)
		vector_packed_free(&s->packed[i]);
	if (s->passed != NULL)
		operator_store_destroy(&s->passed);
	program_close(&s->program);
	free(s->computed);
	free(s->packed);
	free(s->columns);
	free(s);
}

static int parts_open(struct project_step *s)
{
	const struct operator_bound *bound = s->step.bound;
	const struct operator_project *project = bound->detail;

	s->computed = calloc(project->count, sizeof(struct expression *));
	s->packed = calloc(project->count, sizeof(*s->packed));
	s->columns = calloc(project->count, sizeof(*s->columns));
	if (s->computed == NULL || s->packed == NULL || s->columns == NULL ||
	    operator_store_create(&bound->schema, &s->passed) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < project->count; i++)
		if (project->expressions[i]->op != EXPRESSION_COLUMN)
			s->computed[s->computed_count++] = project->expressions[i];
	return program_open(s->computed, s->computed_count, &s->program);
}

int step_project_open(const struct operator_bound *bound, const struct operator_context *context,
		      struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {project_push, project_end, project_close};
	struct project_step *s = calloc(1, sizeof(*s));
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
		project_close(&s->step);
		return rc;
	}
	s->bytes = program_bytes(s->program);
	*step = &s->step;
	return 0;
}
