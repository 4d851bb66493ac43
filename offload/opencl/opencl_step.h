/*
 * The beginning of a pipeline on an OpenCL device, as one step: it takes batches of any length
 * without a selection, and goes on with the CPU's steps when the device fails.
 */
#ifndef OPENCL_STEP_H
#define OPENCL_STEP_H

#include "opencl.h"
#include "operator.h"

/* Opens a step of the first of these, *taken of them, over a stream of that schema. device outlives
 * it, and is for one step at a time. 0; -ENOTSUP with error, which says what is not for OpenCL; or
 * -errno. */
int opencl_step_open(struct opencl_device *device, const struct table_schema *schema,
		     struct operator_bound *const *bound, uint32_t count,
		     const struct operator_context *context, uint32_t *taken,
		     struct operator_step **step, struct table_error *error);
/* Why the CPU does the work since then, or NULL: the device does. */
const char *opencl_step_fallback(const struct operator_step *step);

#endif
