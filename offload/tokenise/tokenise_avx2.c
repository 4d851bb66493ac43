/* Words found 32 bytes at a time by AVX2, and copied word by word. */
#include <immintrin.h>

#include "tokenise_copy.h"

#define TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2")))

/* Whether each byte is within count above first; comparison is signed, hence the shift. */
TARGET_AVX2 static inline __m256i within(__m256i bytes, char first, char count)
{
	__m256i shifted = _mm256_sub_epi8(bytes, _mm256_set1_epi8((char)(first - 128)));

	return _mm256_cmpgt_epi8(_mm256_set1_epi8((char)(count - 128)), shifted);
}

TARGET_AVX2 static inline uint64_t half_find(const uint8_t *half)
{
	__m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)half);
	__m256i lower = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
	__m256i alnum = _mm256_or_si256(within(lower, 'a', 26), within(bytes, '0', 10));

	return (uint32_t)_mm256_movemask_epi8(alnum);
}

TARGET_AVX2 static uint64_t alnum_find(const uint8_t *block)
{
	return half_find(block) | half_find(block + 32) << 32;
}

TARGET_AVX2 void tokenise_avx2(struct tokens *tokens, struct token_text *text)
{
	blocks_take(tokens, text, alnum_find);
}
