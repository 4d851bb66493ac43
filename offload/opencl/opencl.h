/*
 * OpenCL devices that run operators: any of OpenCL 1.2 or newer that the loader knows.
 *
 * A device is for one thread at a time. Columns stay their owner's and are only read; where the
 * device shares the host's memory it reads them in place, until the call is over. Every call
 * returns 0 or -errno with what was wrong, where and what to do: -ENOTSUP is what the device cannot
 * compute, -ENODEV a machine without OpenCL or a device that is lost, -ETIMEDOUT the wait by which
 * it is lost: such a device may still be reading the columns of that call. A lost one refuses every
 * call until it is closed and opened anew; the CPU does the work then.
 */
#ifndef OPENCL_H
#define OPENCL_H

#include "table_stream.h"

struct opencl_device;

/* What a device is. */
struct opencl_description {
	char platform[MR_OPENCL_NAME_BYTES_MAX];
	char name[MR_OPENCL_NAME_BYTES_MAX];
	char version[MR_OPENCL_NAME_BYTES_MAX];
	char driver[MR_OPENCL_NAME_BYTES_MAX];
	uint64_t memory_bytes;
	uint32_t align_bytes; /* of lent memory */
	bool usable;          /* OpenCL 1.2, little-endian, with a compiler, available */
	bool shared;          /* its memory is the host's */
	bool cpu;
	bool float64;        /* as IEEE 754 has it, with subnormals */
	bool float32;        /* likewise */
	bool float32_divide; /* correctly rounded */
};

enum opencl_state { OPENCL_READY, OPENCL_HUNG, OPENCL_LOST };

struct opencl_counters {
	uint64_t runs;            /* that ended well */
	uint64_t bytes_lent;      /* read where they are */
	uint64_t bytes_in;        /* copied to the device */
	uint64_t bytes_out;       /* results, mapped or copied */
	uint64_t programs_built;  /* by the driver's compiler */
	uint64_t programs_cached; /* taken from the cache's folder instead */
	uint64_t programs_unkept; /* could not be written there */
	uint64_t calls_failed;    /* by which the device was lost */
	uint64_t refused;         /* calls, as it was lost */
};

struct opencl_options {
	uint32_t index;         /* of the device, in the order of opencl_list() */
	const char *cache_path; /* a folder of this user's for programs, or NULL: none are kept;
				 * copied */
	uint32_t time_limit_ms; /* of one wait; 0: MR_OPENCL_TIME_LIMIT_MS_DEFAULT */
	uint32_t run_rows;      /* of one run; 0: the default; whole blocks of rows */
	bool copy;              /* columns are copied even where memory is shared */
};

/* Describes up to room devices; *count is how many there are. 0, or -ENODEV without any, and what
 * to install. */
int opencl_list(struct opencl_description *found, uint32_t room, uint32_t *count,
		struct table_error *error);
/* The caller closes it. */
int opencl_device_open(struct opencl_device **device, const struct opencl_options *options,
		       struct table_error *error);
/* Nulls *device, which may be NULL. What a hung device uses is left to it, and leaks. */
void opencl_device_close(struct opencl_device **device);

const struct opencl_description *opencl_device_description(const struct opencl_device *device);
enum opencl_state opencl_device_state(const struct opencl_device *device);
const char *opencl_state_name(enum opencl_state state);
const struct opencl_counters *opencl_device_counters(const struct opencl_device *device);

#endif
