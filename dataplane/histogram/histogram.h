/*
 * Histograms of durations and sizes: counts in log-linear buckets, of fixed memory.
 *
 * Each doubling of the value is cut into HISTOGRAM_STEPS equal buckets, so that a bucket is at most
 * 1/16 of its values wide, whatever their size; values below 16 have one each. Adding is a few
 * instructions and allocates nothing. One thread owns a histogram; a copy is as good as it is.
 *
 * Source: HdrHistogram (G. Tene, hdrhistogram.org) with one to two significant digits.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEP_BITS 4
#define HISTOGRAM_STEPS (1u << HISTOGRAM_STEP_BITS) /* buckets of one doubling */
#define HISTOGRAM_BITS_MAX 40 /* of a value: 18 minutes in nanoseconds, 1 TiB in bytes */
#define HISTOGRAM_BEYOND ((HISTOGRAM_BITS_MAX - HISTOGRAM_STEP_BITS + 1) * HISTOGRAM_STEPS)
#define HISTOGRAM_BUCKETS (HISTOGRAM_BEYOND + 1) /* the last one has all larger values */

struct histogram {
	uint64_t count;
	uint64_t sum; /* of the values themselves, not of their buckets */
	uint64_t max;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

static inline uint32_t histogram_bucket(uint64_t value)
{
	uint32_t shift;

	if (value >> HISTOGRAM_BITS_MAX != 0)
		return HISTOGRAM_BEYOND;
	if (value < HISTOGRAM_STEPS)
		return (uint32_t)value;
	shift = 63 - HISTOGRAM_STEP_BITS - (uint32_t)__builtin_clzll(value);
	return shift * HISTOGRAM_STEPS + (uint32_t)(value >> shift);
}

/* The same value so many times, at least once. */
static inline void histogram_add_run(struct histogram *histogram, uint64_t value, uint64_t times)
{
	histogram->count += times;
	histogram->sum += value * times;
	if (value > histogram->max)
		histogram->max = value;
	histogram->buckets[histogram_bucket(value)] += times;
}

static inline void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram_add_run(histogram, value, 1);
}

/* Adds all that was added to another. */
void histogram_merge(struct histogram *sum, const struct histogram *part);
/* The largest value that falls into a bucket. */
uint64_t histogram_bucket_last(uint32_t bucket);
/* The value that a share of all is not above, in parts of a million: 990000 is the 99th percentile.
 * The end of its bucket, or the greatest value added if that is less; 0 without values. */
uint64_t histogram_percentile(const struct histogram *histogram, uint32_t share_ppm);
/* How many values are below 2^bits, which is the end of a bucket; bits is HISTOGRAM_STEP_BITS to
 * HISTOGRAM_BITS_MAX. */
uint64_t histogram_count_below(const struct histogram *histogram, uint32_t bits);

#endif
