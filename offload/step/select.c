/* `select` by kernels: a bitmap, then the numbers of its rows. */
#include <errno.h>
#include <stdlib.h>

#include "operator_select.h"
#include "program.h"
#include "steps.h"

struct select_step {
	struct operator_step step;
	struct program *program;
	const struct select_kernels *kernels;
	uint64_t bytes;
	uint32_t selection[MR_OPERATOR_ROWS_MAX + VECTOR_SELECT_SLACK];
};

static int select_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
		       struct table_error *error)
{
	struct select_step *s = (struct select_step *)(void *)step;
	const struct vector *is = program_result(s->program, 0);
	struct operator_rows out = {rows->batch, s->selection, 0};
	uint64_t bits[VECTOR_WORDS];
	int rc = program_run(s->program, rows);

	if (rc < 0)
		return program_locate(s->program, step, rows, rc, error);
	for (uint32_t w = 0; w * 64 < rows->count; w++) {
		bits[w] = ((const uint64_t *)is->values)[w] & vector_mask(rows->count, w);
		if (is->validity != NULL)
			bits[w] &= is->validity[w];
	}
	out.count = s->kernels->select(bits, rows->count, rows->selection, s->selection);
	return operator_emit(step, out.count == rows->count ? rows : &out, error);
}

static int select_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	return 0;
}

static void select_close(struct operator_step *step)
{
	struct select_step *s = (struct select_step *)(void *)step;

	operator_memory_give(step->context.memory, s->bytes);
	program_close(&s->program);
	free(s);
}

int step_select_open(const struct operator_bound *bound, const struct operator_context *context,
		     struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {select_push, select_end, select_close};
	const struct operator_select *select = bound->detail;
	struct select_step *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	s->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	s->kernels = CPU_PICK(select_kernels);
	rc = program_open((const struct expression *const *)&select->predicate, 1, &s->program);
	if (rc < 0)
		rc = table_fail(error, rc, "no memory");
	else
		rc = operator_memory_take(bound, context->memory, program_bytes(s->program), error);
	if (rc < 0) {
		select_close(&s->step);
		return rc;
	}
	s->bytes = program_bytes(s->program);
	*step = &s->step;
	return 0;
}
