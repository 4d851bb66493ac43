/* `partition`: rows are kept with the numbers of their partitions, then put where these begin. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

#include "kept.h"
#include "operator_partition.h"
#include "partition_kernels.h"
#include "row_hash.h"
#include "row_steps.h"

struct partition_step {
	struct operator_step step;
	const struct operator_partition *partition;
	const struct partition_kernels *kernels;
	struct table_schema plain; // of what is kept: without the partition
	struct row_column *columns;
	uint64_t rows;
	struct table_bytes ids; // uint16_t
	struct row_keys block;  // ranges: of the batch at hand
	uint64_t firsts[MR_KEY_GROUPS];
};

static int failed(const struct partition_step *p, struct table_error *error, int rc)
{
	return step_kept_fail(p->step.bound, &p->step.context, "its rows", error, rc);
}

/* How many of the bounds are not above the key: nulls, which are last, are in the last one. */
static uint16_t range_of(const struct partition_step *p, uint32_t row)
{
	const struct row_keys *bounds = &p->partition->bound_keys;
	uint32_t low = 0, high = p->partition->partitions - 1;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (row_keys_compare(bounds, middle, &p->block, row) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return (uint16_t)low;
}

static int ranges_find(struct partition_step *p, const struct table_batch *batch, uint16_t *ids)
{
	const struct row_order order = {.column = p->partition->columns[0]};
	int rc;

	row_keys_clear(&p->block);
	rc = row_keys_add(&p->block, &p->plain, &order, 1, batch, 0, batch->rows,
			  p->step.context.memory);
	for (uint32_t row = 0; rc == 0 && row < batch->rows; row++)
		ids[row] = range_of(p, row);
	return rc;
}

static int ids_find(struct partition_step *p, const struct table_batch *batch, uint16_t *ids)
{
	const struct operator_partition *partition = p->partition;
	uint64_t hashes[MR_OPERATOR_ROWS_MAX];

	if (partition->bounds != NULL)
		return ranges_find(p, batch, ids);
	row_hashes(&p->plain, partition->columns, partition->column_count, batch, 0, batch->rows,
		   hashes);
	p->kernels->of_hashes(hashes, batch->rows, partition->partitions, ids);
	return 0;
}

static int rows_keep(struct partition_step *p, const struct table_batch *batch)
{
	struct row_budget *budget = p->step.context.memory;
	uint16_t ids[MR_OPERATOR_ROWS_MAX];
	int rc = ids_find(p, batch, ids);

	if (rc == 0)
		rc = row_bytes_reserve(budget, &p->ids, batch->rows * sizeof(*ids));
	if (rc == 0)
		rc = table_bytes_add(&p->ids, ids, batch->rows * sizeof(*ids));
	for (uint32_t i = 0; i < p->plain.count && rc == 0; i++)
		rc = row_column_append(&p->columns[i], &p->plain.fields[i].kind, &batch->columns[i],
				       0, batch->rows, budget);
	p->rows += batch->rows;
	return rc;
}

static int partition_push(struct operator_step *step, uint32_t side,
			  const struct operator_rows *rows, struct table_error *error)
{
	struct partition_step *p = (struct partition_step *)(void *)step;
	struct row_batch *plain;
	int rc;

	if (p->rows + rows->count > UINT32_MAX)
		return operator_fail(step->bound, UINT64_MAX, error, -E2BIG,
				     "more than 2^32 rows: partition parts of them");
	rc = row_batch_plain(&p->plain, rows->batch, rows->selection, rows->count, NULL, 0,
			     step->context.memory, &plain);
	if (rc == 0) {
		rc = rows_keep(p, &plain->batch);
		row_batch_destroy(&plain);
	}
	return rc < 0 ? failed(p, error, rc) : 0;
}

/* ---- The end ---- */

static const uint16_t *ids_of(const struct partition_step *p)
{
	return (const uint16_t *)(const void *)p->ids.at;
}

static void firsts_find(struct partition_step *p)
{
	uint64_t counts[MR_KEY_GROUPS] = {0}, first = 0;

	p->kernels->count(ids_of(p), p->rows, counts);
	for (uint32_t i = 0; i < p->partition->partitions; i++) {
		p->firsts[i] = first;
		first += counts[i];
	}
}

/* Columns of 4 and of 8 bytes without nulls go straight to their places. */
static int column_scatter(const struct partition_step *p, uint32_t width,
			  const struct row_column *from, struct row_column *to)
{
	uint64_t ends[MR_KEY_GROUPS];
	int rc = row_bytes_reserve(p->step.context.memory, &to->values, from->values.count);

	if (rc < 0)
		return rc;
	memcpy(ends, p->firsts, sizeof(ends));
	if (width == 4)
		p->kernels->scatter4((const uint32_t *)(void *)from->values.at, ids_of(p), p->rows,
				     p->partition->partitions, ends,
				     (uint32_t *)(void *)to->values.at);
	else
		p->kernels->scatter8((const uint64_t *)(void *)from->values.at, ids_of(p), p->rows,
				     p->partition->partitions, ends,
				     (uint64_t *)(void *)to->values.at);
	to->values.count = from->values.count;
	to->rows = p->rows;
	return 0;
}

/* The numbers of rows, in the order in which they go out. */
static int order_make(struct partition_step *p, struct table_bytes *order)
{
	uint64_t ends[MR_KEY_GROUPS];
	uint32_t *to;
	int rc = row_bytes_reserve(p->step.context.memory, order, p->rows * sizeof(*to));

	if (rc < 0)
		return rc;
	memcpy(ends, p->firsts, sizeof(ends));
	to = (uint32_t *)(void *)order->at;
	for (uint64_t row = 0; row < p->rows; row++)
		to[ends[ids_of(p)[row]]++] = (uint32_t)row;
	order->count = p->rows * sizeof(*to);
	return 0;
}

static int column_gather(struct partition_step *p, const struct table_kind *kind,
			 const struct row_column *from, struct table_bytes *order,
			 struct row_column *to)
{
	struct table_column view;
	const struct table_column *column = &view;
	row_ref refs[256];
	const uint32_t *rows;
	int rc = order->count == 0 ? order_make(p, order) : 0;

	row_column_view(from, &view);
	rows = (const uint32_t *)(const void *)order->at;
	for (uint64_t done = 0, some; done < p->rows && rc == 0; done += some) {
		some = p->rows - done < 256 ? p->rows - done : 256;
		for (uint64_t i = 0; i < some; i++)
			refs[i] = row_ref_of(0, rows[done + i]);
		rc = row_column_gather(to, kind, &column, refs, some, p->step.context.memory);
	}
	return rc;
}

/* A column at a time, so that only one is there twice. */
static int columns_move(struct partition_step *p)
{
	struct row_budget *budget = p->step.context.memory;
	struct table_bytes order = {0};
	int rc = 0;

	for (uint32_t i = 0; i < p->plain.count && rc == 0; i++) {
		const struct table_kind *kind = &p->plain.fields[i].kind;
		uint32_t width = table_type_bytes(kind->type);
		struct row_column *from = &p->columns[i], to = {0};

		if ((width == 4 || width == 8) && from->nulls == 0)
			rc = column_scatter(p, width, from, &to);
		else
			rc = column_gather(p, kind, from, &order, &to);
		row_column_free(from, budget);
		*from = to;
	}
	row_bytes_free(budget, &order);
	return rc;
}

/* Rows of one partition, from row first on. */
static int rows_emit(struct partition_step *p, uint32_t id, uint64_t first, uint64_t count,
		     struct table_error *error)
{
	const struct table_schema *schema = &p->step.bound->schema;
	const struct table_kind *id_kind = &schema->fields[p->plain.count].kind;
	struct row_batch *out;
	int rc = row_batch_create(schema, &out);

	if (rc < 0)
		return failed(p, error, rc);
	for (uint32_t i = 0; i < p->plain.count && rc == 0; i++) {
		struct table_column view;

		row_column_view(&p->columns[i], &view);
		rc = row_column_append(&out->columns[i], &schema->fields[i].kind, &view, first,
				       count, NULL);
	}
	for (uint64_t i = 0; i < count && rc == 0; i++)
		rc = row_column_put(&out->columns[p->plain.count], id_kind, &id, sizeof(id), NULL);
	if (rc < 0)
		failed(p, error, rc);
	else
		rc = operator_emit_batch(&p->step, row_batch_finish(out, count), error);
	row_batch_destroy(&out);
	return rc;
}

static int partition_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	struct partition_step *p = (struct partition_step *)(void *)step;
	int rc = 0;

	firsts_find(p);
	if (p->rows > 0)
		rc = columns_move(p);
	if (rc < 0)
		return failed(p, error, rc);
	for (uint32_t id = 0; id < p->partition->partitions && rc == 0; id++) {
		bool last = id + 1 == p->partition->partitions;
		uint64_t end = last ? p->rows : p->firsts[id + 1], some;

		for (uint64_t row = p->firsts[id]; row < end && rc == 0; row += some) {
			some = end - row < MR_OPERATOR_ROWS_MAX ? end - row : MR_OPERATOR_ROWS_MAX;
			rc = rows_emit(p, id, row, some, error);
		}
	}
	return rc;
}

static void partition_close(struct operator_step *step)
{
	struct partition_step *p = (struct partition_step *)(void *)step;
	struct row_budget *budget = step->context.memory;

	for (uint32_t i = 0; p->columns != NULL && i < p->plain.count; i++)
		row_column_free(&p->columns[i], budget);
	free(p->columns);
	row_bytes_free(budget, &p->ids);
	row_keys_free(&p->block, budget);
	table_schema_free(&p->plain);
	free(p);
}

int step_partition_open(const struct operator_bound *bound, const struct operator_context *context,
			struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {partition_push, partition_end,
						     partition_close};
	struct partition_step *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	p->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	p->partition = bound->detail;
	p->kernels = CPU_PICK(partition_kernels);
	if (table_schema_copy(&p->plain, &bound->schema) == 0) {
		free(p->plain.fields[--p->plain.count].name);
		p->columns = calloc(p->plain.count + 1, sizeof(*p->columns));
	}
	if (p->columns == NULL) {
		partition_close(&p->step);
		return table_fail(error, -ENOMEM, "no memory");
	}
	*step = &p->step;
	return 0;
}
