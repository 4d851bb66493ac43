/* Inside a chain: its text, its kernels, and how they get their columns. */
#ifndef OPENCL_PROGRAM_H
#define OPENCL_PROGRAM_H

#include "opencl_chain.h"
#include "opencl_device.h"
#include "opencl_generate.h"

#define OPENCL_LANES 16 /* of a sum of floats: docs/operators.md */

/* Longs that aggregate_parts gives for each measure; behind the last: rows selected. */
enum { PART_SUMS = 4, PART_COUNT = 4, PART_BEST = 5, PART_LONGS = 6 };

/* Which buffers of a slot are what. */
enum opencl_scratch {
	SCRATCH_BITS,
	SCRATCH_COUNTS,
	SCRATCH_STARTS,
	SCRATCH_SELECTION,
	SCRATCH_FAILED,
	SCRATCH_PARTS,
	SCRATCH_BEFORE,
	SCRATCH_LANES,
};

struct opencl_kernels {
	char *source;
	cl_program program; // NULL: not built yet
	cl_kernel bits, scan, rows, parts;
	cl_kernel *lanes; // by measure; NULL where it has none
};

struct opencl_chain {
	struct opencl_device *device;
	struct opencl_plan plan;
	struct generate_columns columns;
	uint32_t measure_count;
	bool lanes;                       // a measure sums floats
	uint32_t item_words;              // of select's items
	struct opencl_kernels kernels[2]; // for columns without nulls, and with
	struct {
		uint64_t first;
		uint32_t rows;
		const struct opencl_kernels *kernels;
		cl_mem columns[OPENCL_LENT_MAX]; // of a column: values, then validity
	} runs[MR_OPENCL_SLOTS];
};

/* Whether a measure sums floats: by lanes. */
bool opencl_measure_has_lanes(const struct operator_aggregate *aggregate, uint32_t measure);
/* The text of a chain; *source is the caller's. 0 or -errno with error. */
int opencl_chain_write(struct opencl_chain *chain, bool nulls, char **source,
		       struct table_error *error);

/* A run of a slot: rows from first on are lent. 0 or -errno. */
int opencl_run_begin(struct opencl_chain *chain, uint32_t slot, const struct table_batch *batch,
		     uint64_t first, uint32_t rows, struct table_error *error);
/* Sets a kernel's first arguments: the columns. Returns how many there are. */
uint32_t opencl_run_columns(struct opencl_chain *chain, uint32_t slot, cl_kernel kernel);
/* Queues the kernels that make the selection of a run; its mask is of row numbers. */
int opencl_run_select(struct opencl_chain *chain, uint32_t slot, uint32_t mask,
		      struct table_error *error);
/* Queues the setting of what kernels set when they fail; afterwards, -ERANGE if one did. */
int opencl_run_failed_clear(struct opencl_chain *chain, uint32_t slot, cl_mem *failed,
			    struct table_error *error);
int opencl_run_failed_check(struct opencl_chain *chain, uint32_t slot, struct table_error *error);
uint32_t opencl_run_items(const struct opencl_chain *chain, uint32_t slot);

/* Runs over the batch from *done on, two in flight: issue() queues one, harvest() takes its
 * results, in order. 0 or -errno. */
struct opencl_work {
	int (*issue)(struct opencl_chain *chain, uint32_t slot, void *opaque,
		     struct table_error *error);
	int (*harvest)(struct opencl_chain *chain, uint32_t slot, void *opaque,
		       struct table_error *error);
	void *opaque;
};
int opencl_runs(struct opencl_chain *chain, const struct table_batch *batch, uint64_t *done,
		const struct opencl_work *work, struct table_error *error);

#endif
