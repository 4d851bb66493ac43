/*
 * The beginning of a pipeline as a program of a device: a predicate or none, projections, a global
 * aggregate or none.
 */
#ifndef OPENCL_CHAIN_H
#define OPENCL_CHAIN_H

#include "opencl.h"
#include "operator_aggregate.h"
#include "operator_project.h"
#include "reference_measure.h"

/* What is to be computed; all of it outlives the chain. */
struct opencl_plan {
	const struct table_schema *schema;  /* of the stream */
	const struct expression *predicate; /* NULL: all rows */
	const struct operator_project *projects[MR_OPERATOR_STEPS_MAX];
	uint32_t project_count;
	const struct operator_aggregate *aggregate; /* without keys; NULL: rows are selected */
};

struct opencl_chain;

/* 0; -ENOTSUP with error, which says what the device can't compute; or -errno. Programs are built
 * when rows need them. */
int opencl_chain_create(struct opencl_device *device, const struct opencl_plan *plan,
			struct opencl_chain **chain, struct table_error *error);
void opencl_chain_destroy(struct opencl_chain **chain);

/* Rows of one run that the predicate selects, lent for the call: of block i of MR_OPERATOR_ROWS_MAX
 * rows, selection[starts[i]] to selection[starts[i + 1] - 1], numbered within the block. */
struct opencl_selection {
	uint64_t first; /* the run's, in the batch */
	uint64_t rows;
	uint32_t blocks;
	uint32_t starts_step; /* of block i: starts[i * starts_step] */
	uint32_t items;       /* starts[items] is how many are selected */
	const uint32_t *starts;
	const uint32_t *selection;
};
static inline uint32_t opencl_selection_start(const struct opencl_selection *s, uint32_t block)
{
	uint64_t item = (uint64_t)block * s->starts_step;

	return s->starts[item < s->items ? item : s->items];
}

/* Selects from rows of the batch from *done on, run after run; *done counts those of runs that
 * take() has had, also when this fails. 0, -ERANGE without error when an expression overflows in
 * the run at *done, or -errno. */
int opencl_select(struct opencl_chain *chain, const struct table_batch *batch, uint64_t *done,
		  int (*take)(void *opaque, const struct opencl_selection *selection,
			      struct table_error *error),
		  void *opaque, struct table_error *error);

/* Adds rows of the batch from *done on to measures, as the reference would; *ranks counts those
 * that were selected. Results and errors as above. */
int opencl_aggregate(struct opencl_chain *chain, const struct table_batch *batch, uint64_t *done,
		     struct reference_measure *measures, uint64_t *ranks,
		     struct table_error *error);

#endif
