/*
 * Words by AVX-512 VBMI2, without a branch for each: the bytes of a block's words are pressed
 * together in a register, and so are the places where words begin among them.
 */
#include <immintrin.h>

#include "tokenise_ways.h"

#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi2,bmi,bmi2,popcnt")))

TARGET_AVX512 static inline __mmask64 within(__m512i bytes, char first, char count)
{
	return _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8(first)),
				      _mm512_set1_epi8(count));
}

/* Offsets of the words whose starts are bits among a block's pressed bytes. A block has at most 32;
 * of most, the first 16 are all. */
TARGET_AVX512 static inline void starts_write(struct tokens *tokens, uint64_t starts)
{
	static const uint8_t count_up[64] = {
	    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
	    22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
	    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
	};
	const __m512i places = _mm512_maskz_compress_epi8(starts, _mm512_loadu_si512(count_up));
	const __m512i used = _mm512_set1_epi32((int)tokens->used);
	int32_t *to = tokens->offsets + tokens->words;
	size_t count = (size_t)__builtin_popcountll(starts);

	_mm512_storeu_si512(
	    to, _mm512_add_epi32(used, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(places))));
	if (count > 16)
		_mm512_storeu_si512(
		    to + 16, _mm512_add_epi32(
				 used, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(places, 1))));
	tokens->words += count;
}

/* Bytes that are no part of the text are zero in block. Returns the bits of words' bytes. */
TARGET_AVX512 static inline uint64_t block_take(struct tokens *tokens, __m512i block,
						uint64_t text_starts)
{
	const __m512i lower = _mm512_or_si512(block, _mm512_set1_epi8(0x20)); /* digits are so */
	const uint64_t alnum = within(lower, 'a', 26) | within(block, '0', 10);
	const uint64_t starts = alnum & (~(alnum << 1 | tokens->inside) | text_starts);

	starts_write(tokens, _pext_u64(starts, alnum));
	_mm512_storeu_si512(tokens->bytes + tokens->used, _mm512_maskz_compress_epi8(alnum, lower));
	tokens->used += (size_t)__builtin_popcountll(alnum);
	return alnum;
}

TARGET_AVX512 void tokenise_avx512(struct tokens *to, struct token_text *of)
{
	struct tokens tokens = *to; /* in registers: bytes that are written might be theirs */
	struct token_text text = *of;

	while (text.at < text.end && !tokens_full(&tokens)) {
		const size_t left = text.end - text.at;
		const size_t bytes = left < TOKENS_BLOCK_BYTES ? left : TOKENS_BLOCK_BYTES;
		const uint64_t inside = _bzhi_u64(UINT64_MAX, (unsigned int)bytes);
		const uint8_t *at = text.bytes + text.at;
		const __m512i block = _mm512_maskz_loadu_epi8(inside, at);

		tokens.inside = block_take(&tokens, block, block_starts(&text)) >> (bytes - 1) & 1;
		text.at += bytes;
	}
	*to = tokens;
	*of = text;
}
