/*
 * The functions of XRT's C API (xrt/xrt_device.h, xrt_bo.h, xrt_kernel.h of XRT 2.13) that a card
 * needs, found in libxrt_coreutil at run time. Handles are pointers to nothing we know. Declared
 * here, so that building needs no XRT; a test compares them with XRT's headers.
 */
#ifndef XRT_API_H
#define XRT_API_H

#include <stddef.h>
#include <stdint.h>

#include "fpga.h"

enum { XRT_TO_DEVICE = 0, XRT_FROM_DEVICE = 1 }; /* xclBOSyncDirection */
enum { XRT_COMPLETED = 4, XRT_TIMEOUT = 8 };     /* ert_cmd_state */

/* FUNCTION(result, field, XRT's name, arguments) */
#define XRT_FUNCTIONS(FUNCTION)                                                                 \
	FUNCTION(void *, device_open, xrtDeviceOpen, (unsigned int index))                      \
	FUNCTION(int, device_close, xrtDeviceClose, (void *device))                             \
	FUNCTION(int, device_uuid, xrtDeviceGetXclbinUUID, (void *device, unsigned char *uuid)) \
	FUNCTION(void *, kernel_open, xrtPLKernelOpen,                                          \
		 (void *device, const unsigned char *uuid, const char *name))                   \
	FUNCTION(int, kernel_close, xrtKernelClose, (void *kernel))                             \
	FUNCTION(int, kernel_argument_group, xrtKernelArgGroupId, (void *kernel, int argument)) \
	FUNCTION(uint32_t, kernel_argument_offset, xrtKernelArgOffset,                          \
		 (void *kernel, int argument))                                                  \
	FUNCTION(void *, buffer_alloc, xrtBOAlloc,                                              \
		 (void *device, size_t bytes, uint64_t flags, uint32_t group))                  \
	FUNCTION(void *, buffer_alloc_user, xrtBOAllocUserPtr,                                  \
		 (void *device, void *user, size_t bytes, uint64_t flags, uint32_t group))      \
	FUNCTION(int, buffer_free, xrtBOFree, (void *buffer))                                   \
	FUNCTION(void *, buffer_map, xrtBOMap, (void *buffer))                                  \
	FUNCTION(uint64_t, buffer_address, xrtBOAddress, (void *buffer))                        \
	FUNCTION(void *, run_open, xrtRunOpen, (void *kernel))                                  \
	FUNCTION(int, run_set, xrtRunSetArg, (void *run, int argument, ...))                    \
	FUNCTION(int, run_start, xrtRunStart, (void *run))                                      \
	FUNCTION(int, run_close, xrtRunClose, (void *run))

/* Those with arguments of XRT's own types, by pointers and enums. */
struct axlf;

struct xrt_api {
#define XRT_FUNCTION_FIELD(result, field, name, arguments) result(*field) arguments;
	XRT_FUNCTIONS(XRT_FUNCTION_FIELD)
#undef XRT_FUNCTION_FIELD
	int (*device_load)(void *device, const struct axlf *image);
	int (*buffer_sync)(void *buffer, unsigned int direction, size_t bytes, size_t offset);
	unsigned int (*card_count)(void); /* of the driver itself (xclProbe, xrt.h) */
	unsigned int (*run_wait)(void *run, unsigned int timeout_ms);
};

/* XRT's functions, loaded once for this process; NULL: *rc is -errno, error says what is missing.
 * Not before XRT's driver is known to be there: XRT ends the process over that. */
const struct xrt_api *xrt_api_load(int *rc, struct fpga_error *error);

#endif
