/* What steps that keep rows have in common. */
#include "kept.h"

#include <errno.h>

int step_kept_fail(const struct operator_bound *bound, const struct operator_context *context,
		   const char *what, struct table_error *error, int rc)
{
	if (rc == -EDQUOT)
		return operator_fail(
		    bound, UINT64_MAX, error, rc,
		    "%s need more than the %llu KiB that the steps may have: raise "
		    "their memory, or give this step fewer rows or columns",
		    what, (unsigned long long)(context->memory->limit_bytes >> 10));
	if (rc == -E2BIG)
		return operator_fail(
		    bound, UINT64_MAX, error, rc,
		    "%s have more than 2 GiB of text in one column of %u rows: cut it "
		    "first, as with substr()",
		    what, MR_TABLE_BATCH_ROWS);
	return operator_fail(bound, UINT64_MAX, error, rc, "no memory for %s", what);
}

int step_store_emit(struct operator_step *step, const struct row_store *store,
		    const struct table_batch *beside, const row_ref *refs, uint64_t count,
		    struct table_error *error)
{
	int rc = 0;

	for (uint64_t done = 0, some; done < count && rc == 0; done += some) {
		struct row_batch *batch;

		some = row_store_batch_rows(store, refs + done, count - done);
		rc = row_batch_create(&step->bound->schema, &batch);
		if (rc < 0)
			return step_kept_fail(step->bound, &step->context, "its rows", error, rc);
		rc = row_store_gather(store, beside, refs + done, some, batch, 0);
		if (rc < 0)
			step_kept_fail(step->bound, &step->context, "its rows", error, rc);
		else
			rc = operator_emit_batch(step, row_batch_finish(batch, some), error);
		row_batch_destroy(&batch);
	}
	return rc;
}
