/* Expressions as a list of instructions over registers. */
#include "program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "instruction.h"

struct program {
	const struct expression *const *expressions;
	uint32_t count;
	struct instruction **instructions; // arguments come before
	uint32_t instruction_count;
	const struct instruction **results;
	struct reference_scratch constants; // text of the program's life
	struct reference_scratch scratch;   // text of a run
};

/* A part without columns is what it is in any row; what fails there fails in every row. */
static int fails_run(struct instruction *instruction, uint32_t rows,
		     struct reference_scratch *scratch)
{
	return rows > 0 ? -ERANGE : 0;
}

static bool is_constant(const struct expression *e)
{
	if (e->op == EXPRESSION_COLUMN)
		return false;
	for (uint32_t i = 0; i < e->count; i++)
		if (!is_constant(e->arguments[i]))
			return false;
	return true;
}

static bool instruction_same(const struct instruction *a, const struct expression *e,
			     const struct instruction *const *arguments)
{
	const struct expression *x = a->expression;

	if (x->op != e->op || x->count != e->count || !table_kind_equal(&x->kind, &e->kind) ||
	    x->column != e->column || a->run == fails_run)
		return false;
	if (e->op == EXPRESSION_LITERAL)
		return expression_equal(x, e);
	for (uint32_t i = 0; i < e->count; i++)
		if (a->arguments[i] != arguments[i])
			return false;
	return true;
}

static int instruction_add(struct program *p, const struct expression *e,
			   const struct instruction *const *arguments, struct instruction **made)
{
	struct instruction **list = p->instructions, *one;
	uint32_t count = p->instruction_count;

	if ((count & (count - 1)) == 0) {
		list = realloc(list, (count > 0 ? 2u * count : 1) * sizeof(struct instruction *));
		if (list == NULL)
			return -ENOMEM;
		p->instructions = list;
	}
	one = calloc(1, sizeof(*one));
	if (one == NULL || vector_open(&one->out, &e->kind) < 0) {
		free(one);
		return -ENOMEM;
	}
	one->expression = e;
	for (uint32_t i = 0; arguments != NULL && i < e->count; i++)
		one->arguments[i] = arguments[i];
	list[p->instruction_count++] = one;
	*made = one;
	return 0;
}

static int constant_add(struct program *p, const struct expression *e, struct instruction **made)
{
	static const struct table_schema no_columns;
	const struct table_batch none = {.schema = &no_columns};
	struct reference_value value;
	struct table_error error;
	int rc = instruction_add(p, e, NULL, made), failed;

	if (rc < 0)
		return rc;
	failed = reference_evaluate(e, &none, 0, &p->constants, &value, &error);
	if (failed < 0) {
		value = (struct reference_value){.null = true};
		(*made)->run = fails_run;
	}
	vector_fill(&(*made)->out, &e->kind, &value);
	return failed == -ENOMEM ? failed : 0;
}

static int compile(struct program *p, const struct expression *e, const struct instruction **result)
{
	const struct instruction *arguments[EXPRESSION_ARGUMENTS_MAX] = {NULL};
	bool constant = is_constant(e);
	struct instruction *made = NULL;
	int rc = 0;

	for (uint32_t i = 0; i < e->count && !constant && rc == 0; i++)
		rc = compile(p, e->arguments[i], &arguments[i]);
	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < p->instruction_count && (!constant || e->count == 0); i++) {
		if (instruction_same(p->instructions[i], e, arguments)) {
			*result = p->instructions[i];
			return 0;
		}
	}
	rc = constant ? constant_add(p, e, &made) : instruction_add(p, e, arguments, &made);
	if (rc == 0 && !constant && e->op != EXPRESSION_COLUMN)
		instruction_choose(made);
	*result = made;
	return rc;
}

int program_open(const struct expression *const *expressions, uint32_t count,
		 struct program **program)
{
	struct program *p = calloc(1, sizeof(*p));
	int rc = 0;

	*program = p;
	if (p == NULL)
		return -ENOMEM;
	p->expressions = expressions;
	p->count = count;
	p->results = calloc(count > 0 ? count : 1, sizeof(struct instruction *));
	if (p->results == NULL)
		rc = -ENOMEM;
	for (uint32_t i = 0; i < count && rc == 0; i++)
		rc = compile(p, expressions[i], &p->results[i]);
	if (rc < 0)
		program_close(program);
	return rc;
}

void program_close(struct program **program)
{
	struct program *p = *program;

	*program = NULL;
	if (p == NULL)
		return;
	for (uint32_t i = 0; i < p->instruction_count; i++) {
		vector_close(&p->instructions[i]->out);
		free(p->instructions[i]);
	}
	free(p->instructions);
	free(p->results);
	reference_scratch_free(&p->constants);
	reference_scratch_free(&p->scratch);
	free(p);
}

uint64_t program_bytes(const struct program *program)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < program->instruction_count; i++)
		bytes += sizeof(struct instruction) +
			 (uint64_t)vector_lane_bytes(program->instructions[i]->out.lane) *
			     MR_OPERATOR_ROWS_MAX;
	return bytes;
}

int program_run(struct program *program, const struct operator_rows *rows)
{
	reference_scratch_clear(&program->scratch);
	for (uint32_t i = 0; i < program->instruction_count; i++) {
		struct instruction *instruction = program->instructions[i];
		const struct expression *e = instruction->expression;
		int rc = 0;

		if (e->op == EXPRESSION_COLUMN)
			vector_load(&instruction->out, &rows->batch->schema->fields[e->column],
				    &rows->batch->columns[e->column], rows);
		else if (instruction->run != NULL)
			rc = instruction->run(instruction, rows->count, &program->scratch);
		if (rc < 0)
			return rc;
	}
	return 0;
}

const struct vector *program_result(const struct program *program, uint32_t expression)
{
	return &program->results[expression]->out;
}

int program_locate(struct program *program, const struct operator_step *step,
		   const struct operator_rows *rows, int rc, struct table_error *error)
{
	struct reference_value value;
	struct table_error inner;

	for (uint32_t i = 0; i < rows->count && rc != -ENOMEM; i++) {
		for (uint32_t k = 0; k < program->count; k++) {
			int found = reference_evaluate(program->expressions[k], rows->batch,
						       operator_row(rows, i), &program->scratch,
						       &value, &inner);

			if (found < 0)
				return operator_fail(step->bound, step->rows_in + i, error, found,
						     "%s", inner.text);
		}
		reference_scratch_clear(&program->scratch);
	}
	/* A row that fails here fails in the reference. */
	return operator_fail(step->bound, UINT64_MAX, error, rc, "%s",
			     rc == -ENOMEM ? "no memory" : "overflow, in a row that is not known");
}
