/* A table through the steps of a pipeline: `millrace table query`. */
#ifndef TABLE_QUERY_H
#define TABLE_QUERY_H

#include "pipeline.h"
#include "table_file.h"

struct table_query {
	const char *steps;  /* docs/operators.md */
	const char *tables; /* beside the stream: "NAME=FILE,..."; or NULL */
	const char *params; /* "NAME=FILE,..." whose bytes steps name, such as keys; or NULL */
	enum pipeline_device device;
	uint32_t opencl_index; /* of PIPELINE_OPENCL */
	struct table_file_options in, out;
};

struct table_query_counters {
	uint64_t rows_in, rows_out;
	uint64_t bytes_in, bytes_out;
	uint64_t memory_peak_bytes;  /* kept by steps */
	uint32_t steps_fallen;       /* to the CPU, */
	struct table_error fallback; /* and why */
};

/* Reads from, runs the steps, writes to. 0 or -errno with error. */
int table_query(const struct table_query *query, const char *from, const char *to,
		struct table_query_counters *counters, struct table_error *error);

#endif
