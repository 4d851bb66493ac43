/* `dictionary`: all rows are kept, so that there is one dictionary for all of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "group_table.h"
#include "kept.h"
#include "operator_dedup.h"
#include "row_steps.h"

/* Values of a column, shared with the batches that go out. */
struct values {
	struct table_dictionary dictionary;
	struct row_column column;
};

struct encoder {
	struct group_table *table;
	struct row_column values; // in the order of their numbers
	uint32_t null_group;      // a number, too, but no value
	struct table_dictionary *dictionary;
	int32_t indices[MR_OPERATOR_ROWS_MAX];
};

struct dictionary_step {
	struct operator_step step;
	const struct operator_columns *columns;
	struct table_schema kept; // int32 where columns are encoded
	struct table_column *views;
	struct row_store store;
	struct encoder *encoders; // one for each of columns
};

static int failed(const struct dictionary_step *d, struct table_error *error, int rc)
{
	return step_kept_fail(d->step.bound, &d->step.context, "its rows and values", error, rc);
}

static int values_add(struct dictionary_step *d, struct encoder *encoder,
		      const struct table_kind *kind, const struct table_column *column,
		      uint32_t before)
{
	row_ref refs[MR_OPERATOR_ROWS_MAX];
	uint32_t made, count = 0;
	const uint32_t *rows = group_table_new(encoder->table, &made);

	for (uint32_t i = 0; i < made; i++) {
		if (table_is_null(column, rows[i]))
			encoder->null_group = before + i;
		else
			refs[count++] = row_ref_of(0, rows[i]);
	}
	return count == 0 ? 0
			  : row_column_gather(&encoder->values, kind, &column, refs, count,
					      d->step.context.memory);
}

static int column_encode(struct dictionary_step *d, uint32_t index, const struct table_batch *batch)
{
	struct encoder *encoder = &d->encoders[index];
	uint32_t c = d->columns->columns[index], before = group_table_count(encoder->table);
	const struct table_column *column = &batch->columns[c];
	uint32_t groups[MR_OPERATOR_ROWS_MAX];
	int rc = group_table_insert(encoder->table, &c, batch, groups);

	if (rc == 0)
		rc = values_add(d, encoder, &d->columns->plain.fields[c].kind, column, before);
	for (uint32_t i = 0; rc == 0 && i < batch->rows; i++)
		encoder->indices[i] = (int32_t)(groups[i] - (groups[i] > encoder->null_group));
	d->views[c] = (struct table_column){
	    .validity = column->validity, .values = encoder->indices, .nulls = column->nulls};
	return rc;
}

static int dictionary_push(struct operator_step *step, uint32_t side,
			   const struct operator_rows *rows, struct table_error *error)
{
	struct dictionary_step *d = (struct dictionary_step *)(void *)step;
	struct table_batch kept = {&d->kept, rows->count, d->views, NULL};
	struct row_batch *plain;
	int rc = row_batch_plain(&d->columns->plain, rows->batch, rows->selection, rows->count,
				 NULL, 0, step->context.memory, &plain);

	if (rc < 0)
		return failed(d, error, rc);
	memcpy(d->views, plain->batch.columns, d->kept.count * sizeof(*d->views));
	for (uint32_t i = 0; i < d->columns->count && rc == 0; i++)
		rc = column_encode(d, i, &plain->batch);
	if (rc == 0)
		rc = row_store_add(&d->store, &kept, 0, NULL, rows->count, NULL);
	row_batch_destroy(&plain);
	return rc < 0 ? failed(d, error, rc) : 0;
}

static void values_release(struct table_dictionary *dictionary)
{
	struct values *values = (struct values *)(void *)dictionary;

	row_column_free(&values->column, NULL);
	free(values);
}

/* The values leave the budget with the rows that point to them. */
static int values_share(struct dictionary_step *d, uint32_t index)
{
	struct encoder *encoder = &d->encoders[index];
	struct values *values = calloc(1, sizeof(*values));
	const struct table_kind *kind = &d->columns->plain.fields[d->columns->columns[index]].kind;
	struct table_column view;
	int rc;

	if (values == NULL)
		return -ENOMEM;
	row_column_view(&encoder->values, &view);
	rc = row_column_append(&values->column, kind, &view, 0, encoder->values.rows, NULL);
	values->dictionary = (struct table_dictionary){
	    .kind = *kind, .rows = encoder->values.rows, .refs = 1, .release = values_release};
	row_column_view(&values->column, &values->dictionary.values);
	encoder->dictionary = &values->dictionary;
	return rc;
}

static int some_emit(struct dictionary_step *d, const row_ref *refs, uint64_t count,
		     struct table_error *error)
{
	struct row_batch *out;
	int rc = row_batch_create(&d->step.bound->schema, &out);

	if (rc < 0)
		return failed(d, error, rc);
	rc = row_store_gather(&d->store, NULL, refs, count, out, 0);
	for (uint32_t i = 0; i < d->columns->count; i++) {
		struct table_dictionary **to = &out->dictionaries[d->columns->columns[i]];

		if (*to == NULL) /* a column may be named twice */
			*to = table_dictionary_ref(d->encoders[i].dictionary);
	}
	if (rc < 0)
		failed(d, error, rc);
	else
		rc = operator_emit_batch(&d->step, row_batch_finish(out, count), error);
	row_batch_destroy(&out);
	return rc;
}

static int dictionary_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	struct dictionary_step *d = (struct dictionary_step *)(void *)step;
	row_ref refs[MR_OPERATOR_ROWS_MAX];
	int rc = 0;

	for (uint32_t i = 0; i < d->columns->count && rc == 0; i++)
		rc = values_share(d, i);
	if (rc < 0)
		return failed(d, error, rc);
	for (uint64_t row = 0, count; row < d->store.rows && rc == 0; row += count) {
		count = d->store.rows - row;
		if (count > MR_OPERATOR_ROWS_MAX)
			count = MR_OPERATOR_ROWS_MAX;
		for (uint64_t i = 0; i < count; i++)
			refs[i] = row_store_ref(row + i);
		rc = some_emit(d, refs, count, error);
	}
	return rc;
}

static void dictionary_close(struct operator_step *step)
{
	struct dictionary_step *d = (struct dictionary_step *)(void *)step;

	for (uint32_t i = 0; d->encoders != NULL && i < d->columns->count; i++) {
		group_table_destroy(&d->encoders[i].table);
		row_column_free(&d->encoders[i].values, step->context.memory);
		table_dictionary_unref(&d->encoders[i].dictionary);
	}
	free(d->encoders);
	row_store_free(&d->store);
	table_schema_free(&d->kept);
	free(d->views);
	free(d);
}

static int encoders_open(struct dictionary_step *d)
{
	const struct operator_columns *columns = d->columns;
	int rc = table_schema_copy(&d->kept, &columns->plain);

	d->encoders = calloc(columns->count, sizeof(*d->encoders));
	d->views = calloc(columns->plain.count, sizeof(*d->views));
	if (rc < 0 || d->encoders == NULL || d->views == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < columns->count && rc == 0; i++) {
		d->kept.fields[columns->columns[i]].kind = (struct table_kind){.type = TABLE_INT32};
		d->encoders[i].null_group = GROUP_NONE;
		rc = group_table_create(&columns->plain, &columns->columns[i], 1,
					d->step.context.memory, &d->encoders[i].table);
	}
	return rc;
}

int step_dictionary_open(const struct operator_bound *bound, const struct operator_context *context,
			 struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {dictionary_push, dictionary_end,
						     dictionary_close};
	struct dictionary_step *d = calloc(1, sizeof(*d));
	int rc;

	if (d == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	d->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	d->columns = bound->detail;
	row_store_init(&d->store, &d->kept, context->memory);
	rc = encoders_open(d);
	if (rc < 0) {
		failed(d, error, rc);
		dictionary_close(&d->step);
		return rc;
	}
	*step = &d->step;
	return 0;
}
