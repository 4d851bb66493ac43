/*
 * A chain of steps: batches are pushed in, batches come out.
 *
 * Batches of any length are cut into pieces of MR_OPERATOR_ROWS_MAX rows, which pass through all
 * steps while they are in the cache; what comes out is gathered into batches of about
 * MR_TABLE_BATCH_ROWS rows, of which none has rows of two partitions when the last step is
 * `partition`. One thread at a time.
 */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "operator.h"

enum pipeline_device { PIPELINE_CPU, PIPELINE_REFERENCE, PIPELINE_OPENCL };

struct opencl_device;

struct pipeline_options {
	enum pipeline_device device;
	struct opencl_device *opencl; /* PIPELINE_OPENCL: outlives the pipeline, for it alone */
	uint64_t memory_bytes;        /* that steps may keep; 0: MR_OPERATOR_MEMORY_DEFAULT */
	const struct operator_table
	    *tables; /* beside the stream, the last without a name; or NULL */
	const struct operator_parameter *parameters; /* the last without a name; or NULL */
	/* Where batches go, lent for the call. 0 or -errno with error. */
	int (*take)(void *opaque, const struct table_batch *batch, struct table_error *error);
	/* As of struct operator_context, or NULL. */
	int (*going)(void *opaque, struct table_error *error);
	void *opaque; /* of both */
};

struct pipeline;

/* Refers to list and to the schemas, which outlive it. 0 or -errno with error. */
int pipeline_open(const struct operator_list *list, const struct table_schema *input,
		  const struct pipeline_options *options, struct pipeline **pipeline,
		  struct table_error *error);
/* Of what comes out. */
const struct table_schema *pipeline_schema(const struct pipeline *pipeline);
/* Whether the last step is a partition: then rows come partition after partition, never two in one
 * batch, and the last column says which. groups: their number, if they are by hash, else 0. */
bool pipeline_parted(const struct pipeline *pipeline, uint32_t *groups);
/* Tables beside the stream are pushed and ended before it, each under its number: from 1 to what
 * this returns. */
uint32_t pipeline_sides(const struct pipeline *pipeline);
const char *pipeline_side_name(const struct pipeline *pipeline, uint32_t side);
/* Rows of the stream, side 0, or of such a table. 0 or -errno with error, after which it can only
 * be closed. */
int pipeline_push(struct pipeline *pipeline, uint32_t side, const struct table_batch *batch,
		  struct table_error *error);
/* No more of them. After that of the stream all rows have come out. */
int pipeline_end(struct pipeline *pipeline, uint32_t side, struct table_error *error);

struct pipeline_counters {
	uint64_t rows_in, rows_out;
	uint64_t memory_peak_bytes; /* kept by steps */
	uint32_t steps_fallen;      /* that were to run on a device, and run on the CPU */
};
struct pipeline_counters pipeline_counters(const struct pipeline *pipeline);
/* Of PIPELINE_OPENCL: why steps run on the CPU all the same, or NULL: none does. */
const char *pipeline_fallback(const struct pipeline *pipeline);
void pipeline_close(struct pipeline **pipeline);

#endif
