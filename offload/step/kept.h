/* What steps that keep rows have in common. */
#ifndef STEP_KEPT_H
#define STEP_KEPT_H

#include "operator.h"
#include "row_store.h"

/* rc is -EDQUOT (the budget), -E2BIG (text) or -ENOMEM of what the step keeps: "its groups".
 * Returns rc. */
int step_kept_fail(const struct operator_bound *bound, const struct operator_context *context,
		   const char *what, struct table_error *error, int rc);

/* Emits rows of a store, and of the batch beside it (row_store_gather()), in batches of usual size.
 * 0 or -errno with error. */
int step_store_emit(struct operator_step *step, const struct row_store *store,
		    const struct table_batch *beside, const row_ref *refs, uint64_t count,
		    struct table_error *error);

#endif
