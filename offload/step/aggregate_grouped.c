/* `aggregate` with keys: groups numbered by a table, measures in arrays by that number. */
#include "aggregate_grouped.h"

#include <errno.h>
#include <stdlib.h>

#include "group_measures.h"
#include "group_table.h"
#include "kept.h"
#include "operator_aggregate.h"
#include "reference.h"
#include "row_batch.h"

struct grouped {
	struct operator_step step;
	const struct operator_aggregate *aggregate;
	struct table_schema plain; // of the input
	uint32_t *columns;         // that are looked at: of keys and measures
	uint32_t column_count;
	struct group_table *table;
	struct group_measures *measures;
	struct row_column *keys; // of the groups, as in their first rows
};

static int failed(const struct grouped *g, struct table_error *error, int rc)
{
	return step_kept_fail(g->step.bound, &g->step.context, "its groups", error, rc);
}

/* A row with each new key gives the group its name. */
static int keys_add(struct grouped *g, const struct table_batch *batch)
{
	row_ref refs[MR_OPERATOR_ROWS_MAX];
	uint32_t count;
	const uint32_t *rows = group_table_new(g->table, &count);
	int rc = 0;

	for (uint32_t i = 0; i < count; i++)
		refs[i] = row_ref_of(0, rows[i]);
	for (uint32_t i = 0; i < g->aggregate->key_count && rc == 0 && count > 0; i++) {
		uint32_t c = g->aggregate->keys[i];
		const struct table_column *column = &batch->columns[c];

		rc = row_column_gather(&g->keys[i], &g->plain.fields[c].kind, &column, refs, count,
				       g->step.context.memory);
	}
	return rc;
}

static int grouped_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
			struct table_error *error)
{
	struct grouped *g = (struct grouped *)step;
	uint32_t groups[MR_OPERATOR_ROWS_MAX];
	struct row_batch *plain;
	int rc = row_batch_plain(&g->plain, rows->batch, rows->selection, rows->count, g->columns,
				 g->column_count, step->context.memory, &plain);

	if (rc < 0)
		return failed(g, error, rc);
	rc = group_table_insert(g->table, g->aggregate->keys, &plain->batch, groups);
	if (rc == 0)
		rc = keys_add(g, &plain->batch);
	if (rc == 0)
		rc = group_measures_add(g->measures, &plain->batch, groups,
					group_table_count(g->table), step->rows_in);
	row_batch_destroy(&plain);
	return rc < 0 ? failed(g, error, rc) : 0;
}

static int measure_fill(struct grouped *g, uint32_t measure, uint32_t first, uint32_t count,
			struct row_column *to, struct table_error *error)
{
	const struct operator_bound *bound = g->step.bound;
	int rc = 0;

	for (uint32_t i = 0; i < count && rc == 0; i++)
		rc = group_measures_put(g->measures, measure, first + i, to);
	if (rc != -ERANGE)
		return rc < 0 ? failed(g, error, rc) : 0;
	return operator_fail(bound, UINT64_MAX, error, rc,
			     "a group's %s does not fit its type: cast what is summed to float64",
			     bound->schema.fields[g->aggregate->key_count + measure].name);
}

static int groups_emit(struct grouped *g, uint32_t first, uint32_t count, struct table_error *error)
{
	uint32_t keys = g->aggregate->key_count;
	struct row_batch *out;
	int rc = row_batch_create(&g->step.bound->schema, &out);

	if (rc < 0)
		return failed(g, error, rc);
	for (uint32_t i = 0; i < keys && rc == 0; i++) {
		struct table_column view;

		row_column_view(&g->keys[i], &view);
		rc = row_column_append(&out->columns[i], &g->step.bound->schema.fields[i].kind,
				       &view, first, count, NULL);
	}
	if (rc < 0)
		failed(g, error, rc);
	for (uint32_t i = 0; i < g->aggregate->measure_count && rc == 0; i++)
		rc = measure_fill(g, i, first, count, &out->columns[keys + i], error);
	if (rc == 0)
		rc = operator_emit_batch(&g->step, row_batch_finish(out, count), error);
	row_batch_destroy(&out);
	return rc;
}

static int grouped_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	struct grouped *g = (struct grouped *)step;
	uint32_t count = group_table_count(g->table), some;
	int rc = 0;

	for (uint32_t first = 0; first < count && rc == 0; first += some) {
		some = count - first < MR_TABLE_BATCH_ROWS ? count - first : MR_TABLE_BATCH_ROWS;
		rc = groups_emit(g, first, some, error);
	}
	return rc;
}

static void grouped_close(struct operator_step *step)
{
	struct grouped *g = (struct grouped *)step;

	for (uint32_t i = 0; g->keys != NULL && i < g->aggregate->key_count; i++)
		row_column_free(&g->keys[i], step->context.memory);
	free(g->keys);
	free(g->columns);
	group_measures_destroy(&g->measures);
	group_table_destroy(&g->table);
	table_schema_free(&g->plain);
	free(g);
}

static int grouped_open(struct grouped *g)
{
	const struct operator_aggregate *a = g->aggregate;
	int rc = row_schema_plain(a->input, &g->plain);

	g->keys = calloc(a->key_count, sizeof(*g->keys));
	g->columns = calloc(a->key_count + a->measure_count, sizeof(*g->columns));
	if (rc < 0 || g->keys == NULL || g->columns == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < a->key_count; i++)
		g->columns[g->column_count++] = a->keys[i];
	for (uint32_t i = 0; i < a->measure_count; i++)
		if (a->measures[i].function != AGGREGATE_COUNT_ROWS)
			g->columns[g->column_count++] = a->measures[i].column;
	rc =
	    group_table_create(&g->plain, a->keys, a->key_count, g->step.context.memory, &g->table);
	return rc < 0 ? rc : group_measures_create(a, g->step.context.memory, &g->measures);
}

int step_aggregate_grouped_open(const struct operator_bound *bound,
				const struct operator_context *context, struct operator_step **step,
				struct table_error *error)
{
	static const struct operator_step_ops ops = {grouped_push, grouped_end, grouped_close};
	struct grouped *g;
	int rc;

	if (((const struct operator_aggregate *)bound->detail)->key_count == 0)
		return reference_openers[OPERATOR_AGGREGATE](bound, context, step, error);
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	g->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	g->aggregate = bound->detail;
	rc = grouped_open(g);
	if (rc < 0) {
		failed(g, error, rc);
		grouped_close(&g->step);
		return rc;
	}
	*step = &g->step;
	return 0;
}
