/* `aggregate` with keys, row by row: the group of a row is looked for among all. */
#include <errno.h>
#include <stdlib.h>

#include "operator_aggregate.h"
#include "reference_measure.h"
#include "reference_rows.h"
#include "reference_steps.h"

struct grouped_step {
	struct operator_step step;
	struct reference_rows firsts; // of each group the first row
	struct reference_measure **measures;
};

static bool is_of(const struct operator_aggregate *a, const struct reference_value *row,
		  const struct reference_value *first)
{
	for (uint32_t k = 0; k < a->key_count; k++)
		if (!reference_values_equal(&a->input->fields[a->keys[k]].kind, &row[a->keys[k]],
					    &first[a->keys[k]]))
			return false;
	return true;
}

/* A group more, of that row. */
static int group_make(struct grouped_step *g, const struct table_batch *batch, uint64_t row)
{
	const struct operator_aggregate *a = g->step.bound->detail;
	uint64_t count = g->firsts.count;
	struct reference_measure **measures =
	    realloc(g->measures, (count + 1) * sizeof(struct reference_measure *));

	if (measures == NULL)
		return -ENOMEM;
	g->measures = measures;
	measures[count] = calloc(a->measure_count, sizeof(**measures));
	if (measures[count] == NULL)
		return -ENOMEM;
	for (uint32_t m = 0; m < a->measure_count; m++)
		reference_measure_open(&measures[count][m], &a->measures[m],
				       &a->input->fields[a->measures[m].column].kind, false);
	if (reference_rows_add(&g->firsts, batch, row) < 0) {
		free(measures[count]);
		return -ENOMEM;
	}
	return 0;
}

static int row_add(struct grouped_step *g, const struct table_batch *batch, uint64_t row,
		   uint64_t number)
{
	const struct operator_aggregate *a = g->step.bound->detail;
	struct reference_rows one = {0};
	uint64_t group = 0;
	int rc = reference_rows_add(&one, batch, row);

	if (rc == 0) {
		while (group < g->firsts.count &&
		       !is_of(a, reference_row(&one, 0), reference_row(&g->firsts, group)))
			group++;
		if (group == g->firsts.count)
			rc = group_make(g, batch, row);
		for (uint32_t m = 0; m < a->measure_count && rc == 0; m++)
			rc = reference_measure_add(&g->measures[group][m], number,
						   &reference_row(&one, 0)[a->measures[m].column]);
	}
	reference_rows_free(&one);
	return rc;
}

static int grouped_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
			struct table_error *error)
{
	struct grouped_step *g = (struct grouped_step *)(void *)step;

	for (uint32_t i = 0; i < rows->count; i++)
		if (row_add(g, rows->batch, operator_row(rows, i), step->rows_in + i) < 0)
			return reference_no_memory(step, error);
	return 0;
}

static int group_put(struct grouped_step *g, struct table_builder *builder, uint64_t group,
		     struct table_error *error)
{
	const struct operator_bound *bound = g->step.bound;
	const struct operator_aggregate *a = bound->detail;
	int rc = 0;

	for (uint32_t k = 0; k < a->key_count && rc == 0; k++)
		rc = reference_put(builder, &bound->schema, k,
				   &reference_row(&g->firsts, group)[a->keys[k]]);
	for (uint32_t m = 0; m < a->measure_count && rc == 0; m++) {
		struct reference_value value;

		if (reference_measure_end(&g->measures[group][m], &value) < 0)
			return operator_fail(bound, UINT64_MAX, error, -ERANGE,
					     "a group's %s does not fit its type: cast what is "
					     "summed to float64",
					     bound->schema.fields[a->key_count + m].name);
		rc = reference_put(builder, &bound->schema, a->key_count + m, &value);
	}
	if (rc == 0)
		rc = table_builder_end_row(builder);
	return rc < 0 ? reference_no_memory(&g->step, error) : 0;
}

static int grouped_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	struct grouped_step *g = (struct grouped_step *)(void *)step;
	struct table_builder *builder;
	int rc = table_builder_create(&step->bound->schema, &builder);

	if (rc < 0)
		return reference_no_memory(step, error);
	for (uint64_t group = 0; group < g->firsts.count && rc == 0; group++)
		rc = group_put(g, builder, group, error);
	if (rc == 0)
		rc = reference_emit(step, builder, error);
	table_builder_destroy(&builder);
	return rc;
}

static void grouped_close(struct operator_step *step)
{
	struct grouped_step *g = (struct grouped_step *)(void *)step;
	const struct operator_aggregate *a = step->bound->detail;

	for (uint64_t group = 0; group < g->firsts.count; group++) {
		for (uint32_t m = 0; m < a->measure_count; m++)
			reference_measure_close(&g->measures[group][m]);
		free(g->measures[group]);
	}
	free(g->measures);
	reference_rows_free(&g->firsts);
	free(g);
}

int reference_aggregate_grouped_open(const struct operator_bound *bound,
				     const struct operator_context *context,
				     struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {grouped_push, grouped_end, grouped_close};
	struct grouped_step *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	g->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	*step = &g->step;
	return 0;
}
