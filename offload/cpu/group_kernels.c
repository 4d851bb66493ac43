/* Loops over numbers of groups. */
#include "group_kernels.h"

static void range(const uint64_t *words, uint32_t count, uint64_t *min, uint64_t *max)
{
	uint64_t least = words[0], most = words[0];

	for (uint32_t i = 1; i < count; i++) {
		least = words[i] < least ? words[i] : least;
		most = words[i] > most ? words[i] : most;
	}
	*min = least;
	*max = most;
}

static bool look_up(const uint64_t *restrict words, uint64_t base, const uint32_t *restrict window,
		    uint32_t count, uint32_t *restrict groups)
{
	uint32_t missing = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t group = window[words[i] - base];

		missing |= group == 0;
		groups[i] = group - 1;
	}
	return missing != 0;
}

static void count(const uint32_t *restrict groups, uint32_t rows, uint64_t *restrict counts)
{
	for (uint32_t i = 0; i < rows; i++)
		counts[groups[i]]++;
}

/* A carry is rare where values are far from the ends of their range: a branch costs less than its
 * sum. */
static void sum_signed(const uint32_t *restrict groups, const int64_t *restrict values,
		       uint32_t count, struct group_sum *restrict sums)
{
	for (uint32_t i = 0; i < count; i++) {
		struct group_sum *sum = &sums[groups[i]];
		int64_t low;

		if (__builtin_expect(__builtin_add_overflow((int64_t)sum->low, values[i], &low), 0))
			sum->high += values[i] < 0 ? -1 : 1;
		sum->low = (uint64_t)low;
	}
}

static void sum_unsigned(const uint32_t *restrict groups, const uint64_t *restrict values,
			 uint32_t count, struct group_sum *restrict sums)
{
	for (uint32_t i = 0; i < count; i++) {
		struct group_sum *sum = &sums[groups[i]];
		uint64_t low;

		if (__builtin_expect(__builtin_add_overflow(sum->low, values[i], &low), 0))
			sum->high++;
		sum->low = low;
	}
}

static void sum_real(const uint32_t *restrict groups, const double *restrict values, uint32_t count,
		     uint64_t chunk, struct group_real *restrict sums)
{
	for (uint32_t i = 0; i < count; i++) {
		struct group_real *sum = &sums[groups[i]];

		if (sum->chunk == chunk) {
			sum->partial += values[i];
			continue;
		}
		sum->total += sum->partial;
		sum->partial = values[i];
		sum->chunk = chunk;
	}
}

static void min(const uint32_t *restrict groups, const uint64_t *restrict words, uint32_t count,
		uint64_t *restrict least)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t *to = &least[groups[i]];

		*to = words[i] < *to ? words[i] : *to;
	}
}

static void max(const uint32_t *restrict groups, const uint64_t *restrict words, uint32_t count,
		uint64_t *restrict most)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t *to = &most[groups[i]];

		*to = words[i] > *to ? words[i] : *to;
	}
}

const struct group_kernels CPU_NAME(group_kernels) = {
    range, look_up, count, sum_signed, sum_unsigned, sum_real, min, max,
};
