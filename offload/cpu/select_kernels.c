/* Bitmaps to row numbers. */
#include <string.h>

#include "vector_kernels.h"

#if defined(CPU_IS_AVX512) || defined(CPU_IS_AVX2)
#include <immintrin.h>
#endif

#define WORD 64
#define FEW 8 /* bits of a word, up to which one after the other is faster */
#define INLINE static inline __attribute__((always_inline))

INLINE uint32_t one_by_one(uint64_t word, uint32_t base, uint32_t *to)
{
	uint32_t count = 0;

	for (; word != 0; word &= word - 1)
		to[count++] = base + (uint32_t)__builtin_ctzll(word);
	return count;
}

#if defined(CPU_IS_AVX512)
INLINE uint32_t many(uint64_t word, uint32_t base, uint32_t *to)
{
	__m512i rows = _mm512_add_epi32(
	    _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
	    _mm512_set1_epi32((int)base));
	uint32_t count = 0;

	/* Compressed in a register: into memory it is slow on some. */
	for (uint32_t i = 0; i < WORD; i += 16) {
		__mmask16 mask = (__mmask16)(word >> i);

		_mm512_storeu_si512(to + count, _mm512_maskz_compress_epi32(mask, rows));
		count += (uint32_t)__builtin_popcount(mask);
		rows = _mm512_add_epi32(rows, _mm512_set1_epi32(16));
	}
	return count;
}
#elif defined(CPU_IS_AVX2)
INLINE uint32_t many(uint64_t word, uint32_t base, uint32_t *to)
{
	__m256i add = _mm256_set1_epi32((int)base);
	uint32_t count = 0;

	/* The numbers 0 to 7, of which those stay whose bits are 1 (Lemire's despacing by pext). */
	for (uint32_t i = 0; i < WORD; i += 8) {
		uint64_t mask = word >> i & 0xff;
		uint64_t bytes = _pdep_u64(mask, 0x0101010101010101ull) * 0xff;
		uint64_t rows = _pext_u64(0x0706050403020100ull, bytes);
		__m256i wide = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)rows));

		_mm256_storeu_si256((__m256i *)(void *)(to + count), _mm256_add_epi32(wide, add));
		count += (uint32_t)__builtin_popcountll(mask);
		add = _mm256_add_epi32(add, _mm256_set1_epi32(8));
	}
	return count;
}
#else
INLINE uint32_t many(uint64_t word, uint32_t base, uint32_t *to)
{
	return one_by_one(word, base, to);
}
#endif

INLINE uint32_t word_select(uint64_t word, uint32_t base, uint32_t *to)
{
	if (word == UINT64_MAX) {
		for (uint32_t i = 0; i < WORD; i++)
			to[i] = base + i;
		return WORD;
	}
	if (__builtin_popcountll(word) <= FEW)
		return one_by_one(word, base, to);
	return many(word, base, to);
}

static uint32_t rows_select(const uint64_t *bits, uint32_t rows, const uint32_t *from, uint32_t *to)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < rows; i += WORD)
		count += word_select(bits[i / WORD], i, to + count);
	for (uint32_t i = 0; from != NULL && i < count; i++)
		to[i] = from[to[i]];
	return count;
}

const struct select_kernels CPU_NAME(select_kernels) = {rows_select};
