/* What steps that keep rows say when they can't. */
#include "kept.h"

#include <errno.h>

int step_kept_fail(const struct operator_bound *bound, const struct operator_context *context,
		   const char *what, struct table_error *error, int rc)
{
	if (rc == -EDQUOT)
		return operator_fail(bound, UINT64_MAX, error, rc,
				     "%s need more than the %llu MiB that the steps may keep: give "
				     "--memory more, or this step fewer rows or columns",
				     what,
				     (unsigned long long)(context->memory->limit_bytes >> 20));
	if (rc == -E2BIG)
		return operator_fail(
		    bound, UINT64_MAX, error, rc,
		    "%s have more than 2 GiB of text in one column of %u rows: cut it "
		    "first, as with substr()",
		    what, MR_TABLE_BATCH_ROWS);
	return operator_fail(bound, UINT64_MAX, error, rc, "no memory for %s", what);
}
