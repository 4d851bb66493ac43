/* Programs: built by the driver once, then taken from the cache. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opencl_device.h"

/* Nothing that lets the compiler change what floats are; nobody reads its warnings. */
static const char *options_of(const struct opencl_device *device)
{
	return device->description.float32_divide
		   ? "-cl-std=CL1.2 -w -cl-fp32-correctly-rounded-divide-sqrt"
		   : "-cl-std=CL1.2 -w";
}

/* All that a binary depends on. NULL: no memory. */
static char *key_make(const struct opencl_device *device, const char *source)
{
	const struct opencl_description *d = &device->description;
	char *key = NULL;

	if (asprintf(&key, "%s\n%s\n%s\n%s\n%s\n%s", d->platform, d->name, d->version, d->driver,
		     options_of(device), source) < 0)
		return NULL;
	return key;
}

static int build_failed(struct opencl_device *device, cl_program program, cl_int code,
			struct table_error *error)
{
	char *log = calloc(1, MR_OPENCL_LOG_BYTES_MAX);
	int rc;

	if (log != NULL)
		clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG,
				      MR_OPENCL_LOG_BYTES_MAX - 1, log, NULL);
	rc = table_fail(
	    error, opencl_code_errno(code), "OpenCL device %s: %s (%d); its compiler says: %.600s",
	    device->description.name, opencl_code_name(code), code, log != NULL ? log : "");
	free(log);
	return rc;
}

/* From the cache, or NULL: a driver may refuse what it wrote itself, once it was updated. */
static cl_program cached(struct opencl_device *device, const char *key)
{
	cl_program program;
	cl_int status, code;
	uint8_t *binary;
	size_t bytes;

	if (opencl_cache_read(device->options.cache_path, key, &binary, &bytes) < 0)
		return NULL;
	program = clCreateProgramWithBinary(device->context, 1, &device->id, &bytes,
					    (const unsigned char **)&binary, &status, &code);
	free(binary);
	if (program == NULL)
		return NULL;
	if (clBuildProgram(program, 1, &device->id, options_of(device), NULL, NULL) == CL_SUCCESS) {
		device->counters.programs_cached++;
		return program;
	}
	clReleaseProgram(program);
	return NULL;
}

static int keep(struct opencl_device *device, const char *key, cl_program program)
{
	size_t bytes = 0;
	uint8_t *binary;
	int rc = -EIO;

	if (clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof(bytes), &bytes, NULL) !=
		CL_SUCCESS ||
	    bytes == 0)
		return -ENOTSUP;
	binary = malloc(bytes);
	if (binary == NULL)
		return -ENOMEM;
	if (clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof(binary), &binary, NULL) ==
	    CL_SUCCESS)
		rc = opencl_cache_write(device->options.cache_path, key, binary, bytes);
	free(binary);
	return rc;
}

static int built(struct opencl_device *device, const char *source, cl_program *program,
		 struct table_error *error)
{
	cl_int code = CL_SUCCESS;

	*program = clCreateProgramWithSource(device->context, 1, &source, NULL, &code);
	if (*program == NULL)
		return opencl_lost(device, code, "making a program", error);
	code = clBuildProgram(*program, 1, &device->id, options_of(device), NULL, NULL);
	if (code != CL_SUCCESS) {
		int rc = build_failed(device, *program, code, error);

		clReleaseProgram(*program);
		*program = NULL;
		return rc;
	}
	device->counters.programs_built++;
	return 0;
}

int opencl_program_build(struct opencl_device *device, const char *source, cl_program *program,
			 struct table_error *error)
{
	char *key = key_make(device, source);
	int rc = 0;

	if (key == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	*program = device->options.cache_path != NULL ? cached(device, key) : NULL;
	if (*program == NULL) {
		rc = built(device, source, program, error);
		if (rc == 0 && device->options.cache_path != NULL &&
		    keep(device, key, *program) < 0)
			device->counters.programs_unkept++;
	}
	free(key);
	return rc;
}

int opencl_kernel_create(struct opencl_device *device, cl_program program, const char *name,
			 cl_kernel *kernel, struct table_error *error)
{
	cl_int code = CL_SUCCESS;

	*kernel = clCreateKernel(program, name, &code);
	return *kernel == NULL ? opencl_lost(device, code, name, error) : 0;
}
