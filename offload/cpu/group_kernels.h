/* Loops over numbers of groups: finding them by words that lie close together, and what is kept of
 * each. Words are those of offload/rows. No two arrays overlap. */
#ifndef GROUP_KERNELS_H
#define GROUP_KERNELS_H

#include "cpu.h"

#define GROUP_NONE UINT32_MAX /* the number of no group */

/* An exact sum: high * 2^64 + low, where low is signed, or unsigned, as the values are. */
struct group_sum {
	uint64_t low;
	int64_t high;
};

/* A sum of floats: of the chunks before, and of the chunk that has this number, from 1. Both begin
 * as -0.0, to which any value is added unchanged. */
struct group_real {
	double total;
	double partial;
	uint64_t chunk;
};

/* A place of the table of words. */
struct group_slot {
	uint64_t word;
	uint32_t group; /* GROUP_NONE: free */
	uint32_t unused;
};

#define GROUP_HASH_FACTOR 0x9E3779B97F4A7C15ull /* 2^64 over the golden ratio */

/* The slot, of 1 << bits, where the search for a word begins; it goes on with the next ones. */
static inline uint64_t group_slot_first(uint64_t word, uint32_t bits)
{
	word ^= word >> 32;
	return word * GROUP_HASH_FACTOR >> (64 - bits);
}

/* Words are given as values, to each of which bias is to be added: int64 need not be copied to
 * become words. */
struct group_kernels {
	/* The least and the largest word of at least one. */
	void (*range)(const uint64_t *values, uint64_t bias, uint32_t count, uint64_t *min,
		      uint64_t *max);
	/* groups[i] = window[word - base] - 1, which is GROUP_NONE where the window is 0. Returns
	 * whether any is. */
	bool (*look_up)(const uint64_t *values, uint64_t bias, uint64_t base,
			const uint32_t *window, uint32_t count, uint32_t *groups);
	/* The groups of words in a table that is not full, GROUP_NONE for those that are not there.
	 * Returns whether any is. */
	bool (*probe)(const uint64_t *values, uint64_t bias, const struct group_slot *slots,
		      uint32_t bits, uint32_t count, uint32_t *groups);
	void (*count)(const uint32_t *groups, uint32_t count, uint64_t *counts);
	void (*sum_signed)(const uint32_t *groups, const int64_t *values, uint32_t count,
			   struct group_sum *sums);
	void (*sum_unsigned)(const uint32_t *groups, const uint64_t *values, uint32_t count,
			     struct group_sum *sums);
	void (*sum_real)(const uint32_t *groups, const double *values, uint32_t count,
			 uint64_t chunk, struct group_real *sums);
	void (*min)(const uint32_t *groups, const uint64_t *words, uint32_t count, uint64_t *least);
	void (*max)(const uint32_t *groups, const uint64_t *words, uint32_t count, uint64_t *most);
};
CPU_DECLARE(struct group_kernels, group_kernels);

#endif
