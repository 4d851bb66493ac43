/* Steps over batches on a device at a level, and whether two results are the same, bit for bit. */
#include "pipelines.h"

#include <errno.h>

#include "operator_store.h"
#include "test.h"

static int rows_take(void *opaque, const struct table_batch *batch, struct table_error *error)
{
	struct pipelines_result *result = opaque;
	const struct operator_rows rows = {batch, NULL, (uint32_t)batch->rows};

	CHECK(batch->rows > 0 && batch->schema->count == result->schema.count, "what came out");
	return operator_store_append(result->rows, &rows, NULL);
}

static int batches_push(struct pipeline *pipeline, struct table_batch *const *batches,
			uint32_t count, struct table_error *error)
{
	int rc = 0;

	for (uint32_t i = 0; i < count && rc == 0; i++)
		rc = pipeline_push(pipeline, 0, batches[i], error);
	return rc < 0 ? rc : pipeline_end(pipeline, 0, error);
}

/* Dictionaries may differ from batch to batch: here all are values. */
static void rows_open(struct pipelines_result *result, const struct table_schema *schema)
{
	CHECK(table_schema_copy(&result->schema, schema) == 0, "copy");
	for (uint32_t i = 0; i < schema->count; i++)
		result->schema.fields[i].dictionary = false;
	CHECK(operator_store_create(&result->schema, &result->rows) == 0, "store");
}

void pipelines_run(const char *text, const struct table_schema *schema,
		   struct table_batch *const *batches, uint32_t count, enum pipeline_device device,
		   struct pipelines_result *result)
{
	const struct pipeline_options options = {
	    .device = device, .take = rows_take, .opaque = result};
	struct operator_list list;
	struct pipeline *pipeline;

	*result = (struct pipelines_result){.rc = 0};
	result->rc = operator_parse(text, NULL, &list, &result->error);
	if (result->rc == 0)
		result->rc = pipeline_open(&list, schema, &options, &pipeline, &result->error);
	if (result->rc == 0) {
		rows_open(result, pipeline_schema(pipeline));
		result->rc = batches_push(pipeline, batches, count, &result->error);
		pipeline_close(&pipeline);
	}
	operator_list_free(&list);
}

void pipelines_free(struct pipelines_result *result)
{
	if (result->rows != NULL)
		operator_store_destroy(&result->rows);
	table_schema_free(&result->schema);
}

static bool values_same(const struct table_kind *kind, const struct table_value *a,
			const struct table_value *b)
{
	uint32_t bytes = kind->type == TABLE_BOOL ? 1 : table_type_bytes(kind->type);

	if (table_type_is_text(kind->type))
		return a->count == b->count &&
		       (a->count == 0 || memcmp(a->bytes, b->bytes, a->count) == 0);
	return memcmp(a->fixed, b->fixed, bytes) == 0;
}

static bool column_same(const struct pipelines_result *a, const struct pipelines_result *b,
			uint32_t column, struct table_error *why)
{
	const struct table_field *field = &a->schema.fields[column];
	const struct table_batch *x = operator_store_view(a->rows),
				 *y = operator_store_view(b->rows);

	for (uint64_t row = 0; row < x->rows; row++) {
		struct table_value u = {0}, v = {0};
		bool is_u = table_value_get(field, &x->columns[column], row, &u);
		bool is_v = table_value_get(field, &y->columns[column], row, &v);

		if (is_u != is_v || (is_u && !values_same(&field->kind, &u, &v))) {
			table_fail(why, 0, "column %s, row %llu%s", field->name,
				   (unsigned long long)row,
				   is_u != is_v ? ": null in one" : ": another value");
			return false;
		}
	}
	return true;
}

bool pipelines_same(const struct pipelines_result *a, const struct pipelines_result *b,
		    struct table_error *why)
{
	if (a->rc != b->rc || (a->rc < 0 && strcmp(a->error.text, b->error.text) != 0)) {
		table_fail(why, 0, "%d \"%.300s\" and %d \"%.300s\"", a->rc,
			   a->rc < 0 ? a->error.text : "", b->rc, b->rc < 0 ? b->error.text : "");
		return false;
	}
	if (a->rc < 0) /* what came out before it is not promised */
		return true;
	if (operator_store_rows(a->rows) != operator_store_rows(b->rows)) {
		table_fail(why, 0, "%llu and %llu rows",
			   (unsigned long long)operator_store_rows(a->rows),
			   (unsigned long long)operator_store_rows(b->rows));
		return false;
	}
	for (uint32_t i = 0; i < a->schema.count; i++)
		if (!table_kind_equal(&a->schema.fields[i].kind, &b->schema.fields[i].kind) ||
		    !column_same(a, b, i, why))
			return false;
	return true;
}

bool pipelines_agree(const char *text, const struct table_schema *schema,
		     struct table_batch *const *batches, uint32_t count, int *rc,
		     struct table_error *why)
{
	struct pipelines_result wanted, got;
	struct table_error what;
	bool same = true;

	pipelines_run(text, schema, batches, count, PIPELINE_REFERENCE, &wanted);
	/* Where the reference has no such step there is nothing to compare with. */
	for (int level = 0; level < CPU_LEVELS && same && wanted.rc != -ENOTSUP; level++) {
		if (!cpu_level_force((enum cpu_level)level))
			continue;
		pipelines_run(text, schema, batches, count, PIPELINE_CPU, &got);
		same = pipelines_same(&wanted, &got, &what);
		if (!same)
			table_fail(why, 0, "%s: %.900s", cpu_level_name((enum cpu_level)level),
				   what.text);
		pipelines_free(&got);
	}
	*rc = wanted.rc;
	pipelines_free(&wanted);
	return same;
}
