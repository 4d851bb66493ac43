/* What a pipeline makes of batches, as text: one line for the columns, one for each row. */
#ifndef QUERY_TEXT_H
#define QUERY_TEXT_H

#include "pipeline.h"

#define QUERY_BATCHES_MAX 8

/* Tables of a test: the stream, and one beside it, named t. */
struct query_input {
	struct table_schema schema, side_schema;
	struct table_batch *batches[QUERY_BATCHES_MAX], *side[QUERY_BATCHES_MAX];
	uint32_t count, side_count;
};

struct query_result {
	int rc; /* of what failed, with error */
	struct table_error error;
	char *text;
	size_t bytes;
	uint64_t rows;
};

/* memory_bytes: 0 for the usual limit. The caller frees the result. */
void query_run(const char *steps, const struct query_input *input, enum pipeline_device device,
	       uint64_t memory_bytes, struct query_result *result);
void query_free(struct query_result *result);

#endif
