/* Steps over batches on a device at a level, and whether two results are the same, bit for bit. */
#ifndef PIPELINES_H
#define PIPELINES_H

#include "cpu.h"
#include "pipeline.h"
#include "random_table.h"

struct pipelines_result {
	int rc;
	struct table_error error;
	struct table_schema schema;
	struct operator_store *rows; /* NULL: it did not open */
};

/* Runs the text over the batches of one schema. */
void pipelines_run(const char *text, const struct table_schema *schema,
		   struct table_batch *const *batches, uint32_t count, enum pipeline_device device,
		   struct pipelines_result *result);
void pipelines_free(struct pipelines_result *result);
/* Says in why what differs. */
bool pipelines_same(const struct pipelines_result *a, const struct pipelines_result *b,
		    struct table_error *why);
/* The reference's result against that of the CPU at every level of the machine. */
bool pipelines_agree(const char *text, const struct table_schema *schema,
		     struct table_batch *const *batches, uint32_t count, int *rc,
		     struct table_error *why);

#endif
