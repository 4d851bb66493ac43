/* An OpenCL device, with its programs kept where prepared code is. */
#ifndef OPENCL_OPEN_H
#define OPENCL_OPEN_H

#include "opencl.h"

/* 0 or -errno with error; the caller closes it. */
int opencl_open(struct opencl_device **device, uint32_t index, struct table_error *error);

#endif
