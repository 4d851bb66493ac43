/* A card, and the runs of its kernels: two of each kernel, which take turns. */
#ifndef FPGA_CARD_H
#define FPGA_CARD_H

#include "fpga.h"
#include "kernel_table.h"
#include "xclbin_image.h"
#include "xrt_api.h"

/* Memory of the card beside memory of the host's. */
struct fpga_buffer {
	void *handle; /* NULL: not yet */
	uint8_t *map;
	uint64_t bytes;
};

struct fpga_run {
	struct fpga_card *card;
	const struct kernel *kernel;
	enum kernel_number number;
	void *handle;
	struct fpga_buffer buffers[KERNEL_ARGUMENTS_MAX]; /* kept from run to run */
	void *lent[KERNEL_ARGUMENTS_MAX]; /* buffers on memory of the caller, for one run */
	union kernel_value values[KERNEL_ARGUMENTS_MAX]; /* scalars */
	uint64_t check_in, check_out;
	struct kernel_status status;
};

struct fpga_card {
	const struct xrt_api *xrt;
	void *device;
	struct xclbin_image image;
	uint32_t time_limit_ms;
	uint32_t run_bytes;
	enum fpga_state state;
	struct fpga_counters counters;
	uint64_t stamp; /* of the latest run */
	void *kernels[KERNELS];
	struct fpga_run runs[KERNELS][MR_FPGA_RUNS];
};

/* 0; -ENODEV and counted: it is hung, lost or wrong; -ENOTSUP: it lacks the kernel. */
int fpga_card_ready(struct fpga_card *card, enum kernel_number kernel, struct fpga_error *error);

/*
 * One run: scalars, then all inputs in the order of the arguments, start, wait, then fetch all
 * outputs but the status in their order, verify. Between start and wait others may run.
 */
void fpga_run_scalar(struct fpga_run *run, uint32_t argument, uint64_t value);
/* Whole pages are lent, and stay as they are until the run has ended; all else is copied. NULL:
 * none. */
int fpga_run_input(struct fpga_run *run, uint32_t argument, const void *memory, uint64_t bytes,
		   struct fpga_error *error);
int fpga_run_start(struct fpga_run *run, struct fpga_error *error);
/* Until it has ended, its status is there, and it has seen what was sent. */
int fpga_run_wait(struct fpga_run *run, struct fpga_error *error);
/* What an output holds, until the next run. Not to be believed before it is verified. */
int fpga_run_fetch(struct fpga_run *run, uint32_t argument, uint64_t bytes,
		   const struct beat **beats, struct fpga_error *error);
/* Whether what was fetched is what the kernel wrote. */
int fpga_run_verify(struct fpga_run *run, struct fpga_error *error);
/* The status of a run holds what this kernel can't say: the card is wrong. -EIO. */
int fpga_run_nonsense(struct fpga_run *run, const char *what, struct fpga_error *error);
void fpga_run_free(struct fpga_run *run);
/* Lets go of memory that was lent to a run which is not in flight. */
void fpga_run_lent_return(struct fpga_run *run);

/* Work that is cut into runs; in the second one data may move while the first one computes. */
struct fpga_work {
	enum kernel_number kernel;
	uint64_t runs;
	/* Up to and with fpga_run_start(), and from fpga_run_wait() on, of the run of that number.
	 */
	int (*begin)(void *context, struct fpga_run *run, uint64_t number,
		     struct fpga_error *error);
	int (*end)(void *context, struct fpga_run *run, uint64_t number, struct fpga_error *error);
};

int fpga_work_do(struct fpga_card *card, const struct fpga_work *work, void *context,
		 struct fpga_error *error);

#endif
