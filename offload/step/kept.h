/* What steps that keep rows say when they can't. */
#ifndef STEP_KEPT_H
#define STEP_KEPT_H

#include "operator.h"

/* rc is -EDQUOT (the budget), -E2BIG (text) or -ENOMEM of what the step keeps: "its groups".
 * Returns rc. */
int step_kept_fail(const struct operator_bound *bound, const struct operator_context *context,
		   const char *what, struct table_error *error, int rc);

#endif
