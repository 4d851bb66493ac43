/* The devices of this machine, over all platforms. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "opencl_device.h"

#define PLATFORMS_MAX 16 /* drivers that are installed */

int opencl_ids(cl_device_id *ids, uint32_t room, uint32_t *count, struct table_error *error)
{
	cl_platform_id platforms[PLATFORMS_MAX];
	cl_uint platform_count = 0;
	cl_int code = clGetPlatformIDs(PLATFORMS_MAX, platforms, &platform_count);

	*count = 0;
	if (code != CL_SUCCESS || platform_count == 0)
		return table_fail(error, -ENODEV,
				  "no OpenCL device: %s; install the driver of your device, or "
				  "pocl-opencl-icd, which is one of the CPU",
				  opencl_code_name(code));
	if (platform_count > PLATFORMS_MAX)
		platform_count = PLATFORMS_MAX;
	for (cl_uint i = 0; i < platform_count; i++) {
		cl_uint there = 0, left = *count < room ? room - *count : 0;

		code = clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, left,
				      left > 0 ? ids + *count : NULL, &there);
		*count += code == CL_SUCCESS ? there : 0;
	}
	return *count > 0 ? 0
			  : table_fail(error, -ENODEV,
				       "no OpenCL device: drivers are installed, but none has one; "
				       "see what clinfo says");
}

static void text_get(cl_device_id id, cl_device_info what, char *text)
{
	text[0] = '\0';
	if (clGetDeviceInfo(id, what, MR_OPENCL_NAME_BYTES_MAX, text, NULL) != CL_SUCCESS)
		snprintf(text, MR_OPENCL_NAME_BYTES_MAX, "?");
	text[MR_OPENCL_NAME_BYTES_MAX - 1] = '\0';
}

static uint64_t number_get(cl_device_id id, cl_device_info what, size_t bytes)
{
	uint64_t number = 0; /* little-endian: narrower ones are its low bytes */

	return clGetDeviceInfo(id, what, bytes, &number, NULL) == CL_SUCCESS ? number : 0;
}

/* "OpenCL MAJOR.MINOR ..." */
static bool version_enough(const char *version)
{
	unsigned major, minor;

	return sscanf(version, "OpenCL %u.%u", &major, &minor) == 2 &&
	       (major > 1 || (major == 1 && minor >= 2));
}

void opencl_describe(cl_device_id id, struct opencl_description *d)
{
	const cl_device_fp_config strict = CL_FP_DENORM | CL_FP_INF_NAN | CL_FP_ROUND_TO_NEAREST;
	cl_platform_id platform = NULL;
	uint64_t type = number_get(id, CL_DEVICE_TYPE, sizeof(cl_device_type));
	uint64_t narrow = number_get(id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof(cl_device_fp_config));
	uint64_t wide = number_get(id, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof(cl_device_fp_config));

	memset(d, 0, sizeof(*d));
	text_get(id, CL_DEVICE_NAME, d->name);
	text_get(id, CL_DEVICE_VERSION, d->version);
	text_get(id, CL_DRIVER_VERSION, d->driver);
	if (clGetDeviceInfo(id, CL_DEVICE_PLATFORM, sizeof(platform), &platform, NULL) ==
	    CL_SUCCESS)
		clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof(d->platform) - 1, d->platform,
				  NULL);
	d->memory_bytes = number_get(id, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof(cl_ulong));
	d->cpu = (type & CL_DEVICE_TYPE_CPU) != 0;
	d->shared = number_get(id, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof(cl_bool)) != 0;
	/* A CPU takes any pointer that the C compiler takes. For the others: Intel, "Getting the
	 * most from OpenCL 1.2: how to increase performance by minimizing buffer copies". */
	d->align_bytes = d->cpu ? 8 : MR_PAGE_BYTES;
	d->float64 = (wide & strict) == strict;
	d->float32 = d->float64 && (narrow & strict) == strict;
	d->float32_divide = (narrow & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0;
	d->usable = version_enough(d->version) &&
		    number_get(id, CL_DEVICE_AVAILABLE, sizeof(cl_bool)) != 0 &&
		    number_get(id, CL_DEVICE_COMPILER_AVAILABLE, sizeof(cl_bool)) != 0 &&
		    number_get(id, CL_DEVICE_ENDIAN_LITTLE, sizeof(cl_bool)) != 0;
}

int opencl_list(struct opencl_description *found, uint32_t room, uint32_t *count,
		struct table_error *error)
{
	cl_device_id ids[MR_OPENCL_DEVICES_MAX];
	int rc = opencl_ids(ids, MR_OPENCL_DEVICES_MAX, count, error);

	for (uint32_t i = 0; rc == 0 && i < *count && i < room && i < MR_OPENCL_DEVICES_MAX; i++)
		opencl_describe(ids[i], &found[i]);
	return rc;
}
