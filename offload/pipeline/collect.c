/* The end of a pipeline: rows are gathered into batches of their own. */
#include "collect.h"

#include <errno.h>

int collect_open(struct collect *collect, const struct table_schema *schema,
		 const struct pipeline_options *options, bool partitioned)
{
	*collect = (struct collect){
	    .options = options, .partitioned = partitioned, .cut_column = schema->count - 1};
	return operator_store_create(schema, &collect->store);
}

static int flush(struct collect *collect, struct table_error *error)
{
	int rc = 0;

	if (operator_store_rows(collect->store) == 0)
		return 0;
	rc = collect->options->take(collect->options->opaque, operator_store_view(collect->store),
				    error);
	operator_store_clear(collect->store);
	return rc;
}

static int rows_add(struct collect *collect, const struct operator_rows *rows,
		    struct table_error *error)
{
	int rc = 0;

	if (!operator_store_fits(collect->store, rows))
		rc = flush(collect, error);
	if (rc < 0)
		return rc;
	rc = operator_store_append(collect->store, rows, NULL);
	if (rc < 0)
		return table_fail(error, rc,
				  rc == -E2BIG ? "more than 2 GiB of text in one batch"
					       : "no memory for what the pipeline gives");
	collect->rows += rows->count;
	if (operator_store_rows(collect->store) >= MR_TABLE_BATCH_ROWS ||
	    operator_store_bytes(collect->store) >= 2ull * MR_TABLE_BATCH_BYTES)
		return flush(collect, error);
	return 0;
}

static uint32_t partition_of(const struct collect *collect, const struct operator_rows *rows,
			     uint32_t i)
{
	const uint32_t *values = rows->batch->columns[collect->cut_column].values;

	return values[operator_row(rows, i)];
}

/* Rows of one partition after those of the other. */
static int runs_add(struct collect *collect, const struct operator_rows *rows,
		    struct table_error *error)
{
	uint32_t order[MR_OPERATOR_ROWS_MAX];
	int rc = 0;

	for (uint32_t i = 0; i < rows->count; i++)
		order[i] = (uint32_t)operator_row(rows, i);
	for (uint32_t first = 0, end; first < rows->count && rc == 0; first = end) {
		uint32_t value = partition_of(collect, rows, first);
		struct operator_rows run = {rows->batch, order + first, 0};

		for (end = first; end < rows->count && partition_of(collect, rows, end) == value;
		     end++)
			;
		run.count = end - first;
		if (value != collect->cut_value)
			rc = flush(collect, error);
		collect->cut_value = value;
		if (rc == 0)
			rc = rows_add(collect, &run, error);
	}
	return rc;
}

int collect_push(struct collect *collect, const struct operator_rows *rows,
		 struct table_error *error)
{
	return collect->partitioned ? runs_add(collect, rows, error)
				    : rows_add(collect, rows, error);
}

int collect_end(struct collect *collect, struct table_error *error)
{
	return flush(collect, error);
}

void collect_close(struct collect *collect)
{
	if (collect->store != NULL)
		operator_store_destroy(&collect->store);
}
