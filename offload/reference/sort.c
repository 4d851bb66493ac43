/* `sort`, `topk` and `merge`, row by row: rows are inserted where they belong. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "operator_sort.h"
#include "reference_rows.h"
#include "reference_steps.h"

struct sort_step {
	struct operator_step step;
	struct reference_rows sides[2]; // the stream, and of merge the table
};

static int sort_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
		     struct table_error *error)
{
	struct sort_step *s = (struct sort_step *)(void *)step;
	int rc = 0;

	for (uint32_t i = 0; i < rows->count && rc == 0; i++)
		rc = reference_rows_add(&s->sides[side], rows->batch, operator_row(rows, i));
	return rc < 0 ? reference_no_memory(step, error) : 0;
}

static int compare(const struct sort_step *s, const struct reference_rows *rows, uint64_t a,
		   uint64_t b)
{
	const struct operator_sort *sort = s->step.bound->detail;

	return reference_rows_compare(&s->step.bound->schema, sort->order, sort->key_count,
				      reference_row(rows, a), reference_row(rows, b));
}

/* Each row goes behind those that are not above it. */
static void insert(const struct sort_step *s, const struct reference_rows *rows, uint64_t *order)
{
	for (uint64_t row = 0; row < rows->count; row++) {
		uint64_t at = row;

		for (; at > 0 && compare(s, rows, order[at - 1], row) > 0; at--)
			order[at] = order[at - 1];
		order[at] = row;
	}
}

static int sort_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	struct sort_step *s = (struct sort_step *)(void *)step;
	const struct operator_sort *sort = step->bound->detail;
	const struct reference_rows *rows = &s->sides[0];
	uint64_t *order = malloc((rows->count + 1) * sizeof(*order));
	int rc;

	if (order == NULL)
		return reference_no_memory(step, error);
	insert(s, rows, order);
	rc = reference_rows_emit(step, rows, order,
				 rows->count < sort->rows ? rows->count : sort->rows, error);
	free(order);
	return rc;
}

static int order_check(const struct sort_step *s, const struct reference_rows *rows, const char *of,
		       struct table_error *error)
{
	for (uint64_t row = 1; row < rows->count; row++)
		if (compare(s, rows, row - 1, row) > 0)
			return operator_fail(s->step.bound, UINT64_MAX, error, -EINVAL,
					     "row %" PRIu64
					     " of %s comes before the one before it: "
					     "sort both first",
					     row, of);
	return 0;
}

/* Both one behind the other, sorted: what is equal stays so, the stream's first. */
static int merge_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	struct sort_step *s = (struct sort_step *)(void *)step;
	struct reference_rows *stream = &s->sides[0], *table = &s->sides[1];
	struct reference_rows all = {step->bound->schema.count, stream->count + table->count, 0,
				     NULL};
	size_t row_bytes = all.columns * sizeof(*all.values);
	uint64_t *order;
	int rc = order_check(s, side == 0 ? stream : table,
			     side == 0 ? "the stream" : step->bound->side, error);

	if (rc < 0 || side == 1)
		return rc;
	all.values = malloc(all.count * row_bytes + 1);
	order = malloc((all.count + 1) * sizeof(*order));
	if (all.values != NULL && order != NULL) {
		if (stream->count > 0)
			memcpy(all.values, stream->values, stream->count * row_bytes);
		if (table->count > 0)
			memcpy(all.values + stream->count * all.columns, table->values,
			       table->count * row_bytes);
		insert(s, &all, order);
		rc = reference_rows_emit(step, &all, order, all.count, error);
	} else {
		rc = reference_no_memory(step, error);
	}
	free(order);
	free(all.values);
	return rc;
}

static void sort_close(struct operator_step *step)
{
	struct sort_step *s = (struct sort_step *)(void *)step;

	reference_rows_free(&s->sides[0]);
	reference_rows_free(&s->sides[1]);
	free(s);
}

static int opened(const struct operator_step_ops *ops, const struct operator_bound *bound,
		  const struct operator_context *context, struct operator_step **step,
		  struct table_error *error)
{
	struct sort_step *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	s->step = (struct operator_step){.ops = ops, .bound = bound, .context = *context};
	*step = &s->step;
	return 0;
}

int reference_sort_open(const struct operator_bound *bound, const struct operator_context *context,
			struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {sort_push, sort_end, sort_close};

	return opened(&ops, bound, context, step, error);
}

int reference_merge_open(const struct operator_bound *bound, const struct operator_context *context,
			 struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {sort_push, merge_end, sort_close};

	return opened(&ops, bound, context, step, error);
}
