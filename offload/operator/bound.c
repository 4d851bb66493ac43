/* Bound operators, and what all steps have in common. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operator.h"

int operator_bind(const struct operator_spec *spec, const struct table_schema *input,
		  const struct operator_table *tables, struct operator_bound **bound,
		  struct table_error *error)
{
	static const struct operator_table none[1];
	struct operator_bound *b = calloc(1, sizeof(*b));
	int rc;

	*bound = b;
	if (b == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	b->kind = spec->kind;
	b->spec = spec;
	b->detail = calloc(1, spec->kind->bound_bytes);
	if (b->detail == NULL)
		rc = table_fail(error, -ENOMEM, "no memory");
	else
		rc = spec->kind->bind(spec, input, tables != NULL ? tables : none, b, error);
	if (rc < 0)
		operator_bound_free(bound);
	return rc;
}

void operator_bound_free(struct operator_bound **bound)
{
	struct operator_bound *b = *bound;

	*bound = NULL;
	if (b == NULL)
		return;
	operator_bound_free(&b->before);
	if (b->detail != NULL)
		b->kind->unbind(b->detail);
	free(b->detail);
	table_schema_free(&b->schema);
	free(b);
}

int operator_table_find(const struct operator_spec *spec, struct expression_place place,
			const char *name, const struct operator_table *tables,
			const struct table_schema **schema, struct table_error *error)
{
	char names[256] = "none";
	size_t used = 0;

	for (; tables->name != NULL; tables++) {
		if (strcmp(tables->name, name) == 0) {
			*schema = tables->schema;
			return 0;
		}
		if (used < sizeof(names))
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
						 used > 0 ? ", " : "", tables->name);
	}
	return expression_fail(spec->source, place, error, -EINVAL,
			       "there is no table %.64s: there are %s", name, names);
}

int operator_fail(const struct operator_bound *bound, uint64_t row, struct table_error *error,
		  int rc, const char *format, ...)
{
	char what[MR_ERROR_BYTES_MAX - 100];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	if (row == UINT64_MAX)
		return table_fail(error, rc, "step %u, %s: %s", bound->spec->number,
				  bound->kind->name, what);
	return table_fail(error, rc, "step %u, %s, row %" PRIu64 ": %s", bound->spec->number,
			  bound->kind->name, row, what);
}

int operator_memory_take(const struct operator_bound *bound, struct row_budget *memory,
			 uint64_t bytes, struct table_error *error)
{
	if (bytes > memory->limit_bytes - memory->used_bytes)
		return operator_fail(bound, UINT64_MAX, error, -ENOMEM,
				     "keeps more than the %" PRIu64
				     " KiB that the steps may have: raise their memory",
				     memory->limit_bytes >> 10);
	memory->used_bytes += bytes;
	if (memory->used_bytes > memory->peak_bytes)
		memory->peak_bytes = memory->used_bytes;
	return 0;
}

void operator_memory_give(struct row_budget *memory, uint64_t bytes)
{
	memory->used_bytes -= bytes;
}

void operator_close(struct operator_step **step)
{
	if (*step != NULL)
		(*step)->ops->close(*step);
	*step = NULL;
}

void operator_slice(const struct table_batch *batch, uint64_t first, uint64_t rows,
		    struct table_batch *slice, struct table_column *columns)
{
	*slice = (struct table_batch){batch->schema, rows, columns, NULL};
	for (uint32_t i = 0; i < batch->schema->count; i++) {
		const struct table_field *field = &batch->schema->fields[i];
		enum table_type type = field->dictionary ? field->index : field->kind.type;
		struct table_column *column = &columns[i];

		*column = batch->columns[i];
		if (table_type_is_text(type))
			column->offsets += first;
		else if (type == TABLE_BOOL)
			column->values = (const uint8_t *)column->values + first / 8;
		else
			column->values =
			    (const uint8_t *)column->values + first * table_type_bytes(type);
		if (column->validity == NULL)
			continue;
		column->validity += first / 8;
		column->nulls = table_nulls(column->validity, rows);
		if (column->nulls == 0)
			column->validity = NULL;
	}
}

int operator_emit_batch(struct operator_step *step, const struct table_batch *batch,
			struct table_error *error)
{
	uint32_t count = batch->schema->count;
	struct table_column *columns = calloc(count > 0 ? count : 1, sizeof(*columns));
	int rc = columns == NULL ? table_fail(error, -ENOMEM, "no memory") : 0;

	for (uint64_t first = 0; rc == 0 && first < batch->rows; first += MR_OPERATOR_ROWS_MAX) {
		uint64_t left = batch->rows - first;
		struct table_batch slice;
		struct operator_rows rows = {&slice, NULL, MR_OPERATOR_ROWS_MAX};

		rows.count = left < MR_OPERATOR_ROWS_MAX ? (uint32_t)left : MR_OPERATOR_ROWS_MAX;
		operator_slice(batch, first, rows.count, &slice, columns);
		rc = operator_emit(step, &rows, error);
	}
	free(columns);
	return rc;
}
