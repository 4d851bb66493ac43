/* The end of a pipeline: rows are gathered into batches of their own. */
#ifndef COLLECT_H
#define COLLECT_H

#include "operator_store.h"
#include "pipeline.h"

struct collect {
	const struct pipeline_options *options;
	struct operator_store *store;
	bool partitioned; /* by cut_column, whose values no batch mixes */
	uint32_t cut_column;
	uint32_t cut_value; /* of the rows in store */
	uint64_t rows;      /* that came */
};

/* partitioned: the last column of the schema is a partition's number, uint32. 0 or -ENOMEM. */
int collect_open(struct collect *collect, const struct table_schema *schema,
		 const struct pipeline_options *options, bool partitioned);
int collect_push(struct collect *collect, const struct operator_rows *rows,
		 struct table_error *error);
int collect_end(struct collect *collect, struct table_error *error);
void collect_close(struct collect *collect);

#endif
