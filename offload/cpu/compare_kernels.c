/* Comparisons to bitmaps: a word of 64 rows at a time, by vectors where there are any. */
#include "vector_kernels.h"

#if defined(__x86_64__) && !defined(CPU_IS_PLAIN)
#include <immintrin.h>
#endif

#define WORD 64
#define INLINE static inline __attribute__((always_inline))

/* Bytes of a vector, and the sign bits of its elements. */
#if defined(CPU_IS_AVX512)
#define VECTOR_BYTES 64
#define SIGNS_4(v) ((uint64_t)_mm512_movepi32_mask((__m512i)(v)))
#define SIGNS_8(v) ((uint64_t)_mm512_movepi64_mask((__m512i)(v)))
#elif defined(CPU_IS_AVX2)
#define VECTOR_BYTES 32
#define SIGNS_4(v) ((uint64_t)(uint32_t)_mm256_movemask_ps((__m256)(v)))
#define SIGNS_8(v) ((uint64_t)(uint32_t)_mm256_movemask_pd((__m256d)(v)))
#elif defined(CPU_IS_SSE42)
#define VECTOR_BYTES 16
#define SIGNS_4(v) ((uint64_t)(uint32_t)_mm_movemask_ps((__m128)(v)))
#define SIGNS_8(v) ((uint64_t)(uint32_t)_mm_movemask_pd((__m128d)(v)))
#elif defined(CPU_IS_NEON)
#define VECTOR_BYTES 16
#define SIGNS_4(v) ((uint64_t)((v)[0] & 1) | ((v)[1] & 2) | ((v)[2] & 4) | ((v)[3] & 8))
#define SIGNS_8(v) ((uint64_t)((v)[0] & 1) | ((v)[1] & 2))
#endif

/* The total order, of integers and of floats: NaN is equal to NaN, and above all else. */
#define EQUAL(x, y) ((x) == (y))
#define LESS(x, y) ((x) < (y))
#define LESS_EQUAL(x, y) ((x) <= (y))
#define REAL_EQUAL(x, y) (((x) == (y)) | (((x) != (x)) & ((y) != (y))))
#define REAL_LESS(x, y) (((x) < (y)) | (((y) != (y)) & ((x) == (x))))
#define REAL_LESS_EQUAL(x, y) (((x) <= (y)) | ((y) != (y)))

#ifdef VECTOR_BYTES
/* The one value for all rows is added to zeros: what becomes of -0.0 is compared the same. */
#define VECTORS(name, type, width, is)                                                      \
	typedef type name##_vector                                                          \
	    __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(type)), may_alias));   \
	INLINE name##_vector name##_load(const type *from, uint32_t i, uint32_t stride)     \
	{                                                                                   \
		if (stride == 0)                                                            \
			return (name##_vector){0} + *from;                                  \
		return *(const name##_vector *)(const void *)(from + i);                    \
	}                                                                                   \
	INLINE uint64_t name##_full(const type *a, const type *b, uint32_t sa, uint32_t sb) \
	{                                                                                   \
		uint64_t word = 0;                                                          \
                                                                                            \
		for (uint32_t i = 0; i < WORD; i += VECTOR_BYTES / sizeof(type)) {          \
			name##_vector x = name##_load(a, i, sa), y = name##_load(b, i, sb); \
                                                                                            \
			word |= SIGNS_##width(is(x, y)) << i;                               \
		}                                                                           \
		return word;                                                                \
	}
#else
#define VECTORS(name, type, width, is)                                                      \
	INLINE uint64_t name##_full(const type *a, const type *b, uint32_t sa, uint32_t sb) \
	{                                                                                   \
		return name##_rows(a, b, sa, sb, WORD);                                     \
	}
#endif

#define ROWS(name, type, is)                                                                \
	INLINE uint64_t name##_rows(const type *a, const type *b, uint32_t sa, uint32_t sb, \
				    uint32_t count)                                         \
	{                                                                                   \
		uint64_t word = 0;                                                          \
                                                                                            \
		for (uint32_t i = 0; i < count; i++) {                                      \
			type x = a[i * sa], y = b[i * sb];                                  \
                                                                                            \
			word |= (uint64_t)(is(x, y)) << i;                                  \
		}                                                                           \
		return word;                                                                \
	}

#define DRIVE(name, type)                                                                       \
	INLINE void name##_all(uint64_t *bits, const type *a, const type *b, uint32_t sa,       \
			       uint32_t sb, uint32_t rows)                                      \
	{                                                                                       \
		uint32_t i = 0;                                                                 \
                                                                                                \
		for (; rows - i >= WORD; i += WORD)                                             \
			bits[i / WORD] = name##_full(a + i * sa, b + i * sb, sa, sb);           \
		if (i < rows)                                                                   \
			bits[i / WORD] = name##_rows(a + i * sa, b + i * sb, sa, sb, rows - i); \
	}                                                                                       \
	static void name(uint64_t *bits, const void *a, const void *b, enum vector_shape shape, \
			 uint32_t rows)                                                         \
	{                                                                                       \
		if (shape == VECTOR_VV)                                                         \
			name##_all(bits, a, b, 1, 1, rows);                                     \
		else if (shape == VECTOR_VS)                                                    \
			name##_all(bits, a, b, 1, 0, rows);                                     \
		else                                                                            \
			name##_all(bits, a, b, 0, 1, rows);                                     \
	}

#define COMPARE(name, type, width, is) \
	ROWS(name, type, is)           \
	VECTORS(name, type, width, is) \
	DRIVE(name, type)
#define INTEGERS(suffix, type, width)               \
	COMPARE(equal_##suffix, type, width, EQUAL) \
	COMPARE(less_##suffix, type, width, LESS)   \
	COMPARE(less_equal_##suffix, type, width, LESS_EQUAL)
#define REALS(suffix, type, width)                       \
	COMPARE(equal_##suffix, type, width, REAL_EQUAL) \
	COMPARE(less_##suffix, type, width, REAL_LESS)   \
	COMPARE(less_equal_##suffix, type, width, REAL_LESS_EQUAL)

INTEGERS(i32, int32_t, 4)
INTEGERS(u32, uint32_t, 4)
INTEGERS(i64, int64_t, 8)
INTEGERS(u64, uint64_t, 8)
REALS(f32, float, 4)
REALS(f64, double, 8)

/* No vectors of 128-bit integers; columns of decimals are aligned to 8 bytes only. */
typedef __int128 decimal __attribute__((aligned(8)));
#undef VECTORS
#define VECTORS(name, type, width, is)                                                      \
	INLINE uint64_t name##_full(const type *a, const type *b, uint32_t sa, uint32_t sb) \
	{                                                                                   \
		return name##_rows(a, b, sa, sb, WORD);                                     \
	}
INTEGERS(i128, decimal, 16)

#define LANES(op) op##_i32, op##_u32, op##_i64, op##_u64, op##_f32, op##_f64, op##_i128

const struct compare_kernels CPU_NAME(compare_kernels) = {
    .equal = {LANES(equal)},
    .less = {LANES(less)},
    .less_equal = {LANES(less_equal)},
};
