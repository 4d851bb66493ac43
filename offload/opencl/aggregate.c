/* Global aggregates, run by run: the device's parts go into the reference's measures. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "opencl_program.h"

struct aggregate_work {
	struct reference_measure *measures;
	struct reference_measure *before; // the run that is being added
	uint64_t *ranks;
};

static uint32_t blocks_of(const struct opencl_chain *chain, uint32_t slot)
{
	return (chain->runs[slot].rows + OPENCL_BLOCK_ROWS - 1) / OPENCL_BLOCK_ROWS;
}

static uint32_t part_longs(const struct opencl_chain *chain)
{
	return chain->measure_count * PART_LONGS + 1;
}

static int aggregate_issue(struct opencl_chain *chain, uint32_t slot, void *opaque,
			   struct table_error *error)
{
	struct opencl_device *device = chain->device;
	struct opencl_slot *s = &device->slots[slot];
	cl_kernel kernel = chain->runs[slot].kernels->parts;
	cl_ulong rows = chain->runs[slot].rows;
	cl_mem parts, failed;
	uint32_t argument;
	int rc = 0;

	if (chain->lanes && chain->plan.predicate != NULL)
		rc = opencl_run_select(chain, slot, UINT32_MAX, error);
	if (rc == 0)
		rc = opencl_slot_scratch(device, s, SCRATCH_PARTS,
					 8ul * part_longs(chain) * blocks_of(chain, slot), &parts,
					 error);
	if (rc == 0)
		rc = opencl_run_failed_clear(chain, slot, &failed, error);
	if (rc < 0)
		return rc;
	argument = opencl_run_columns(chain, slot, kernel);
	clSetKernelArg(kernel, argument++, sizeof(rows), &rows);
	clSetKernelArg(kernel, argument++, sizeof(parts), &parts);
	clSetKernelArg(kernel, argument, sizeof(failed), &failed);
	return opencl_slot_launch(device, s, kernel, blocks_of(chain, slot), error);
}

/* ---- Parts into measures ---- */

static void sums_add(struct reference_measure *m, const int64_t *sums)
{
	const __int128 half = (__int128)1 << 32;
	__int128 low = sums[0] + sums[1] * half;

	m->low += (uint64_t)low;
	m->high += (int64_t)(low >> 64);
	m->high += sums[2] + sums[3] * half;
}

/* A best value from the integer in whose order the device compared. */
static void best_add(struct reference_measure *m, int64_t key)
{
	int wanted = m->measure->function == AGGREGATE_MIN ? -1 : 1;
	struct reference_value value = {.integer = key};
	enum generate_class class = generate_class_of(&m->kind);

	if (class == GENERATE_ULONG)
		value.natural = (uint64_t)key ^ 1ull << 63;
	if (class == GENERATE_REAL && key < 0)
		value.integer = key ^ INT64_MAX; /* the double's bits */
	if (m->best.null || reference_compare(&m->kind, &value, &m->best) == wanted)
		m->best = value;
}

static void part_add(struct reference_measure *m, const int64_t *part)
{
	enum operator_function function = m->measure->function;
	bool real = generate_class_of(&m->kind) == GENERATE_REAL;

	m->count += (uint64_t)part[PART_COUNT];
	if (part[PART_COUNT] == 0)
		return;
	if (function == AGGREGATE_MIN || function == AGGREGATE_MAX)
		best_add(m, part[PART_BEST]);
	else if ((function == AGGREGATE_SUM || function == AGGREGATE_AVG) && !real)
		sums_add(m, part);
}

static int parts_take(struct opencl_chain *chain, uint32_t slot, const struct aggregate_work *work,
		      uint64_t *selected, struct table_error *error)
{
	struct opencl_slot *s = &chain->device->slots[slot];
	uint32_t blocks = blocks_of(chain, slot), longs = part_longs(chain);
	cl_mem mem = s->scratch[SCRATCH_PARTS].mem;
	const void *at;
	int rc = opencl_slot_map(chain->device, s, mem, 8ul * longs * blocks, &at, error);

	*selected = 0;
	if (rc < 0)
		return rc;
	for (uint32_t b = 0; b < blocks; b++) {
		const int64_t *part = (const int64_t *)at + (size_t)b * longs;

		for (uint32_t m = 0; m < chain->measure_count; m++)
			part_add(&work->measures[m], part + m * PART_LONGS);
		*selected += (uint64_t)part[longs - 1];
	}
	rc = opencl_slot_unmap(chain->device, s, mem, at, error);
	return rc == 0 && *selected > chain->runs[slot].rows
		   ? opencl_lost(chain->device, CL_OUT_OF_RESOURCES, "counting rows", error)
		   : rc;
}

/* ---- Lanes of floating-point sums ---- */

struct lanes_run {
	uint64_t chunk, offset, count, chunks; /* of ranks */
};

static int lanes_queue(struct opencl_chain *chain, uint32_t slot, uint32_t m,
		       const struct lanes_run *run, const double *before, struct table_error *error)
{
	struct opencl_device *device = chain->device;
	struct opencl_slot *s = &device->slots[slot];
	cl_kernel kernel = chain->runs[slot].kernels->lanes[m];
	cl_ulong count = run->count, offset = run->offset;
	size_t bytes = OPENCL_LANES * sizeof(double);
	uint32_t argument;
	cl_mem mems[2], row_at;
	int rc = opencl_slot_scratch(device, s, SCRATCH_BEFORE, bytes, &mems[0], error);

	if (rc == 0)
		rc = opencl_slot_scratch(device, s, SCRATCH_LANES, 2 * bytes * run->chunks,
					 &mems[1], error);
	if (rc == 0)
		rc = opencl_slot_write(device, s, mems[0], before, bytes, error);
	if (rc < 0)
		return rc;
	row_at = chain->plan.predicate != NULL ? s->scratch[SCRATCH_SELECTION].mem : mems[0];
	argument = opencl_run_columns(chain, slot, kernel);
	clSetKernelArg(kernel, argument++, sizeof(cl_mem), &row_at);
	clSetKernelArg(kernel, argument++, sizeof(count), &count);
	clSetKernelArg(kernel, argument++, sizeof(offset), &offset);
	clSetKernelArg(kernel, argument++, sizeof(cl_mem), &mems[0]);
	clSetKernelArg(kernel, argument, sizeof(cl_mem), &mems[1]);
	rc = opencl_slot_launch(device, s, kernel,
				run->chunks * (device->description.cpu ? 1 : OPENCL_LANES), error);
	if (rc == 0)
		rc = opencl_slot_start(device, s, error);
	return rc < 0 ? rc : opencl_slot_wait(device, s, error);
}

static int lanes_take(struct opencl_chain *chain, uint32_t slot, struct reference_measure *measure,
		      const struct lanes_run *run, struct table_error *error)
{
	struct opencl_slot *s = &chain->device->slots[slot];
	cl_mem mem = s->scratch[SCRATCH_LANES].mem;
	const void *at;
	int rc = opencl_slot_map(chain->device, s, mem,
				 2 * OPENCL_LANES * sizeof(double) * run->chunks, &at, error);

	if (rc < 0)
		return rc;
	for (uint64_t c = 0; c < run->chunks; c++) {
		const double *lanes = (const double *)at + 2 * OPENCL_LANES * c;
		bool any = false;

		for (uint32_t l = 0; l < OPENCL_LANES; l++)
			any |= lanes[OPENCL_LANES + l] > 0;
		reference_measure_chunk(measure, (run->chunk + c) * MR_SUM_CHUNK_ROWS);
		memcpy(measure->lane, lanes, sizeof(measure->lane));
		measure->any_lane |= any;
	}
	return opencl_slot_unmap(chain->device, s, mem, at, error);
}

/* The chunk that goes on from the last run begins with the lanes it left. */
static int lanes_add(struct opencl_chain *chain, uint32_t slot, uint32_t m,
		     struct reference_measure *measure, const struct lanes_run *run,
		     struct table_error *error)
{
	double before[OPENCL_LANES];
	int rc;

	for (uint32_t l = 0; l < OPENCL_LANES; l++)
		before[l] = measure->chunk == run->chunk ? measure->lane[l] : -0.0;
	rc = lanes_queue(chain, slot, m, run, before, error);
	return rc < 0 ? rc : lanes_take(chain, slot, measure, run, error);
}

static int run_add(struct opencl_chain *chain, uint32_t slot, const struct aggregate_work *work,
		   struct table_error *error)
{
	struct lanes_run run = {.count = 0};
	int rc = opencl_run_failed_check(chain, slot, error);

	if (rc == 0)
		rc = parts_take(chain, slot, work, &run.count, error);
	if (rc < 0)
		return rc;
	run.chunk = *work->ranks / MR_SUM_CHUNK_ROWS;
	run.offset = *work->ranks % MR_SUM_CHUNK_ROWS;
	run.chunks = (run.offset + run.count + MR_SUM_CHUNK_ROWS - 1) / MR_SUM_CHUNK_ROWS;
	for (uint32_t m = 0; m < chain->measure_count && rc == 0 && run.count > 0; m++)
		if (chain->runs[slot].kernels->lanes[m] != NULL)
			rc = lanes_add(chain, slot, m, &work->measures[m], &run, error);
	*work->ranks += rc == 0 ? run.count : 0;
	return rc;
}

/* All of a run, or, when the device fails half way, nothing: the CPU goes on from there. */
static int aggregate_harvest(struct opencl_chain *chain, uint32_t slot, void *opaque,
			     struct table_error *error)
{
	const struct aggregate_work *work = opaque;
	size_t bytes = chain->measure_count * sizeof(*work->measures);
	int rc;

	memcpy(work->before, work->measures, bytes);
	rc = run_add(chain, slot, work, error);
	if (rc < 0)
		memcpy(work->measures, work->before, bytes);
	return rc;
}

int opencl_aggregate(struct opencl_chain *chain, const struct table_batch *batch, uint64_t *done,
		     struct reference_measure *measures, uint64_t *ranks, struct table_error *error)
{
	struct aggregate_work aggregate = {measures,
					   calloc(chain->measure_count, sizeof(*measures)), ranks};
	const struct opencl_work work = {aggregate_issue, aggregate_harvest, &aggregate};
	int rc = -ENOMEM;

	if (aggregate.before != NULL)
		rc = opencl_runs(chain, batch, done, &work, error);
	else
		table_fail(error, rc, "no memory");
	free(aggregate.before);
	return rc;
}
