/* `join`: the table's keys are numbered, its rows lie by these numbers, and the stream's rows look
 * theirs up. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "group_table.h"
#include "kept.h"
#include "operator_join.h"
#include "row_steps.h"

struct join_step {
	struct operator_step step;
	const struct operator_join *join;
	struct table_schema payload; // of the table's columns that are given out
	struct table_column *picked; // these, of a batch at hand
	struct group_table *table;
	struct row_store store;
	struct table_bytes groups; // uint32_t: of each row of the store
	struct table_bytes firsts; // uint64_t: where the rows of a group begin in refs, and the end
	struct table_bytes refs;   // row_ref: rows by group, in each as they came
	// What is to be given out of the batch at hand.
	struct row_batch *left;
	uint32_t count;
	row_ref left_refs[MR_OPERATOR_ROWS_MAX], right_refs[MR_OPERATOR_ROWS_MAX];
};

static bool gives_both(const struct join_step *j)
{
	return j->join->type == JOIN_INNER || j->join->type == JOIN_LEFT;
}

static int failed(const struct join_step *j, struct table_error *error, int rc)
{
	return step_kept_fail(j->step.bound, &j->step.context, "the rows of its table", error, rc);
}

static uint32_t rows_with_keys(const struct join_step *j, const struct table_batch *batch,
			       uint32_t *rows)
{
	uint32_t count = 0;

	for (uint32_t row = 0; row < batch->rows; row++) {
		bool null = false;

		for (uint32_t k = 0; k < j->join->key_count; k++)
			null |= table_is_null(&batch->columns[j->join->right_keys[k]], row);
		rows[count] = row;
		count += !null;
	}
	return count;
}

static int payload_add(struct join_step *j, const struct table_batch *batch, const uint32_t *groups)
{
	struct table_batch picked = {&j->payload, batch->rows, j->picked, NULL};
	int rc =
	    row_bytes_reserve(j->step.context.memory, &j->groups, batch->rows * sizeof(*groups));

	for (uint32_t i = 0; i < j->join->payload_count; i++)
		j->picked[i] = batch->columns[j->join->payload[i]];
	if (rc == 0)
		rc = row_store_add(&j->store, &picked, 0, NULL, batch->rows, NULL);
	return rc < 0 ? rc : table_bytes_add(&j->groups, groups, batch->rows * sizeof(*groups));
}

/* Rows with a null among their keys equal nothing, and are left out. */
static int table_push(struct join_step *j, const struct operator_rows *rows)
{
	uint32_t keyed[MR_OPERATOR_ROWS_MAX], groups[MR_OPERATOR_ROWS_MAX], count;
	const struct table_schema *schema = &j->join->right;
	struct row_batch *plain, *all;
	int rc = row_batch_plain(schema, rows->batch, rows->selection, rows->count, NULL, 0,
				 j->step.context.memory, &all);

	if (rc < 0)
		return rc;
	count = rows_with_keys(j, &all->batch, keyed);
	rc = row_batch_plain(schema, &all->batch, count < all->batch.rows ? keyed : NULL, count,
			     NULL, 0, j->step.context.memory, &plain);
	if (rc == 0) {
		rc = group_table_insert(j->table, j->join->right_keys, &plain->batch, groups);
		if (rc == 0 && gives_both(j))
			rc = payload_add(j, &plain->batch, groups);
		row_batch_destroy(&plain);
	}
	row_batch_destroy(&all);
	return rc;
}

/* The table is whole: its rows by group. */
static int rows_index(struct join_step *j)
{
	struct row_budget *budget = j->step.context.memory;
	const uint32_t *groups = (const uint32_t *)(const void *)j->groups.at;
	uint64_t count = group_table_count(j->table), rows = j->store.rows, *firsts;
	row_ref *refs;
	int rc = row_bytes_reserve(budget, &j->firsts, (count + 2) * sizeof(*firsts));

	if (rc == 0)
		rc = row_bytes_reserve(budget, &j->refs, rows * sizeof(*refs));
	if (rc < 0)
		return rc;
	firsts = (uint64_t *)(void *)j->firsts.at;
	refs = (row_ref *)(void *)j->refs.at;
	memset(firsts, 0, (count + 2) * sizeof(*firsts));
	for (uint64_t row = 0; row < rows; row++)
		firsts[groups[row] + 2]++;
	for (uint64_t g = 2; g < count + 2; g++)
		firsts[g] += firsts[g - 1];
	for (uint64_t row = 0; row < rows; row++)
		refs[firsts[groups[row] + 1]++] = row_store_ref(row);
	row_bytes_free(budget, &j->groups);
	return 0;
}

static int pairs_emit(struct join_step *j, struct table_error *error)
{
	const struct table_schema *schema = &j->step.bound->schema;
	struct row_batch *out;
	int rc = row_batch_create(schema, &out);

	if (rc < 0)
		return failed(j, error, rc);
	for (uint32_t i = 0; i < j->join->left.count && rc == 0; i++) {
		const struct table_column *column = &j->left->batch.columns[i];

		rc = row_column_gather(&out->columns[i], &schema->fields[i].kind, &column,
				       j->left_refs, j->count, NULL);
	}
	if (rc == 0)
		rc = row_store_gather(&j->store, NULL, j->right_refs, j->count, out,
				      j->join->left.count);
	if (rc < 0)
		failed(j, error, rc);
	else
		rc = operator_emit_batch(&j->step, row_batch_finish(out, j->count), error);
	row_batch_destroy(&out);
	j->count = 0;
	return rc;
}

static int pair_add(struct join_step *j, uint32_t row, row_ref right, struct table_error *error)
{
	j->left_refs[j->count] = row_ref_of(0, row);
	j->right_refs[j->count++] = right;
	return j->count == MR_OPERATOR_ROWS_MAX ? pairs_emit(j, error) : 0;
}

static int pairs_push(struct join_step *j, const uint32_t *groups, struct table_error *error)
{
	const uint64_t *firsts = (const uint64_t *)(const void *)j->firsts.at;
	const row_ref *refs = (const row_ref *)(const void *)j->refs.at;
	int rc = 0;

	for (uint32_t row = 0; row < j->left->batch.rows && rc == 0; row++) {
		if (groups[row] == GROUP_NONE) {
			if (j->join->type == JOIN_LEFT)
				rc = pair_add(j, row, ROW_NONE, error);
			continue;
		}
		for (uint64_t i = firsts[groups[row]]; i < firsts[groups[row] + 1] && rc == 0; i++)
			rc = pair_add(j, row, refs[i], error);
	}
	return rc == 0 && j->count > 0 ? pairs_emit(j, error) : rc;
}

/* semi and anti: the rows themselves. */
static int rows_push(struct join_step *j, const struct operator_rows *rows, const uint32_t *groups,
		     struct table_error *error)
{
	uint32_t selection[MR_OPERATOR_ROWS_MAX], count = 0;
	bool wanted = j->join->type == JOIN_SEMI;

	for (uint32_t i = 0; i < rows->count; i++)
		if ((groups[i] != GROUP_NONE) == wanted)
			selection[count++] = (uint32_t)operator_row(rows, i);
	return operator_emit(&j->step, &(struct operator_rows){rows->batch, selection, count},
			     error);
}

static int stream_push(struct join_step *j, const struct operator_rows *rows,
		       struct table_error *error)
{
	const struct operator_join *join = j->join;
	uint32_t groups[MR_OPERATOR_ROWS_MAX];
	int rc = row_batch_plain(&join->left, rows->batch, rows->selection, rows->count,
				 gives_both(j) ? NULL : join->left_keys, join->key_count,
				 j->step.context.memory, &j->left);

	if (rc < 0)
		return failed(j, error, rc);
	rc = group_table_find(j->table, join->left_keys, &j->left->batch, groups);
	if (rc < 0)
		failed(j, error, rc);
	else
		rc = gives_both(j) ? pairs_push(j, groups, error)
				   : rows_push(j, rows, groups, error);
	row_batch_destroy(&j->left);
	return rc;
}

static int join_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
		     struct table_error *error)
{
	struct join_step *j = (struct join_step *)(void *)step;
	int rc;

	if (side == 0)
		return stream_push(j, rows, error);
	rc = table_push(j, rows);
	return rc < 0 ? failed(j, error, rc) : 0;
}

static int join_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	struct join_step *j = (struct join_step *)(void *)step;
	int rc = side == 1 ? rows_index(j) : 0;

	return rc < 0 ? failed(j, error, rc) : 0;
}

static void join_close(struct operator_step *step)
{
	struct join_step *j = (struct join_step *)(void *)step;
	struct row_budget *budget = step->context.memory;

	group_table_destroy(&j->table);
	row_store_free(&j->store);
	row_bytes_free(budget, &j->groups);
	row_bytes_free(budget, &j->firsts);
	row_bytes_free(budget, &j->refs);
	table_schema_free(&j->payload);
	free(j->picked);
	free(j);
}

static int payload_open(struct join_step *j)
{
	const struct operator_join *join = j->join;
	int rc = 0;

	j->picked = calloc(join->payload_count + 1, sizeof(*j->picked));
	if (j->picked == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < join->payload_count && rc == 0; i++) {
		const struct table_field *field = &join->right.fields[join->payload[i]];

		rc = table_schema_add(&j->payload, field->name, strlen(field->name), &field->kind);
	}
	return rc;
}

int step_join_open(const struct operator_bound *bound, const struct operator_context *context,
		   struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {join_push, join_end, join_close};
	struct join_step *j = calloc(1, sizeof(*j));
	int rc;

	if (j == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	j->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	j->join = bound->detail;
	row_store_init(&j->store, &j->payload, context->memory);
	rc = payload_open(j);
	if (rc == 0)
		rc = group_table_create(&j->join->right, j->join->right_keys, j->join->key_count,
					context->memory, &j->table);
	if (rc < 0) {
		failed(j, error, rc);
		join_close(&j->step);
		return rc;
	}
	*step = &j->step;
	return 0;
}
