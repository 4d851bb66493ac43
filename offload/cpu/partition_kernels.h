/* Loops of partitioning. No two arrays overlap. */
#ifndef PARTITION_KERNELS_H
#define PARTITION_KERNELS_H

#include "cpu.h"

struct partition_kernels {
	/* The partition of each hash: its key group times partitions over MR_KEY_GROUPS, as the
	 * shuffle has it. */
	void (*of_hashes)(const uint64_t *hashes, uint64_t count, uint32_t partitions,
			  uint16_t *ids);
	/* Adds to counts how many rows have each id. */
	void (*count)(const uint16_t *ids, uint64_t count, uint64_t *counts);
	/* Puts value i at ends[ids[i]]++: values of 4 and of 8 bytes. */
	void (*scatter4)(const uint32_t *values, const uint16_t *ids, uint64_t count,
			 uint32_t partitions, uint64_t *ends, uint32_t *to);
	void (*scatter8)(const uint64_t *values, const uint16_t *ids, uint64_t count,
			 uint32_t partitions, uint64_t *ends, uint64_t *to);
};
CPU_DECLARE(struct partition_kernels, partition_kernels);

#endif
