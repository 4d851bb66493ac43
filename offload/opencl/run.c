/* Runs: what a kernel reads is lent or copied, it is launched, waited for, and its results mapped.
 */
#include <errno.h>
#include <string.h>

#include "opencl_device.h"
#include "opencl_wait.h"

int opencl_slot_create(struct opencl_device *device, struct opencl_slot *slot)
{
	cl_int code;

	slot->queue = clCreateCommandQueue(device->context, device->id, 0, &code);
	slot->wait = opencl_wait_create();
	return slot->queue == NULL || slot->wait == NULL ? -ENOMEM : 0;
}

void opencl_slot_destroy(struct opencl_slot *slot)
{
	for (uint32_t i = 0; i < slot->lent_count; i++)
		clReleaseMemObject(slot->lent[i]);
	for (uint32_t i = 0; i < OPENCL_SCRATCH_MAX; i++)
		if (slot->scratch[i].mem != NULL)
			clReleaseMemObject(slot->scratch[i].mem);
	for (uint32_t i = 0; i < OPENCL_LENT_MAX; i++)
		if (slot->copies[i].mem != NULL)
			clReleaseMemObject(slot->copies[i].mem);
	if (slot->queue != NULL)
		clReleaseCommandQueue(slot->queue);
	opencl_wait_destroy(&slot->wait);
}

/* A buffer that has grown to bytes. */
static int buffer_reserve(struct opencl_device *device, cl_mem_flags flags, cl_mem *mem,
			  size_t *have, size_t bytes, struct table_error *error)
{
	cl_int code = CL_SUCCESS;

	if (*mem != NULL && *have >= bytes)
		return 0;
	if (*mem != NULL)
		clReleaseMemObject(*mem);
	*have = bytes;
	*mem = clCreateBuffer(device->context, flags, bytes, NULL, &code);
	return *mem == NULL ? opencl_lost(device, code, "making a buffer", error) : 0;
}

static int bytes_copy(struct opencl_device *device, struct opencl_slot *slot, const void *bytes,
		      size_t count, cl_mem *mem, struct table_error *error)
{
	uint32_t i = slot->copy_count++;
	int rc = buffer_reserve(device, CL_MEM_READ_ONLY, &slot->copies[i].mem,
				&slot->copies[i].bytes, count, error);

	*mem = slot->copies[i].mem;
	device->counters.bytes_in += count;
	return rc < 0 ? rc : opencl_slot_write(device, slot, *mem, bytes, count, error);
}

int opencl_slot_lend(struct opencl_device *device, struct opencl_slot *slot, const void *bytes,
		     size_t count, cl_mem *mem, struct table_error *error)
{
	bool lend = device->description.shared && !device->options.copy &&
		    (uintptr_t)bytes % device->description.align_bytes == 0;
	cl_int code = CL_SUCCESS;

	if (slot->lent_count == OPENCL_LENT_MAX || slot->copy_count == OPENCL_LENT_MAX)
		return table_fail(error, -ENOTSUP, "more than %u columns at once", OPENCL_LENT_MAX);
	if (!lend)
		return bytes_copy(device, slot, bytes, count, mem, error);
	*mem = clCreateBuffer(device->context, CL_MEM_READ_ONLY | CL_MEM_USE_HOST_PTR, count,
			      (void *)(uintptr_t)bytes, &code);
	if (*mem == NULL)
		return opencl_lost(device, code, "lending memory", error);
	slot->lent[slot->lent_count++] = *mem;
	device->counters.bytes_lent += count;
	return 0;
}

int opencl_slot_scratch(struct opencl_device *device, struct opencl_slot *slot, uint32_t number,
			size_t bytes, cl_mem *mem, struct table_error *error)
{
	int rc =
	    buffer_reserve(device, CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR,
			   &slot->scratch[number].mem, &slot->scratch[number].bytes, bytes, error);

	*mem = slot->scratch[number].mem;
	return rc;
}

int opencl_slot_write(struct opencl_device *device, struct opencl_slot *slot, cl_mem mem,
		      const void *bytes, size_t count, struct table_error *error)
{
	cl_int code =
	    clEnqueueWriteBuffer(slot->queue, mem, CL_FALSE, 0, count, bytes, 0, NULL, NULL);

	slot->busy = true;
	return code != CL_SUCCESS ? opencl_lost(device, code, "copying to it", error) : 0;
}

int opencl_slot_launch(struct opencl_device *device, struct opencl_slot *slot, cl_kernel kernel,
		       size_t items, struct table_error *error)
{
	/* An item has a block of rows: on a CPU a group of one is a task of its own. */
	const size_t one = 1;
	cl_int code = clEnqueueNDRangeKernel(slot->queue, kernel, 1, NULL, &items,
					     device->description.cpu ? &one : NULL, 0, NULL, NULL);

	slot->busy = true;
	return code != CL_SUCCESS ? opencl_lost(device, code, "launching a kernel", error) : 0;
}

int opencl_slot_start(struct opencl_device *device, struct opencl_slot *slot,
		      struct table_error *error)
{
	cl_event event;
	cl_int code = clEnqueueMarkerWithWaitList(slot->queue, 0, NULL, &event);

	if (code != CL_SUCCESS)
		return opencl_lost(device, code, "queueing", error);
	code = opencl_wait_begin(slot->wait, event);
	clReleaseEvent(event);
	slot->started = code == CL_SUCCESS;
	if (code == CL_SUCCESS)
		code = clFlush(slot->queue);
	return code != CL_SUCCESS ? opencl_lost(device, code, "starting a run", error) : 0;
}

int opencl_slot_wait(struct opencl_device *device, struct opencl_slot *slot,
		     struct table_error *error)
{
	cl_int status;

	/* A CPU's run reads memory of this process, and its loops are bounded: it is waited for. */
	const uint32_t limit_ms =
	    device->description.cpu ? UINT32_MAX : device->options.time_limit_ms;

	if (opencl_wait_end(slot->wait, limit_ms, &status) < 0) {
		device->state = OPENCL_HUNG;
		device->counters.calls_failed++;
		return table_fail(
		    error, -ETIMEDOUT,
		    "OpenCL device %s: a run did not end in %u ms; it is not used any "
		    "more",
		    device->description.name, device->options.time_limit_ms);
	}
	slot->busy = slot->started = false;
	if (status < 0)
		return opencl_lost(device, status, "a run", error);
	device->counters.runs++;
	return 0;
}

int opencl_slot_map(struct opencl_device *device, struct opencl_slot *slot, cl_mem mem,
		    size_t bytes, const void **at, struct table_error *error)
{
	cl_int code = CL_SUCCESS;

	*at = clEnqueueMapBuffer(slot->queue, mem, CL_TRUE, CL_MAP_READ, 0, bytes, 0, NULL, NULL,
				 &code);
	if (code != CL_SUCCESS)
		return opencl_lost(device, code, "reading results", error);
	device->counters.bytes_out += bytes;
	return 0;
}

int opencl_slot_unmap(struct opencl_device *device, struct opencl_slot *slot, cl_mem mem,
		      const void *at, struct table_error *error)
{
	cl_int code =
	    clEnqueueUnmapMemObject(slot->queue, mem, (void *)(uintptr_t)at, 0, NULL, NULL);

	return code != CL_SUCCESS ? opencl_lost(device, code, "giving back results", error) : 0;
}

void opencl_slot_end(struct opencl_device *device, struct opencl_slot *slot)
{
	struct table_error ignored;

	/* Given up half way: nothing may be read after this. */
	if (slot->busy && !slot->started)
		opencl_slot_start(device, slot, &ignored);
	if (slot->started)
		opencl_slot_wait(device, slot, &ignored);
	if (device->state == OPENCL_HUNG) /* the driver has it still */
		return;
	slot->busy = false;
	for (uint32_t i = 0; i < slot->lent_count; i++)
		clReleaseMemObject(slot->lent[i]);
	slot->lent_count = 0;
	slot->copy_count = 0;
}
