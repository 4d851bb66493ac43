/* Columns, types and nulls of a table, and how its bytes lay. */
#include "table_show.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow.h"
#include "table_text.h"

#define NAME_COLUMNS_MAX 40 /* of a terminal, for names */

struct seen {
	uint64_t rows;
	uint64_t batches;
	uint64_t *nulls; /* of each column */
};

/* Reads all batches. */
static int batches_see(struct table_input *input, struct seen *seen, struct table_error *error)
{
	const struct table_schema *schema = &input->reader->schema;
	struct table_batch *batch = NULL;
	int rc;

	while ((rc = table_input_next(input, &batch, error)) > 0) {
		seen->rows += batch->rows;
		seen->batches++;
		for (uint32_t i = 0; i < schema->count; i++)
			seen->nulls[i] += batch->columns[i].nulls;
		table_batch_free(&batch);
	}
	return rc;
}

static void text_print(const struct table_input *input, const struct seen *seen)
{
	const struct table_schema *schema = &input->reader->schema;
	int width = (int)strlen("column");
	char type[TABLE_KIND_BYTES_MAX];

	for (uint32_t i = 0; i < schema->count; i++)
		if ((int)strlen(schema->fields[i].name) > width)
			width = (int)strlen(schema->fields[i].name);
	width = width < NAME_COLUMNS_MAX ? width : NAME_COLUMNS_MAX;
	printf("%" PRIu64 " rows in %" PRIu64 " batch%s\n", seen->rows, seen->batches,
	       seen->batches == 1 ? "" : "es");
	printf("%-*s  %-24s %12s\n", width, "column", "type", "nulls");
	for (uint32_t i = 0; i < schema->count; i++) {
		table_field_format(&schema->fields[i], type);
		printf("%-*s  %-24s %12" PRIu64 "\n", width, schema->fields[i].name, type,
		       seen->nulls[i]);
	}
	if (input->options->format == FORMAT_ARROW) {
		const struct arrow_counters *counters = arrow_counters(input->reader);

		printf(
		    "buffers: %" PRIu64 " in place, %" PRIu64 " of them at multiples of 64 bytes; "
		    "%" PRIu64 " copied, %" PRIu64 " bytes\n",
		    counters->buffers_in_place + counters->buffers_in_place_8,
		    counters->buffers_in_place, counters->buffers_copied, counters->bytes_copied);
	}
}

static void counters_add(cJSON *json, const struct arrow_counters *counters)
{
	cJSON *arrow = cJSON_AddObjectToObject(json, "arrow");

	cJSON_AddNumberToObject(arrow, "messages", (double)counters->messages);
	cJSON_AddNumberToObject(arrow, "dictionaries", (double)counters->dictionaries);
	cJSON_AddNumberToObject(arrow, "buffers_in_place", (double)counters->buffers_in_place);
	cJSON_AddNumberToObject(arrow, "buffers_in_place_8", (double)counters->buffers_in_place_8);
	cJSON_AddNumberToObject(arrow, "buffers_copied", (double)counters->buffers_copied);
	cJSON_AddNumberToObject(arrow, "bytes_copied", (double)counters->bytes_copied);
}

static int json_print(const struct table_input *input, const struct seen *seen)
{
	const struct table_schema *schema = &input->reader->schema;
	cJSON *json = cJSON_CreateObject();
	cJSON *columns;
	char type[TABLE_KIND_BYTES_MAX], *text;

	cJSON_AddNumberToObject(json, "rows", (double)seen->rows);
	cJSON_AddNumberToObject(json, "batches", (double)seen->batches);
	columns = cJSON_AddArrayToObject(json, "columns");
	for (uint32_t i = 0; i < schema->count; i++) {
		cJSON *column = cJSON_CreateObject();

		table_field_format(&schema->fields[i], type);
		cJSON_AddStringToObject(column, "name", schema->fields[i].name);
		cJSON_AddStringToObject(column, "type", type);
		cJSON_AddBoolToObject(column, "nullable", schema->fields[i].nullable);
		cJSON_AddNumberToObject(column, "nulls", (double)seen->nulls[i]);
		cJSON_AddItemToArray(columns, column);
	}
	if (input->options->format == FORMAT_ARROW)
		counters_add(json, arrow_counters(input->reader));
	text = cJSON_PrintUnformatted(json);
	if (text != NULL)
		puts(text);
	free(text);
	cJSON_Delete(json);
	return text != NULL ? 0 : -ENOMEM;
}

int table_show(struct table_input *input, bool json, struct table_error *error)
{
	struct seen seen = {.nulls = calloc(input->reader->schema.count, sizeof(*seen.nulls))};
	int rc = seen.nulls == NULL ? table_fail(error, -ENOMEM, "no memory")
				    : batches_see(input, &seen, error);

	if (rc == 0 && !json)
		text_print(input, &seen);
	else if (rc == 0 && json_print(input, &seen) < 0)
		rc = table_fail(error, -ENOMEM, "no memory");
	free(seen.nulls);
	return rc;
}
