/* Loops over numbers of groups. */
#include "group_kernels.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

static void range(const uint64_t *values, uint64_t bias, uint32_t count, uint64_t *min,
		  uint64_t *max)
{
	uint64_t least = values[0] + bias, most = least;

	for (uint32_t i = 1; i < count; i++) {
		uint64_t word = values[i] + bias;

		least = word < least ? word : least;
		most = word > most ? word : most;
	}
	*min = least;
	*max = most;
}

static inline bool look_up_from(const uint64_t *restrict values, uint64_t base,
				const uint32_t *restrict window, uint32_t first, uint32_t count,
				uint32_t *restrict groups)
{
	uint32_t missing = 0;

	for (uint32_t i = first; i < count; i++) {
		uint32_t group = window[values[i] - base];

		missing |= group == 0;
		groups[i] = group - 1;
	}
	return missing != 0;
}

static inline bool probe_from(const uint64_t *restrict values, uint64_t bias,
			      const struct group_slot *restrict slots, uint32_t bits,
			      uint32_t first, uint32_t count, uint32_t *restrict groups)
{
	uint64_t mask = (1ull << bits) - 1;
	uint32_t missing = 0;

	for (uint32_t i = first; i < count; i++) {
		uint64_t word = values[i] + bias, at = group_slot_first(word, bits);

		while (slots[at].word != word && slots[at].group != GROUP_NONE)
			at = (at + 1) & mask;
		missing |= slots[at].group == GROUP_NONE;
		groups[i] = slots[at].group;
	}
	return missing != 0;
}

#if defined(__AVX512F__) && defined(__AVX512DQ__)
/* Compilers do not gather here. */
static bool look_up(const uint64_t *values, uint64_t bias, uint64_t base, const uint32_t *window,
		    uint32_t count, uint32_t *groups)
{
	const __m512i low = _mm512_set1_epi64((long long)(base - bias));
	const __m256i one = _mm256_set1_epi32(1);
	__mmask8 missing = 0;
	uint32_t i = 0;

	for (; i + 8 <= count; i += 8) {
		__m512i at = _mm512_sub_epi64(_mm512_loadu_si512(values + i), low);
		__m256i found = _mm512_i64gather_epi32(at, window, 4);

		missing |= _mm256_testn_epi32_mask(found, found);
		_mm256_storeu_si256((void *)(groups + i), _mm256_sub_epi32(found, one));
	}
	return look_up_from(values, base - bias, window, i, count, groups) || missing != 0;
}

/* Most words are where the search begins; the others are looked for one by one. */
static bool probe(const uint64_t *values, uint64_t bias, const struct group_slot *slots,
		  uint32_t bits, uint32_t count, uint32_t *groups)
{
	const __m512i more = _mm512_set1_epi64((long long)bias);
	const __m512i factor = _mm512_set1_epi64((long long)GROUP_HASH_FACTOR);
	const __m128i shift = _mm_cvtsi32_si128((int)(64 - bits));
	bool missing = false;
	uint32_t i = 0;

	for (; i + 8 <= count; i += 8) {
		__m512i word = _mm512_add_epi64(_mm512_loadu_si512(values + i), more);
		__m512i hash = _mm512_xor_si512(word, _mm512_srli_epi64(word, 32));
		__m512i at =
		    _mm512_slli_epi64(_mm512_srl_epi64(_mm512_mullo_epi64(hash, factor), shift), 1);
		__m512i there = _mm512_i64gather_epi64(at, &slots->word, 8);
		__m256i group = _mm512_cvtepi64_epi32(_mm512_i64gather_epi64(at, &slots->group, 8));
		__mmask8 wrong = _mm512_cmpneq_epi64_mask(there, word) |
				 _mm256_cmpeq_epi32_mask(group, _mm256_set1_epi32(-1));

		_mm256_storeu_si256((void *)(groups + i), group);
		for (; wrong != 0; wrong &= (__mmask8)(wrong - 1)) {
			uint32_t lane = i + (uint32_t)__builtin_ctz(wrong);

			missing |= probe_from(values, bias, slots, bits, lane, lane + 1, groups);
		}
	}
	return probe_from(values, bias, slots, bits, i, count, groups) || missing;
}
#else
static bool look_up(const uint64_t *values, uint64_t bias, uint64_t base, const uint32_t *window,
		    uint32_t count, uint32_t *groups)
{
	return look_up_from(values, base - bias, window, 0, count, groups);
}

static bool probe(const uint64_t *values, uint64_t bias, const struct group_slot *slots,
		  uint32_t bits, uint32_t count, uint32_t *groups)
{
	return probe_from(values, bias, slots, bits, 0, count, groups);
}
#endif

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
    range, look_up, probe, count, sum_signed, sum_unsigned, sum_real, min, max,
};
