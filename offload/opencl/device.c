/* A device that is opened: its context and its slots. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "opencl_device.h"

static int options_check(const struct opencl_options *options, struct table_error *error)
{
	if (options->run_rows % OPENCL_BLOCK_ROWS != 0 ||
	    options->run_rows > MR_OPENCL_RUN_ROWS_MAX)
		return table_fail(error, -EINVAL,
				  "rows of a run: a multiple of %u is needed, to %u",
				  OPENCL_BLOCK_ROWS, MR_OPENCL_RUN_ROWS_MAX);
	return 0;
}

static int device_find(struct opencl_device *device, struct table_error *error)
{
	cl_device_id ids[MR_OPENCL_DEVICES_MAX];
	uint32_t count, index = device->options.index;
	int rc = opencl_ids(ids, MR_OPENCL_DEVICES_MAX, &count, error);

	if (rc < 0)
		return rc;
	if (index >= count || index >= MR_OPENCL_DEVICES_MAX)
		return table_fail(error, -ENODEV, "no OpenCL device %u: there are %u, from 0",
				  index, count);
	device->id = ids[index];
	opencl_describe(device->id, &device->description);
	if (!device->description.usable)
		return table_fail(
		    error, -ENODEV,
		    "OpenCL device %u, %s: it is not available, or older than 1.2, or "
		    "without a compiler",
		    index, device->description.name);
	return 0;
}

int opencl_device_open(struct opencl_device **device, const struct opencl_options *options,
		       struct table_error *error)
{
	struct opencl_device *d = calloc(1, sizeof(*d));
	cl_int code = CL_SUCCESS;
	int rc = options_check(options, error);

	*device = d;
	if (rc == 0 && d == NULL)
		rc = table_fail(error, -ENOMEM, "no memory");
	if (rc < 0)
		goto failed;
	d->options = *options;
	if (options->cache_path != NULL)
		d->options.cache_path = d->cache_path = strdup(options->cache_path);
	if (d->options.time_limit_ms == 0)
		d->options.time_limit_ms = MR_OPENCL_TIME_LIMIT_MS_DEFAULT;
	if (d->options.run_rows == 0)
		d->options.run_rows = MR_OPENCL_RUN_ROWS_DEFAULT;
	rc = device_find(d, error);
	if (rc < 0)
		goto failed;
	d->context = clCreateContext(NULL, 1, &d->id, NULL, NULL, &code);
	if (d->context == NULL) {
		rc = opencl_lost(d, code, "creating a context", error);
		goto failed;
	}
	for (uint32_t i = 0; i < MR_OPENCL_SLOTS && rc == 0; i++)
		rc = opencl_slot_create(d, &d->slots[i]);
	if (rc == 0)
		return 0;
	rc = table_fail(error, rc, "OpenCL device %s: no memory for its queues",
			d->description.name);
failed:
	opencl_device_close(device);
	return rc;
}

void opencl_device_close(struct opencl_device **device)
{
	struct opencl_device *d = *device;

	*device = NULL;
	if (d == NULL || d->state == OPENCL_HUNG) /* its driver still uses what is in there */
		return;
	for (uint32_t i = 0; i < MR_OPENCL_SLOTS; i++)
		opencl_slot_destroy(&d->slots[i]);
	if (d->context != NULL)
		clReleaseContext(d->context);
	free(d->cache_path);
	free(d);
}

const struct opencl_description *opencl_device_description(const struct opencl_device *device)
{
	return &device->description;
}

enum opencl_state opencl_device_state(const struct opencl_device *device)
{
	return device->state;
}

const struct opencl_counters *opencl_device_counters(const struct opencl_device *device)
{
	return &device->counters;
}
