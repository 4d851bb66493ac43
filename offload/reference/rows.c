/* Rows that the reference keeps. */
#include "reference_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reference_parts.h"

int reference_no_memory(const struct operator_step *step, struct table_error *error)
{
	return operator_fail(step->bound, UINT64_MAX, error, -ENOMEM, "no memory");
}

static int text_own(struct reference_value *value)
{
	uint8_t *bytes = malloc(value->count + 1);

	if (bytes == NULL)
		return -ENOMEM;
	if (value->count > 0)
		memcpy(bytes, value->bytes, value->count);
	value->bytes = bytes;
	return 0;
}

int reference_rows_add(struct reference_rows *rows, const struct table_batch *batch, uint64_t row)
{
	rows->columns = batch->schema->count;
	if (rows->count == rows->room) {
		uint64_t room = 2 * rows->room + 16;
		struct reference_value *values =
		    realloc(rows->values, room * rows->columns * sizeof(*values));

		if (values == NULL)
			return -ENOMEM;
		rows->values = values;
		rows->room = room;
	}
	for (uint32_t i = 0; i < rows->columns; i++) {
		struct reference_value *value = &rows->values[rows->count * rows->columns + i];

		*value = (struct reference_value){.null = false};
		reference_value_get(&batch->schema->fields[i], &batch->columns[i], row, value);
		if (value->null || !table_type_is_text(batch->schema->fields[i].kind.type))
			value->bytes = NULL;
		else if (text_own(value) < 0)
			return -ENOMEM;
	}
	rows->count++;
	return 0;
}

void reference_rows_free(struct reference_rows *rows)
{
	for (uint64_t i = 0; i < rows->count * rows->columns; i++)
		free((void *)(uintptr_t)rows->values[i].bytes);
	free(rows->values);
	*rows = (struct reference_rows){0};
}

bool reference_values_equal(const struct table_kind *kind, const struct reference_value *a,
			    const struct reference_value *b)
{
	if (a->null || b->null)
		return a->null && b->null;
	return reference_compare(kind, a, b) == 0;
}

int reference_rows_compare(const struct table_schema *schema, const struct row_order *order,
			   uint32_t count, const struct reference_value *a,
			   const struct reference_value *b)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct reference_value *x = &a[order[i].column], *y = &b[order[i].column];
		int compared;

		if (x->null && y->null)
			continue;
		if (x->null || y->null)
			return x->null == order[i].nulls_first ? -1 : 1;
		compared = reference_compare(&schema->fields[order[i].column].kind, x, y);
		if (compared != 0)
			return order[i].descending ? -compared : compared;
	}
	return 0;
}

int reference_put(struct table_builder *builder, const struct table_schema *schema, uint32_t column,
		  const struct reference_value *value)
{
	const struct table_kind *kind = &schema->fields[column].kind;
	_Alignas(16) uint8_t fixed[16];

	if (value->null)
		return table_builder_null(builder, column);
	if (table_type_is_text(kind->type))
		return table_builder_bytes(builder, column, value->bytes, value->count);
	reference_value_pack(kind, value, fixed);
	return table_builder_value(builder, column, fixed);
}

int reference_emit(struct operator_step *step, struct table_builder *builder,
		   struct table_error *error)
{
	struct table_batch *batch = NULL;
	int rc;

	if (table_builder_rows(builder) == 0)
		return 0;
	if (table_builder_take(builder, &batch) < 0)
		return reference_no_memory(step, error);
	rc = operator_emit_batch(step, batch, error);
	table_batch_free(&batch);
	return rc;
}

int reference_rows_emit(struct operator_step *step, const struct reference_rows *rows,
			const uint64_t *order, uint64_t count, struct table_error *error)
{
	const struct table_schema *schema = &step->bound->schema;
	struct table_builder *builder;
	int rc = table_builder_create(schema, &builder);

	for (uint64_t i = 0; i < count && rc == 0; i++) {
		for (uint32_t c = 0; c < rows->columns && rc == 0; c++)
			rc = reference_put(builder, schema, c, &reference_row(rows, order[i])[c]);
		if (rc == 0)
			rc = table_builder_end_row(builder);
	}
	rc = rc < 0 ? reference_no_memory(step, error) : reference_emit(step, builder, error);
	table_builder_destroy(&builder);
	return rc;
}
