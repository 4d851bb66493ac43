/*
 * An xclbin, read and checked before XRT sees it: XRT takes one that was cut short. Every offset
 * and count lies in the file, and every kernel of ours has all its memories on banks that are
 * there. Format: "axlf" of XRT's xclbin.h. What is not ours (bitstream, clocks, debug) is only held
 * to its bounds.
 */
#ifndef XCLBIN_IMAGE_H
#define XCLBIN_IMAGE_H

#include "fpga.h"
#include "kernel_table.h"

#define XCLBIN_PLATFORM_BYTES 65
#define XCLBIN_NO_BANK UINT32_MAX

struct xclbin_bank {
	uint64_t address, bytes; /* 0 bytes: not used */
};

struct xclbin_image {
	uint8_t *bytes; /* of the file; owned */
	uint64_t size;
	char platform[XCLBIN_PLATFORM_BYTES];
	bool has[KERNELS];
	uint32_t banks[KERNELS][KERNEL_ARGUMENTS_MAX]; /* of memories */
	struct xclbin_bank bank[MR_FPGA_BANKS_MAX];
	uint32_t bank_count;
};

/* Reads a file. 0 or -errno: -EBADMSG says what is wrong in it. */
int xclbin_image_read(struct xclbin_image *image, const char *path, struct fpga_error *error);
/* Checks bytes, which stay the caller's, and fills all fields but bytes. */
int xclbin_image_check(struct xclbin_image *image, const uint8_t *bytes, uint64_t size,
		       struct fpga_error *error);
void xclbin_image_free(struct xclbin_image *image);

#endif
