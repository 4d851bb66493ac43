/*
 * The xclbin of the simulated card: an axlf (xclbin.h of XRT) with MEM_TOPOLOGY, IP_LAYOUT,
 * CONNECTIVITY and EMBEDDED_METADATA, all of it from the table of kernels. There is no bitstream.
 */
#ifndef XCLBIN_WRITE_H
#define XCLBIN_WRITE_H

#include <stddef.h>
#include <stdint.h>

/* The image, which the caller frees. 0 or -ENOMEM. */
int xclbin_write(uint8_t **image, size_t *bytes);

#endif
