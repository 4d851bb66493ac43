/* Inside a device: its context, programs, and slots of runs in flight. */
#ifndef OPENCL_DEVICE_H
#define OPENCL_DEVICE_H

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#include "opencl.h"

#define OPENCL_BLOCK_ROWS MR_OPERATOR_ROWS_MAX /* of an item of work, and of a selection */
#define OPENCL_SCRATCH_MAX 8                   /* buffers of results of one run */
#define OPENCL_LENT_MAX 128                    /* columns and bitmaps of one run */

struct opencl_wait;

/* One run: its queue, and what it reads and writes. */
struct opencl_slot {
	cl_command_queue queue;
	struct opencl_wait *wait;
	struct {
		cl_mem mem;
		size_t bytes;
	} scratch[OPENCL_SCRATCH_MAX], copies[OPENCL_LENT_MAX];
	cl_mem lent[OPENCL_LENT_MAX];
	uint32_t lent_count;
	uint32_t copy_count;
	bool busy;    /* something was queued that was not waited for */
	bool started; /* and it has begun */
};

struct opencl_device {
	struct opencl_description description;
	struct opencl_options options;
	char *cache_path; /* of them; or NULL */
	struct opencl_counters counters;
	enum opencl_state state;
	cl_device_id id;
	cl_context context;
	struct opencl_slot slots[MR_OPENCL_SLOTS];
};

/* ---- Errors ---- */

/* A call of OpenCL that failed: the device is lost. Returns -errno. */
int opencl_lost(struct opencl_device *device, cl_int code, const char *call,
		struct table_error *error);
const char *opencl_code_name(cl_int code);
int opencl_code_errno(cl_int code);
/* -ENODEV when it is lost. */
int opencl_ready(struct opencl_device *device, struct table_error *error);

/* ---- Devices ---- */

/* Ids of devices in the order of their list, as many as there is room for. 0 or -ENODEV. */
int opencl_ids(cl_device_id *ids, uint32_t room, uint32_t *count, struct table_error *error);
void opencl_describe(cl_device_id id, struct opencl_description *description);

/* ---- Programs ---- */

/* Builds a text, or takes it from the cache. 0 or -errno; the caller releases it. */
int opencl_program_build(struct opencl_device *device, const char *source, cl_program *program,
			 struct table_error *error);
int opencl_kernel_create(struct opencl_device *device, cl_program program, const char *name,
			 cl_kernel *kernel, struct table_error *error);

/* A program as the driver compiled it, kept in a file under folder. key says all that it depends
 * on. *binary is the caller's. 0 or -errno: no such file, or none that is to be trusted. */
int opencl_cache_read(const char *folder, const char *key, uint8_t **binary, size_t *bytes);
int opencl_cache_write(const char *folder, const char *key, const uint8_t *binary, size_t bytes);

/* ---- Runs ---- */

/* Memory of the host for a kernel to read: lent, or copied into a buffer of the slot. */
int opencl_slot_lend(struct opencl_device *device, struct opencl_slot *slot, const void *bytes,
		     size_t count, cl_mem *mem, struct table_error *error);
/* A buffer of the slot of at least bytes, which keeps its place between runs. */
int opencl_slot_scratch(struct opencl_device *device, struct opencl_slot *slot, uint32_t number,
			size_t bytes, cl_mem *mem, struct table_error *error);
int opencl_slot_write(struct opencl_device *device, struct opencl_slot *slot, cl_mem mem,
		      const void *bytes, size_t count, struct table_error *error);
/* items of the kernel, whose arguments are set. */
int opencl_slot_launch(struct opencl_device *device, struct opencl_slot *slot, cl_kernel kernel,
		       size_t items, struct table_error *error);
/* Begins what was queued. */
int opencl_slot_start(struct opencl_device *device, struct opencl_slot *slot,
		      struct table_error *error);
/* Waits until all of it has ended, with a time limit. */
int opencl_slot_wait(struct opencl_device *device, struct opencl_slot *slot,
		     struct table_error *error);
/* The bytes of a buffer, until they are unmapped. */
int opencl_slot_map(struct opencl_device *device, struct opencl_slot *slot, cl_mem mem,
		    size_t bytes, const void **at, struct table_error *error);
int opencl_slot_unmap(struct opencl_device *device, struct opencl_slot *slot, cl_mem mem,
		      const void *at, struct table_error *error);
/* The slot's lent memory is its owner's alone again. */
void opencl_slot_end(struct opencl_device *device, struct opencl_slot *slot);
int opencl_slot_create(struct opencl_device *device, struct opencl_slot *slot);
void opencl_slot_destroy(struct opencl_slot *slot);

#endif
