/* `join`, row by row: each row of the stream beside each of the table. */
#include <errno.h>
#include <stdlib.h>

#include "operator_join.h"
#include "reference_rows.h"
#include "reference_steps.h"

struct join_step {
	struct operator_step step;
	struct reference_rows table;
	struct table_builder *builder;
};

static bool keys_match(const struct operator_join *join, const struct reference_value *left,
		       const struct reference_value *right)
{
	for (uint32_t k = 0; k < join->key_count; k++) {
		const struct reference_value *a = &left[join->left_keys[k]];
		const struct reference_value *b = &right[join->right_keys[k]];

		if (a->null || b->null ||
		    reference_compare(&join->left.fields[join->left_keys[k]].kind, a, b) != 0)
			return false;
	}
	return true;
}

static int pair_put(struct join_step *j, const struct reference_value *left,
		    const struct reference_value *right)
{
	static const struct reference_value null = {.null = true};
	const struct operator_join *join = j->step.bound->detail;
	const struct table_schema *schema = &j->step.bound->schema;
	int rc = 0;

	for (uint32_t i = 0; i < join->left.count && rc == 0; i++)
		rc = reference_put(j->builder, schema, i, &left[i]);
	for (uint32_t i = 0; i < join->payload_count && rc == 0; i++)
		rc = reference_put(j->builder, schema, join->left.count + i,
				   right != NULL ? &right[join->payload[i]] : &null);
	return rc < 0 ? rc : table_builder_end_row(j->builder);
}

/* Returns whether there is a match, or -ENOMEM. */
static int row_join(struct join_step *j, const struct reference_value *left)
{
	const struct operator_join *join = j->step.bound->detail;
	bool both = join->type == JOIN_INNER || join->type == JOIN_LEFT, any = false;
	int rc = 0;

	for (uint64_t row = 0; row < j->table.count && rc == 0; row++) {
		const struct reference_value *right = reference_row(&j->table, row);

		if (!keys_match(join, left, right))
			continue;
		any = true;
		if (both)
			rc = pair_put(j, left, right);
	}
	if (join->type == JOIN_LEFT && !any && rc == 0)
		rc = pair_put(j, left, NULL);
	return rc < 0 ? rc : any;
}

static int table_push(struct join_step *j, const struct operator_rows *rows,
		      struct table_error *error)
{
	int rc = 0;

	for (uint32_t i = 0; i < rows->count && rc == 0; i++)
		rc = reference_rows_add(&j->table, rows->batch, operator_row(rows, i));
	return rc < 0 ? reference_no_memory(&j->step, error) : 0;
}

static int join_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
		     struct table_error *error)
{
	struct join_step *j = (struct join_step *)(void *)step;
	const struct operator_join *join = step->bound->detail;
	uint32_t selection[MR_OPERATOR_ROWS_MAX];
	struct operator_rows out = {rows->batch, selection, 0};

	if (side == 1)
		return table_push(j, rows, error);
	for (uint32_t i = 0; i < rows->count; i++) {
		struct reference_rows one = {0};
		int any = reference_rows_add(&one, rows->batch, operator_row(rows, i));

		if (any == 0)
			any = row_join(j, reference_row(&one, 0));
		reference_rows_free(&one);
		if (any < 0)
			return reference_no_memory(step, error);
		if ((join->type == JOIN_SEMI && any) || (join->type == JOIN_ANTI && !any))
			selection[out.count++] = (uint32_t)operator_row(rows, i);
	}
	if (join->type == JOIN_SEMI || join->type == JOIN_ANTI)
		return operator_emit(step, &out, error);
	return reference_emit(step, j->builder, error);
}

static int join_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	return 0;
}

static void join_close(struct operator_step *step)
{
	struct join_step *j = (struct join_step *)(void *)step;

	reference_rows_free(&j->table);
	table_builder_destroy(&j->builder);
	free(j);
}

int reference_join_open(const struct operator_bound *bound, const struct operator_context *context,
			struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {join_push, join_end, join_close};
	struct join_step *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	j->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	if (table_builder_create(&bound->schema, &j->builder) < 0) {
		free(j);
		return table_fail(error, -ENOMEM, "no memory");
	}
	*step = &j->step;
	return 0;
}
