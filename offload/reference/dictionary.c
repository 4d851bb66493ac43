/* `dictionary`, row by row: a value is looked for among those before. */
#include <errno.h>
#include <stdlib.h>

#include "operator_dedup.h"
#include "reference_rows.h"
#include "reference_steps.h"

struct dictionary_step {
	struct operator_step step;
	struct reference_rows rows;
};

/* Distinct values of one column, in a batch of their own, that goes with its last reference. */
struct values {
	struct table_dictionary dictionary;
	struct table_schema schema;
	struct table_batch *batch;
};

static void values_release(struct table_dictionary *dictionary)
{
	struct values *values = (struct values *)(void *)dictionary;

	table_batch_free(&values->batch);
	table_schema_free(&values->schema);
	free(values);
}

static int dictionary_push(struct operator_step *step, uint32_t side,
			   const struct operator_rows *rows, struct table_error *error)
{
	struct dictionary_step *d = (struct dictionary_step *)(void *)step;

	for (uint32_t i = 0; i < rows->count; i++)
		if (reference_rows_add(&d->rows, rows->batch, operator_row(rows, i)) < 0)
			return reference_no_memory(step, error);
	return 0;
}

/* The row that first has the value of this one. */
static uint64_t first_of(const struct dictionary_step *d, const struct table_kind *kind,
			 uint32_t column, uint64_t row)
{
	uint64_t first = 0;

	while (!reference_values_equal(kind, &reference_row(&d->rows, first)[column],
				       &reference_row(&d->rows, row)[column]))
		first++;
	return first;
}

/* A column's values into builder, and of each row its index into indices. */
static int column_encode(const struct dictionary_step *d, uint32_t column,
			 const struct table_schema *schema, struct table_builder *builder,
			 int32_t *indices)
{
	int32_t count = 0;
	int rc = 0;

	for (uint64_t row = 0; row < d->rows.count && rc == 0; row++) {
		const struct reference_value *value = &reference_row(&d->rows, row)[column];
		uint64_t first = first_of(d, &schema->fields[0].kind, column, row);

		indices[row] = value->null ? 0 : indices[first];
		if (value->null || first < row)
			continue;
		indices[row] = count++;
		rc = reference_put(builder, schema, 0, value);
		if (rc == 0)
			rc = table_builder_end_row(builder);
	}
	return rc;
}

static int values_make(const struct dictionary_step *d, uint32_t column, int32_t *indices,
		       struct table_dictionary **dictionary)
{
	const struct operator_columns *columns = d->step.bound->detail;
	const struct table_field *field = &columns->plain.fields[column];
	struct table_builder *builder = NULL;
	struct values *values = calloc(1, sizeof(*values));
	int rc = values == NULL ? -ENOMEM : 0;

	if (rc == 0)
		rc = table_schema_add(&values->schema, "", 0, &field->kind);
	if (rc == 0)
		rc = table_builder_create(&values->schema, &builder);
	if (rc == 0)
		rc = column_encode(d, column, &values->schema, builder, indices);
	if (rc == 0)
		rc = table_builder_take(builder, &values->batch);
	table_builder_destroy(&builder);
	if (rc < 0) {
		if (values != NULL)
			table_schema_free(&values->schema);
		free(values);
		return rc;
	}
	values->dictionary = (struct table_dictionary){.kind = field->kind,
						       .rows = values->batch->rows,
						       .values = values->batch->columns[0],
						       .refs = 1,
						       .release = values_release};
	*dictionary = &values->dictionary;
	return 0;
}

/* The rows as they are, in which indices take the place of columns. */
static int plain_make(const struct dictionary_step *d, struct table_batch **batch)
{
	const struct operator_columns *columns = d->step.bound->detail;
	struct table_builder *builder;
	int rc = table_builder_create(&columns->plain, &builder);

	for (uint64_t row = 0; row < d->rows.count && rc == 0; row++) {
		for (uint32_t c = 0; c < d->rows.columns && rc == 0; c++)
			rc = reference_put(builder, &columns->plain, c,
					   &reference_row(&d->rows, row)[c]);
		if (rc == 0)
			rc = table_builder_end_row(builder);
	}
	if (rc == 0)
		rc = table_builder_take(builder, batch);
	table_builder_destroy(&builder);
	return rc;
}

static int encoded_emit(struct dictionary_step *d, struct table_batch *plain,
			struct table_error *error)
{
	const struct operator_columns *columns = d->step.bound->detail;
	struct table_batch out = {&d->step.bound->schema, plain->rows, plain->columns, NULL};
	int32_t *indices = calloc(columns->count * d->rows.count + 1, sizeof(*indices));
	int rc = indices == NULL ? -ENOMEM : 0;

	for (uint32_t i = 0; i < columns->count && rc == 0; i++) {
		struct table_column *column = &plain->columns[columns->columns[i]];
		int32_t *of_column = indices + i * d->rows.count;

		if (column->dictionary == NULL) /* a column may be named twice */
			rc = values_make(d, columns->columns[i], of_column, &column->dictionary);
		else
			continue;
		column->values = of_column;
	}
	rc = rc < 0 ? reference_no_memory(&d->step, error)
		    : operator_emit_batch(&d->step, &out, error);
	for (uint32_t c = 0; c < d->rows.columns; c++)
		table_dictionary_unref(&plain->columns[c].dictionary);
	free(indices);
	return rc;
}

static int dictionary_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	struct dictionary_step *d = (struct dictionary_step *)(void *)step;
	struct table_batch *plain;
	int rc;

	if (d->rows.count == 0)
		return 0;
	if (plain_make(d, &plain) < 0)
		return reference_no_memory(step, error);
	rc = encoded_emit(d, plain, error);
	table_batch_free(&plain);
	return rc;
}

static void dictionary_close(struct operator_step *step)
{
	struct dictionary_step *d = (struct dictionary_step *)(void *)step;

	reference_rows_free(&d->rows);
	free(d);
}

int reference_dictionary_open(const struct operator_bound *bound,
			      const struct operator_context *context, struct operator_step **step,
			      struct table_error *error)
{
	static const struct operator_step_ops ops = {dictionary_push, dictionary_end,
						     dictionary_close};
	struct dictionary_step *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	d->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	*step = &d->step;
	return 0;
}
