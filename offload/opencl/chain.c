/* Chains: their programs, and the runs of rows that pass through them. */
#include <errno.h>
#include <stdlib.h>

#include "opencl_program.h"

static int texts_write(struct opencl_chain *chain, struct table_error *error)
{
	int rc = opencl_chain_write(chain, false, &chain->kernels[false].source, error);

	if (rc == 0)
		rc = opencl_chain_write(chain, true, &chain->kernels[true].source, error);
	if (rc == 0 && 2 * chain->columns.count > OPENCL_LENT_MAX)
		rc = table_fail(error, -ENOTSUP, "more than %u columns at once",
				OPENCL_LENT_MAX / 2);
	return rc;
}

int opencl_chain_create(struct opencl_device *device, const struct opencl_plan *plan,
			struct opencl_chain **chain, struct table_error *error)
{
	struct opencl_chain *c = calloc(1, sizeof(*c));
	int rc = 0;

	*chain = c;
	if (c == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	c->device = device;
	c->plan = *plan;
	c->item_words = device->description.cpu ? OPENCL_BLOCK_ROWS / 64 : 1;
	c->columns.schema = plan->schema;
	c->columns.columns = calloc(plan->schema->count + 1, sizeof(*c->columns.columns));
	if (c->columns.columns == NULL)
		rc = table_fail(error, -ENOMEM, "no memory");
	if (plan->aggregate != NULL)
		c->measure_count = plan->aggregate->measure_count;
	for (uint32_t m = 0; m < c->measure_count; m++)
		c->lanes |= opencl_measure_has_lanes(plan->aggregate, m);
	for (uint32_t i = 0; i < 2 && rc == 0; i++) {
		c->kernels[i].lanes = calloc(c->measure_count + 1, sizeof(cl_kernel));
		if (c->kernels[i].lanes == NULL)
			rc = table_fail(error, -ENOMEM, "no memory");
	}
	if (rc == 0)
		rc = texts_write(c, error);
	if (rc < 0)
		opencl_chain_destroy(chain);
	return rc;
}

static void kernel_release(cl_kernel kernel)
{
	if (kernel != NULL)
		clReleaseKernel(kernel);
}

static void kernels_close(struct opencl_kernels *k, uint32_t measure_count)
{
	kernel_release(k->bits);
	kernel_release(k->scan);
	kernel_release(k->rows);
	kernel_release(k->parts);
	for (uint32_t m = 0; k->lanes != NULL && m < measure_count; m++)
		kernel_release(k->lanes[m]);
	free(k->lanes);
	if (k->program != NULL)
		clReleaseProgram(k->program);
	free(k->source);
}

void opencl_chain_destroy(struct opencl_chain **chain)
{
	struct opencl_chain *c = *chain;

	*chain = NULL;
	if (c == NULL)
		return;
	for (uint32_t i = 0; i < 2; i++)
		kernels_close(&c->kernels[i], c->measure_count);
	free(c->columns.columns);
	free(c);
}

static int kernels_create(struct opencl_chain *chain, struct opencl_kernels *k,
			  struct table_error *error)
{
	struct opencl_device *device = chain->device;
	char name[32];
	int rc = 0;

	if (chain->plan.predicate != NULL) {
		rc = opencl_kernel_create(device, k->program, "select_bits", &k->bits, error);
		if (rc == 0)
			rc = opencl_kernel_create(device, k->program, "select_scan", &k->scan,
						  error);
		if (rc == 0)
			rc = opencl_kernel_create(device, k->program, "select_rows", &k->rows,
						  error);
	}
	if (rc == 0 && chain->plan.aggregate != NULL)
		rc = opencl_kernel_create(device, k->program, "aggregate_parts", &k->parts, error);
	for (uint32_t m = 0; rc == 0 && m < chain->measure_count; m++) {
		snprintf(name, sizeof(name), "aggregate_lanes_%u", m);
		if (opencl_measure_has_lanes(chain->plan.aggregate, m))
			rc = opencl_kernel_create(device, k->program, name, &k->lanes[m], error);
	}
	return rc;
}

/* The kernels for this batch: those without nulls where it has none. */
static int kernels_get(struct opencl_chain *chain, const struct table_batch *batch,
		       const struct opencl_kernels **kernels, struct table_error *error)
{
	struct opencl_kernels *k;
	bool nulls = false;
	int rc = 0;

	for (uint32_t i = 0; i < chain->columns.count; i++)
		nulls |= batch->columns[chain->columns.columns[i]].validity != NULL;
	*kernels = k = &chain->kernels[nulls];
	if (k->program != NULL)
		return 0;
	rc = opencl_program_build(chain->device, k->source, &k->program, error);
	return rc < 0 ? rc : kernels_create(chain, k, error);
}

static size_t column_bytes(enum table_type type, uint64_t rows)
{
	return type == TABLE_BOOL ? (rows + 7) / 8 : rows * table_type_bytes(type);
}

int opencl_run_begin(struct opencl_chain *chain, uint32_t slot, const struct table_batch *batch,
		     uint64_t first, uint32_t rows, struct table_error *error)
{
	struct opencl_device *device = chain->device;
	int rc = kernels_get(chain, batch, &chain->runs[slot].kernels, error);

	chain->runs[slot].first = first;
	chain->runs[slot].rows = rows;
	for (uint32_t i = 0; i < chain->columns.count && rc == 0; i++) {
		uint32_t number = chain->columns.columns[i];
		enum table_type type = chain->plan.schema->fields[number].kind.type;
		const struct table_column *column = &batch->columns[number];
		cl_mem *mems = &chain->runs[slot].columns[2 * i];

		rc = opencl_slot_lend(device, &device->slots[slot],
				      (const uint8_t *)column->values + column_bytes(type, first),
				      column_bytes(type, rows), &mems[0], error);
		mems[1] = mems[0]; /* not looked at */
		if (rc == 0 && column->validity != NULL)
			rc = opencl_slot_lend(device, &device->slots[slot],
					      column->validity + first / 8, (rows + 7) / 8,
					      &mems[1], error);
	}
	return rc;
}

uint32_t opencl_run_columns(struct opencl_chain *chain, uint32_t slot, cl_kernel kernel)
{
	bool nulls = chain->runs[slot].kernels == &chain->kernels[true];
	uint32_t argument = 0;

	for (uint32_t i = 0; i < chain->columns.count; i++) {
		const cl_mem *mems = &chain->runs[slot].columns[2 * i];
		cl_uint has = mems[1] != mems[0];

		clSetKernelArg(kernel, argument++, sizeof(cl_mem), &mems[0]);
		if (!nulls)
			continue;
		clSetKernelArg(kernel, argument++, sizeof(cl_mem), &mems[1]);
		clSetKernelArg(kernel, argument++, sizeof(has), &has);
	}
	return argument;
}

uint32_t opencl_run_items(const struct opencl_chain *chain, uint32_t slot)
{
	uint32_t item_rows = 64 * chain->item_words;

	return (chain->runs[slot].rows + item_rows - 1) / item_rows;
}

static void slots_end(struct opencl_device *device)
{
	for (uint32_t i = 0; i < MR_OPENCL_SLOTS; i++)
		opencl_slot_end(device, &device->slots[i]);
}

int opencl_runs(struct opencl_chain *chain, const struct table_batch *batch, uint64_t *done,
		const struct opencl_work *work, struct table_error *error)
{
	struct opencl_device *device = chain->device;
	uint32_t ahead = 0, slot = 0; /* runs in flight, and the slot of the next */
	uint64_t at = *done;
	int rc = opencl_ready(device, error);

	while (rc == 0 && *done < batch->rows) {
		if (at < batch->rows && ahead < MR_OPENCL_SLOTS) {
			uint64_t left = batch->rows - at;
			uint32_t rows = left < device->options.run_rows ? (uint32_t)left
									: device->options.run_rows;

			rc = opencl_run_begin(chain, slot, batch, at, rows, error);
			if (rc == 0)
				rc = work->issue(chain, slot, work->opaque, error);
			if (rc == 0)
				rc = opencl_slot_start(device, &device->slots[slot], error);
			at += rows;
			ahead++;
			slot = (slot + 1) % MR_OPENCL_SLOTS;
			continue;
		}
		/* The oldest: the slots are taken in turn. */
		uint32_t oldest = (slot + MR_OPENCL_SLOTS - ahead) % MR_OPENCL_SLOTS;

		rc = opencl_slot_wait(device, &device->slots[oldest], error);
		if (rc == 0)
			rc = work->harvest(chain, oldest, work->opaque, error);
		if (rc == 0) {
			opencl_slot_end(device, &device->slots[oldest]);
			*done += chain->runs[oldest].rows;
			ahead--;
		}
	}
	slots_end(device);
	return rc;
}
