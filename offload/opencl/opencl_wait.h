/* Waiting for an event with a time limit. */
#ifndef OPENCL_WAIT_H
#define OPENCL_WAIT_H

#include "opencl_device.h"

/* NULL: no memory. One event at a time. */
struct opencl_wait *opencl_wait_create(void);
void opencl_wait_destroy(struct opencl_wait **wait);
/* CL_SUCCESS, or why it cannot be waited for. The event may be released at once. */
cl_int opencl_wait_begin(struct opencl_wait *wait, cl_event event);
/* 0, with the event's status, which is negative when it failed; or -ETIMEDOUT, after which the
 * driver may still call: it cannot be destroyed. */
int opencl_wait_end(struct opencl_wait *wait, uint32_t limit_ms, cl_int *status);

#endif
