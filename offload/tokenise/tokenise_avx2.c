/* Words found 32 bytes at a time by AVX2, and copied word by word. */
#include <immintrin.h>

#include "tokenise_copy.h"
#include "tokenise_ways.h"

#define TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2")))

/* Whether each byte is within count above first; signed comparison, hence the shift. */
TARGET_AVX2 static inline __m256i within(__m256i bytes, char first, char count)
{
	__m256i shifted = _mm256_sub_epi8(bytes, _mm256_set1_epi8((char)(first - 128)));

	return _mm256_cmpgt_epi8(_mm256_set1_epi8((char)(count - 128)), shifted);
}

TARGET_AVX2 static inline uint64_t half_read(struct block *block, size_t at, const uint8_t *text)
{
	__m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(text + at));
	__m256i upper = within(bytes, 'A', 26);
	__m256i lower = _mm256_or_si256(bytes, _mm256_and_si256(upper, _mm256_set1_epi8(0x20)));
	__m256i alnum = _mm256_or_si256(within(lower, 'a', 26), within(bytes, '0', 10));

	_mm256_store_si256((__m256i *)(void *)(block->lower + at), lower);
	return (uint32_t)_mm256_movemask_epi8(alnum);
}

TARGET_AVX2 static inline void block_read(struct block *block, const uint8_t *text)
{
	block->alnum = half_read(block, 0, text);
	block->alnum |= half_read(block, 32, text) << 32;
}

TARGET_AVX2 size_t tokenise_avx2(struct tokens *tokens, const uint8_t *text, size_t bytes)
{
	uint8_t last[TOKENS_BLOCK_BYTES] = {0};
	struct block block;
	size_t at = 0;

	for (; bytes - at >= TOKENS_BLOCK_BYTES && !tokens_full(tokens); at += TOKENS_BLOCK_BYTES) {
		block_read(&block, text + at);
		block_copy(tokens, &block);
	}
	if (at == bytes || tokens_full(tokens))
		return at;
	memcpy(last, text + at, bytes - at);
	block_read(&block, last);
	block_copy(tokens, &block);
	tokens->inside = block.alnum >> (bytes - at - 1) & 1;
	return bytes;
}
