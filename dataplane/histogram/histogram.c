/* Reading histograms; adding to one is in the header. */
#include "histogram.h"

#include <assert.h>

void histogram_merge(struct histogram *sum, const struct histogram *part)
{
	sum->count += part->count;
	sum->sum += part->sum;
	if (part->max > sum->max)
		sum->max = part->max;
	for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
		sum->buckets[bucket] += part->buckets[bucket];
}

uint64_t histogram_bucket_last(uint32_t bucket)
{
	uint32_t shift;

	assert(bucket < HISTOGRAM_BUCKETS);
	if (bucket == HISTOGRAM_BEYOND)
		return UINT64_MAX;
	if (bucket < 2 * HISTOGRAM_STEPS)
		return bucket;
	shift = bucket / HISTOGRAM_STEPS - 1;
	return ((uint64_t)(bucket % HISTOGRAM_STEPS + HISTOGRAM_STEPS + 1) << shift) - 1;
}

uint64_t histogram_percentile(const struct histogram *histogram, uint32_t share_ppm)
{
	/* The rank is rounded up: half of one value is that value. */
	uint64_t whole = histogram->count / 1000000 * share_ppm;
	uint64_t rank = whole + (histogram->count % 1000000 * share_ppm + 999999) / 1000000;
	uint64_t seen = 0;

	for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
		uint64_t last;

		seen += histogram->buckets[bucket];
		if (seen == 0 || seen < rank)
			continue;
		last = histogram_bucket_last(bucket);
		return last < histogram->max ? last : histogram->max;
	}
	return histogram->max;
}

uint64_t histogram_count_below(const struct histogram *histogram, uint32_t bits)
{
	uint32_t end = (bits - HISTOGRAM_STEP_BITS + 1) * HISTOGRAM_STEPS;
	uint64_t count = 0;

	assert(bits >= HISTOGRAM_STEP_BITS && bits <= HISTOGRAM_BITS_MAX);
	for (uint32_t bucket = 0; bucket < end; bucket++)
		count += histogram->buckets[bucket];
	return count;
}
