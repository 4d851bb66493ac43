/* `partition`, row by row: once for each partition over all rows. */
#include <errno.h>
#include <stdlib.h>

#include <millrace/hash.h>

#include "operator_partition.h"
#include "reference_hash.h"
#include "reference_rows.h"
#include "reference_steps.h"

struct partition_step {
	struct operator_step step;
	struct reference_rows rows;
	uint32_t *ids;
};

/* Null is last, and so above every value. */
static uint32_t range_of(const struct operator_partition *partition,
			 const struct table_batch *batch, uint64_t row)
{
	uint32_t column = partition->columns[0], id = 0;
	const struct table_field *field = &batch->schema->fields[column];
	struct reference_value value, bound;

	reference_value_get(field, &batch->columns[column], row, &value);
	for (; id + 1 < partition->partitions; id++) {
		reference_literal_get(partition->bounds[id], &bound);
		if (!value.null && reference_compare(&field->kind, &value, &bound) < 0)
			break;
	}
	return id;
}

static uint32_t partition_of(const struct operator_partition *partition,
			     const struct table_batch *batch, uint64_t row)
{
	uint64_t hash;

	if (partition->bounds != NULL)
		return range_of(partition, batch, row);
	hash = reference_hash(batch, partition->columns, partition->column_count, row);
	return mr_key_group(hash) * partition->partitions / MR_KEY_GROUPS;
}

static int partition_push(struct operator_step *step, uint32_t side,
			  const struct operator_rows *rows, struct table_error *error)
{
	struct partition_step *p = (struct partition_step *)(void *)step;

	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t row = operator_row(rows, i);
		uint32_t *ids = realloc(p->ids, (p->rows.count + 1) * sizeof(*ids));

		if (ids == NULL)
			return reference_no_memory(step, error);
		p->ids = ids;
		ids[p->rows.count] = partition_of(step->bound->detail, rows->batch, row);
		if (reference_rows_add(&p->rows, rows->batch, row) < 0)
			return reference_no_memory(step, error);
	}
	return 0;
}

static int row_put(struct partition_step *p, struct table_builder *builder, uint64_t row)
{
	const struct table_schema *schema = &p->step.bound->schema;
	const struct reference_value id = {.natural = p->ids[row]};
	int rc = 0;

	for (uint32_t c = 0; c < p->rows.columns && rc == 0; c++)
		rc = reference_put(builder, schema, c, &reference_row(&p->rows, row)[c]);
	if (rc == 0)
		rc = reference_put(builder, schema, p->rows.columns, &id);
	return rc < 0 ? rc : table_builder_end_row(builder);
}

static int partition_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	struct partition_step *p = (struct partition_step *)(void *)step;
	const struct operator_partition *partition = step->bound->detail;
	struct table_builder *builder;
	int rc = table_builder_create(&step->bound->schema, &builder);

	for (uint32_t id = 0; id < partition->partitions && rc == 0; id++)
		for (uint64_t row = 0; row < p->rows.count && rc == 0; row++)
			if (p->ids[row] == id)
				rc = row_put(p, builder, row);
	rc = rc < 0 ? reference_no_memory(step, error) : reference_emit(step, builder, error);
	table_builder_destroy(&builder);
	return rc;
}

static void partition_close(struct operator_step *step)
{
	struct partition_step *p = (struct partition_step *)(void *)step;

	reference_rows_free(&p->rows);
	free(p->ids);
	free(p);
}

int reference_partition_open(const struct operator_bound *bound,
			     const struct operator_context *context, struct operator_step **step,
			     struct table_error *error)
{
	static const struct operator_step_ops ops = {partition_push, partition_end,
						     partition_close};
	struct partition_step *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	p->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	*step = &p->step;
	return 0;
}
