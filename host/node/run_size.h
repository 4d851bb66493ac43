/* How large an invocation's region is, and how much input fits the largest. */
#ifndef RUN_SIZE_H
#define RUN_SIZE_H

#include "node_internal.h"

/* Region bytes for an image of that many bytes (sets, tables and data) behind header_off. */
static inline uint64_t run_region_bytes(const struct plan_function *function, uint32_t header_off,
					uint64_t image_bytes)
{
	return header_off + image_bytes + function->memory_bytes +
	       image_bytes * function->memory_per_input / 1000;
}

/* Image bytes that fit the largest region an invocation may have; 0: not even an empty one. What a
 * vertex gets by broadcast comes off. */
uint64_t run_input_bytes_max(const struct job *job, const struct plan_function *function,
			     uint32_t vertex);

#endif
