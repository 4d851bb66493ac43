/*
 * CRC32C by folding: 256 bytes at a time are moved past the next 256 by carry-less products, 512
 * bits each, until 16 bytes are left whose CRC is that of all.
 *
 * Source: Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction"
 * (Intel, 2009), with products of 512 bits instead of 128.
 */
#include <immintrin.h>

#include "crc32c_ways.h"

#define TARGET_FOLD __attribute__((target("avx512f,vpclmulqdq")))

/* What moves 128 bits past so many: x^(bits + 31) mod P for the half that comes first, x^(bits -
 * 33) mod P for the other, bit-reflected. */
#define PAST_2048 0xb9e02b86, 0xdcb17aa4
#define PAST_512 0x9e4addf8, 0x740eef02
#define PAST_384 0xddc0152b, 0x1c291d04
#define PAST_256 0xba4fc28e, 0x3da6d0cb
#define PAST_128 0x493c7d27, 0xf20c0dfe

bool crc32c_folds(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("vpclmulqdq");
}

/* Each 128 bits of x, moved, and what lies there. */
TARGET_FOLD static inline __m512i fold(__m512i x, __m512i past, __m512i there)
{
	__m512i first = _mm512_clmulepi64_epi128(x, past, 0x00);
	__m512i second = _mm512_clmulepi64_epi128(x, past, 0x11);

	return _mm512_ternarylogic_epi64(first, second, there, 0x96); /* all three, by XOR */
}

/* Of 64 bytes, what 16 are worth behind them: three quarters are moved past those that follow. */
TARGET_FOLD static inline __m128i fold_quarters(__m512i x)
{
	const __m512i past = _mm512_set_epi64(0, 0, PAST_128, PAST_256, PAST_384);
	__m512i last = _mm512_maskz_mov_epi64(0xc0, x);
	__m512i sum = fold(x, past, last);
	__m256i half =
	    _mm256_xor_si256(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));

	return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

TARGET_FOLD uint32_t crc32c_fold(uint32_t crc, const uint8_t *p, size_t bytes)
{
	const __m512i past_2048 = _mm512_broadcast_i32x4(_mm_set_epi64x(PAST_2048));
	const __m512i past_512 = _mm512_broadcast_i32x4(_mm_set_epi64x(PAST_512));
	const uint8_t *end = p + bytes;
	__m512i a = _mm512_xor_si512(_mm512_loadu_si512(p),
				     _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)crc)));
	__m512i b = _mm512_loadu_si512(p + 64);
	__m512i c = _mm512_loadu_si512(p + 128);
	__m512i d = _mm512_loadu_si512(p + 192);
	__m128i rest;

	for (p += 256; end - p >= 256; p += 256) {
		a = fold(a, past_2048, _mm512_loadu_si512(p));
		b = fold(b, past_2048, _mm512_loadu_si512(p + 64));
		c = fold(c, past_2048, _mm512_loadu_si512(p + 128));
		d = fold(d, past_2048, _mm512_loadu_si512(p + 192));
	}
	a = fold(fold(fold(a, past_512, b), past_512, c), past_512, d);
	for (; p < end; p += 64)
		a = fold(a, past_512, _mm512_loadu_si512(p));
	rest = fold_quarters(a);
	return (uint32_t)_mm_crc32_u64(_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(rest)),
				       (uint64_t)_mm_extract_epi64(rest, 1));
}
