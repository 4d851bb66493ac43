/* A build without OpenCL: there is no device. */
#include <errno.h>
#include <stddef.h>

#include "opencl.h"
#include "opencl_step.h"

static int absent(struct table_error *error)
{
	return table_fail(error, -ENODEV,
			  "no OpenCL: this millrace was built without it (-Dopencl=disabled)");
}

int opencl_list(struct opencl_description *found, uint32_t room, uint32_t *count,
		struct table_error *error)
{
	*count = 0;
	return absent(error);
}

int opencl_device_open(struct opencl_device **device, const struct opencl_options *options,
		       struct table_error *error)
{
	*device = NULL;
	return absent(error);
}

void opencl_device_close(struct opencl_device **device)
{
	*device = NULL;
}

/* Nobody has a device to ask these of. */
const struct opencl_description *opencl_device_description(const struct opencl_device *device)
{
	return NULL;
}

const struct opencl_counters *opencl_device_counters(const struct opencl_device *device)
{
	return NULL;
}

enum opencl_state opencl_device_state(const struct opencl_device *device)
{
	return OPENCL_LOST;
}

int opencl_step_open(struct opencl_device *device, const struct table_schema *schema,
		     struct operator_bound *const *bound, uint32_t count,
		     const struct operator_context *context, uint32_t *taken,
		     struct operator_step **step, struct table_error *error)
{
	return absent(error);
}

const char *opencl_step_fallback(const struct operator_step *step)
{
	return NULL;
}
