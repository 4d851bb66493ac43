/* Selecting rows, run by run. */
#include <errno.h>

#include "opencl_program.h"

int opencl_run_failed_clear(struct opencl_chain *chain, uint32_t slot, cl_mem *failed,
			    struct table_error *error)
{
	static const cl_uint none = 0;
	struct opencl_device *device = chain->device;
	int rc = opencl_slot_scratch(device, &device->slots[slot], SCRATCH_FAILED, sizeof(none),
				     failed, error);

	return rc < 0 ? rc
		      : opencl_slot_write(device, &device->slots[slot], *failed, &none,
					  sizeof(none), error);
}

int opencl_run_failed_check(struct opencl_chain *chain, uint32_t slot, struct table_error *error)
{
	struct opencl_slot *s = &chain->device->slots[slot];
	cl_mem mem = s->scratch[SCRATCH_FAILED].mem;
	const void *at;
	cl_uint failed;
	int rc = opencl_slot_map(chain->device, s, mem, sizeof(failed), &at, error);

	if (rc < 0)
		return rc;
	failed = *(const cl_uint *)at;
	rc = opencl_slot_unmap(chain->device, s, mem, at, error);
	return rc == 0 && failed != 0 ? -ERANGE : rc;
}

static int bits_queue(struct opencl_chain *chain, uint32_t slot, cl_mem bits, cl_mem counts,
		      struct table_error *error)
{
	cl_kernel kernel = chain->runs[slot].kernels->bits;
	cl_ulong rows = chain->runs[slot].rows;
	cl_mem failed;
	int rc = opencl_run_failed_clear(chain, slot, &failed, error);
	uint32_t argument;

	if (rc < 0)
		return rc;
	argument = opencl_run_columns(chain, slot, kernel);
	clSetKernelArg(kernel, argument++, sizeof(rows), &rows);
	clSetKernelArg(kernel, argument++, sizeof(bits), &bits);
	clSetKernelArg(kernel, argument++, sizeof(counts), &counts);
	clSetKernelArg(kernel, argument, sizeof(failed), &failed);
	return opencl_slot_launch(chain->device, &chain->device->slots[slot], kernel,
				  opencl_run_items(chain, slot), error);
}

static int scan_queue(struct opencl_chain *chain, uint32_t slot, cl_mem counts, cl_mem starts,
		      struct table_error *error)
{
	cl_kernel kernel = chain->runs[slot].kernels->scan;
	cl_uint items = opencl_run_items(chain, slot);

	clSetKernelArg(kernel, 0, sizeof(items), &items);
	clSetKernelArg(kernel, 1, sizeof(counts), &counts);
	clSetKernelArg(kernel, 2, sizeof(starts), &starts);
	return opencl_slot_launch(chain->device, &chain->device->slots[slot], kernel, 1, error);
}

int opencl_run_select(struct opencl_chain *chain, uint32_t slot, uint32_t mask,
		      struct table_error *error)
{
	struct opencl_device *device = chain->device;
	struct opencl_slot *s = &device->slots[slot];
	cl_kernel kernel = chain->runs[slot].kernels->rows;
	cl_ulong rows = chain->runs[slot].rows;
	uint32_t items = opencl_run_items(chain, slot);
	const struct {
		enum opencl_scratch number;
		size_t bytes;
	} wanted[] = {{SCRATCH_BITS, (rows + 63) / 64 * 8},
		      {SCRATCH_COUNTS, 4ul * items},
		      {SCRATCH_STARTS, 4ul * (items + 1)},
		      {SCRATCH_SELECTION, 4 * rows}};
	cl_mem mems[4];
	int rc = 0;

	for (uint32_t i = 0; i < 4 && rc == 0; i++)
		rc = opencl_slot_scratch(device, s, wanted[i].number, wanted[i].bytes, &mems[i],
					 error);
	if (rc == 0)
		rc = bits_queue(chain, slot, mems[0], mems[1], error);
	if (rc == 0)
		rc = scan_queue(chain, slot, mems[1], mems[2], error);
	if (rc < 0)
		return rc;
	clSetKernelArg(kernel, 0, sizeof(rows), &rows);
	clSetKernelArg(kernel, 1, sizeof(mask), &mask);
	clSetKernelArg(kernel, 2, sizeof(cl_mem), &mems[0]);
	clSetKernelArg(kernel, 3, sizeof(cl_mem), &mems[2]);
	clSetKernelArg(kernel, 4, sizeof(cl_mem), &mems[3]);
	return opencl_slot_launch(device, s, kernel, items, error);
}

struct select_work {
	int (*take)(void *opaque, const struct opencl_selection *selection,
		    struct table_error *error);
	void *opaque;
};

static int select_issue(struct opencl_chain *chain, uint32_t slot, void *opaque,
			struct table_error *error)
{
	return opencl_run_select(chain, slot, OPENCL_BLOCK_ROWS - 1, error);
}

/* Results are believed no further than memory reaches. */
static bool starts_sound(const struct opencl_selection *selection)
{
	for (uint32_t b = 0; b < selection->blocks; b++) {
		uint32_t start = opencl_selection_start(selection, b);
		uint32_t end = opencl_selection_start(selection, b + 1);

		if (end < start || end - start > OPENCL_BLOCK_ROWS)
			return false;
	}
	return selection->starts[selection->items] <= selection->rows;
}

static int selection_take(struct opencl_chain *chain, uint32_t slot,
			  struct opencl_selection *selection, const struct select_work *work,
			  struct table_error *error)
{
	struct opencl_slot *s = &chain->device->slots[slot];
	uint32_t count = selection->starts[selection->items];
	cl_mem mem = s->scratch[SCRATCH_SELECTION].mem;
	const void *at;
	int rc, end;

	if (count == 0)
		return 0;
	if (!starts_sound(selection))
		return opencl_lost(chain->device, CL_OUT_OF_RESOURCES, "counting rows", error);
	rc = opencl_slot_map(chain->device, s, mem, 4ul * count, &at, error);
	if (rc < 0)
		return rc;
	selection->selection = at;
	rc = work->take(work->opaque, selection, error);
	end = opencl_slot_unmap(chain->device, s, mem, at, error);
	return rc < 0 ? rc : end;
}

static int select_harvest(struct opencl_chain *chain, uint32_t slot, void *opaque,
			  struct table_error *error)
{
	struct opencl_slot *s = &chain->device->slots[slot];
	cl_mem mem = s->scratch[SCRATCH_STARTS].mem;
	struct opencl_selection selection = {.first = chain->runs[slot].first,
					     .rows = chain->runs[slot].rows,
					     .items = opencl_run_items(chain, slot)};
	const void *at;
	int rc = opencl_run_failed_check(chain, slot, error), end;

	selection.blocks = (uint32_t)((selection.rows + OPENCL_BLOCK_ROWS - 1) / OPENCL_BLOCK_ROWS);
	selection.starts_step = OPENCL_BLOCK_ROWS / (64 * chain->item_words);
	if (rc == 0)
		rc =
		    opencl_slot_map(chain->device, s, mem, 4ul * (selection.items + 1), &at, error);
	if (rc < 0)
		return rc;
	selection.starts = at;
	rc = selection_take(chain, slot, &selection, opaque, error);
	end = opencl_slot_unmap(chain->device, s, mem, at, error);
	return rc < 0 ? rc : end;
}

int opencl_select(struct opencl_chain *chain, const struct table_batch *batch, uint64_t *done,
		  int (*take)(void *opaque, const struct opencl_selection *selection,
			      struct table_error *error),
		  void *opaque, struct table_error *error)
{
	struct select_work select = {take, opaque};
	const struct opencl_work work = {select_issue, select_harvest, &select};

	return opencl_runs(chain, batch, done, &work, error);
}
