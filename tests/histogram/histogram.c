/* Histograms: every value falls into a bucket that holds it and is narrow; percentiles and counts
 * below a bound are those of the sorted values, as far as buckets can tell. */
#include "histogram.h"

#include "test.h"

#define VALUES 20000

static uint64_t values[VALUES];
static struct histogram histogram;

static uint64_t random_next(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull; /* Knuth, MMIX */
	return *state >> 11;
}

static int value_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void bucket_check(uint64_t value)
{
	uint32_t bucket = histogram_bucket(value);
	uint64_t last = histogram_bucket_last(bucket);
	uint64_t before = bucket > 0 ? histogram_bucket_last(bucket - 1) : 0;

	CHECK(value <= last, "%llu is in bucket %u, which ends at %llu", (unsigned long long)value,
	      bucket, (unsigned long long)last);
	CHECK(bucket == 0 || value > before, "%llu is in bucket %u behind %llu",
	      (unsigned long long)value, bucket, (unsigned long long)before);
	if (bucket > 0 && bucket < HISTOGRAM_BEYOND)
		CHECK((last - before - 1) * HISTOGRAM_STEPS <= value, "bucket %u is too wide",
		      bucket);
}

static void buckets_check(void)
{
	for (uint64_t value = 0; value < 5000; value++)
		bucket_check(value);
	for (uint32_t bit = 5; bit < 64; bit++)
		for (int64_t off = -2; off <= 2; off++)
			bucket_check((1ull << bit) + (uint64_t)off);
	bucket_check(UINT64_MAX);
}

/* From the sorted values: the one that share_ppm of them are not above. */
static uint64_t percentile_true(uint32_t share_ppm)
{
	uint64_t rank = ((uint64_t)VALUES * share_ppm + 999999) / 1000000;

	return values[rank > 0 ? rank - 1 : 0];
}

static void percentile_check(uint32_t share_ppm)
{
	uint64_t truth = percentile_true(share_ppm);
	uint64_t told = histogram_percentile(&histogram, share_ppm);

	if (truth >> HISTOGRAM_BITS_MAX != 0) /* the last bucket only knows the greatest */
		truth = histogram.max;
	CHECK(told >= truth && told - truth <= truth / HISTOGRAM_STEPS,
	      "percentile %u ppm: %llu, in truth %llu", share_ppm, (unsigned long long)told,
	      (unsigned long long)truth);
}

static void below_check(uint32_t bits)
{
	uint64_t truth = 0;

	for (uint32_t i = 0; i < VALUES; i++)
		truth += values[i] < 1ull << bits;
	CHECK(histogram_count_below(&histogram, bits) == truth, "below 2^%u", bits);
}

static void values_check(uint64_t seed, uint32_t bits_max)
{
	uint64_t sum = 0;

	memset(&histogram, 0, sizeof(histogram));
	CHECK(histogram_percentile(&histogram, 500000) == 0);
	for (uint32_t i = 0; i < VALUES; i++) {
		values[i] = random_next(&seed) & ((1ull << random_next(&seed) % bits_max) - 1);
		histogram_add(&histogram, values[i]);
		sum += values[i];
	}
	qsort(values, VALUES, sizeof(values[0]), value_compare);
	CHECK(histogram.count == VALUES);
	CHECK(histogram.sum == sum);
	CHECK(histogram.max == values[VALUES - 1]);
	for (uint32_t ppm = 0; ppm <= 1000000; ppm += 31250)
		percentile_check(ppm);
	percentile_check(990000);
	percentile_check(999900);
	for (uint32_t bits = HISTOGRAM_STEP_BITS; bits <= HISTOGRAM_BITS_MAX; bits++)
		below_check(bits);
}

static void beyond_check(void)
{
	memset(&histogram, 0, sizeof(histogram));
	histogram_add(&histogram, 1ull << 50);
	histogram_add(&histogram, 3);
	CHECK(histogram_count_below(&histogram, HISTOGRAM_BITS_MAX) == 1);
	CHECK(histogram_percentile(&histogram, 1000000) == 1ull << 50);
	CHECK(histogram_percentile(&histogram, 500000) == 3);
}

int main(void)
{
	buckets_check();
	values_check(1, 12);
	values_check(2, 45);
	values_check(3, 5);
	beyond_check();
	return 0;
}
