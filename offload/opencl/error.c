/* What OpenCL's codes mean, in words. */
#include <errno.h>

#include "opencl_device.h"

struct meaning {
	cl_int code;
	int rc;
	const char *words;
};

/* Khronos, The OpenCL Specification 1.2, appendix of error codes; those a driver gives. */
static const struct meaning meanings[] = {
    {CL_DEVICE_NOT_FOUND, -ENODEV, "no device"},
    {CL_DEVICE_NOT_AVAILABLE, -ENODEV, "the device is not available"},
    {CL_COMPILER_NOT_AVAILABLE, -ENOTSUP, "the driver has no compiler"},
    {CL_MEM_OBJECT_ALLOCATION_FAILURE, -ENOMEM, "the device has no memory left"},
    {CL_OUT_OF_RESOURCES, -EIO, "out of resources, or a kernel that failed"},
    {CL_OUT_OF_HOST_MEMORY, -ENOMEM, "the host has no memory left"},
    {CL_MAP_FAILURE, -EIO, "a buffer could not be mapped"},
    {CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, -EIO, "a command failed"},
    {CL_BUILD_PROGRAM_FAILURE, -EINVAL, "the program could not be built"},
    {CL_INVALID_DEVICE, -ENODEV, "the device is gone"},
    {CL_INVALID_CONTEXT, -ENODEV, "the context is gone"},
    {CL_INVALID_COMMAND_QUEUE, -ENODEV, "the queue is gone"},
    {CL_INVALID_BINARY, -EBADMSG, "the compiled program is damaged"},
    {CL_INVALID_BUFFER_SIZE, -E2BIG, "a buffer larger than the device allows"},
    {CL_INVALID_WORK_GROUP_SIZE, -EINVAL, "a group larger than the device allows"},
    {-1001, -ENODEV, "no driver (ICD) is installed"}, /* cl_khr_icd: CL_PLATFORM_NOT_FOUND_KHR */
};

static const struct meaning *meaning_find(cl_int code)
{
	static const struct meaning unknown = {0, -EIO, "the driver failed"};

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].code == code)
			return &meanings[i];
	return &unknown;
}

const char *opencl_code_name(cl_int code)
{
	return meaning_find(code)->words;
}

int opencl_code_errno(cl_int code)
{
	return meaning_find(code)->rc;
}

int opencl_lost(struct opencl_device *device, cl_int code, const char *call,
		struct table_error *error)
{
	device->state = OPENCL_LOST;
	device->counters.calls_failed++;
	return table_fail(
	    error, opencl_code_errno(code),
	    "OpenCL device %s: %s: %s (%d); it is not used any more: see the kernel's "
	    "log, and open it anew",
	    device->description.name, call, opencl_code_name(code), code);
}

int opencl_ready(struct opencl_device *device, struct table_error *error)
{
	if (device->state == OPENCL_READY)
		return 0;
	device->counters.refused++;
	return table_fail(error, -ENODEV, "OpenCL device %s is %s: open it anew to try it again",
			  device->description.name, opencl_state_name(device->state));
}
