/* Pipelines whose results are compared as text, which keeps all bits of a value but those of NaNs.
 */
#include "query_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table_text.h"
#include "test.h"

static void append(struct query_result *result, const char *text, size_t bytes)
{
	result->text = realloc(result->text, result->bytes + bytes + 1);
	CHECK(result->text != NULL, "memory");
	memcpy(result->text + result->bytes, text, bytes);
	result->bytes += bytes;
	result->text[result->bytes] = '\0';
}

static void value_append(struct query_result *result, const struct table_field *field,
			 const struct table_column *column, uint64_t row)
{
	struct table_value value;
	char text[TABLE_TEXT_BYTES_MAX], *hex;

	if (!table_value_get(field, column, row, &value)) {
		append(result, "null", 4);
	} else if (!table_type_is_text(field->kind.type)) {
		append(result, text, table_text_format(&field->kind, value.fixed, text));
	} else {
		hex = malloc(2 * value.count + 1);
		CHECK(hex != NULL, "memory");
		table_text_format_hex(value.bytes, value.count, hex);
		append(result, "x", 1);
		append(result, hex, 2 * value.count);
		free(hex);
	}
	append(result, " ", 1);
}

static int take(void *opaque, const struct table_batch *batch, struct table_error *error)
{
	struct query_result *result = opaque;

	for (uint64_t row = 0; row < batch->rows; row++) {
		for (uint32_t i = 0; i < batch->schema->count; i++)
			value_append(result, &batch->schema->fields[i], &batch->columns[i], row);
		append(result, "\n", 1);
	}
	for (uint32_t i = 0; i < batch->schema->count; i++) {
		const struct table_column *column = &batch->columns[i];
		uint64_t nulls =
		    column->validity == NULL ? 0 : table_nulls(column->validity, batch->rows);

		CHECK(nulls == column->nulls, "column %u says %llu nulls, and has %llu", i,
		      (unsigned long long)column->nulls, (unsigned long long)nulls);
	}
	result->rows += batch->rows;
	return 0;
}

static void header_append(struct query_result *result, const struct table_schema *schema)
{
	char kind[TABLE_KIND_BYTES_MAX];

	for (uint32_t i = 0; i < schema->count; i++) {
		append(result, schema->fields[i].name, strlen(schema->fields[i].name));
		append(result, " ", 1);
		table_field_format(&schema->fields[i], kind);
		append(result, kind, strlen(kind));
		append(result, ", ", 2);
	}
	append(result, "\n", 1);
}

static int all_push(struct pipeline *pipeline, const struct query_input *input,
		    struct table_error *error)
{
	int rc = 0;

	if (pipeline_sides(pipeline) > 0) {
		for (uint32_t i = 0; i < input->side_count && rc == 0; i++)
			rc = pipeline_push(pipeline, 1, input->side[i], error);
		if (rc == 0)
			rc = pipeline_end(pipeline, 1, error);
	}
	for (uint32_t i = 0; i < input->count && rc == 0; i++)
		rc = pipeline_push(pipeline, 0, input->batches[i], error);
	return rc == 0 ? pipeline_end(pipeline, 0, error) : rc;
}

void query_run(const char *steps, const struct query_input *input, enum pipeline_device device,
	       uint64_t memory_bytes, struct query_result *result)
{
	const struct operator_table tables[] = {{"t", &input->side_schema}, {NULL, NULL}};
	const struct pipeline_options options = {.device = device,
						 .memory_bytes = memory_bytes,
						 .tables = tables,
						 .take = take,
						 .opaque = result};
	struct pipeline *pipeline = NULL;
	struct operator_list list;

	*result = (struct query_result){.rc = 0};
	result->rc = operator_parse(steps, NULL, &list, &result->error);
	if (result->rc == 0)
		result->rc =
		    pipeline_open(&list, &input->schema, &options, &pipeline, &result->error);
	if (result->rc == 0) {
		header_append(result, pipeline_schema(pipeline));
		result->rc = all_push(pipeline, input, &result->error);
	}
	pipeline_close(&pipeline);
	operator_list_free(&list);
}

void query_free(struct query_result *result)
{
	free(result->text);
	*result = (struct query_result){0};
}
