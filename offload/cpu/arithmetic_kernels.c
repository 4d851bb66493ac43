/* + - * /, and whether a row overflows: block by block of a validity's word. */
#include <string.h>

#include "vector_kernels.h"

#define BLOCK 64
#define INLINE static inline __attribute__((always_inline))

/* 10^38: what no decimal reaches. */
#define DECIMAL_BOUND ((__int128)10000000000000000000ull * 10000000000000000000ull)

/* A function NAME##_rows does `count` rows with operands that go on by 0 or 1, and tells overflow.
 */
#define ROWS(name, type, over_type, body)                                                     \
	INLINE bool name##_rows(type *restrict to, const type *a, const type *b, uint32_t sa, \
				uint32_t sb, uint32_t count)                                  \
	{                                                                                     \
		over_type over = 0;                                                           \
                                                                                              \
		for (uint32_t i = 0; i < count; i++) {                                        \
			type x = a[i * sa], y = b[i * sb], r;                                 \
			body;                                                                 \
			to[i] = r;                                                            \
		}                                                                             \
		return over != 0;                                                             \
	}                                                                                     \
	DRIVE(name, type)

/* Blocks of 64 rows; of one that overflows, the rows that are valid are looked at again. */
#define DRIVE(name, type)                                                                          \
	INLINE bool name##_block(type *to, const type *a, const type *b, uint32_t sa, uint32_t sb, \
				 uint32_t count)                                                   \
	{                                                                                          \
		return count == BLOCK ? name##_rows(to, a, b, sa, sb, BLOCK)                       \
				      : name##_rows(to, a, b, sa, sb, count);                      \
	}                                                                                          \
	static bool name##_valid(const type *a, const type *b, uint32_t sa, uint32_t sb,           \
				 uint64_t valid)                                                   \
	{                                                                                          \
		for (; valid != 0; valid &= valid - 1) {                                           \
			uint32_t i = (uint32_t)__builtin_ctzll(valid);                             \
			type r;                                                                    \
                                                                                                   \
			if (name##_rows(&r, a + i * sa, b + i * sb, 0, 0, 1))                      \
				return true;                                                       \
		}                                                                                  \
		return false;                                                                      \
	}                                                                                          \
	static bool name(void *to, const void *left, const void *right, enum vector_shape shape,   \
			 uint32_t rows, const uint64_t *validity)                                  \
	{                                                                                          \
		uint32_t sa = shape != VECTOR_SV, sb = shape != VECTOR_VS;                         \
		const type *a = left, *b = right;                                                  \
		type *at = to;                                                                     \
		bool over = false;                                                                 \
                                                                                                   \
		for (uint32_t i = 0; i < rows; i += BLOCK) {                                       \
			uint32_t n = rows - i < BLOCK ? rows - i : BLOCK;                          \
			const type *x = a + i * sa, *y = b + i * sb;                               \
			bool here = shape == VECTOR_VV   ? name##_block(at + i, x, y, 1, 1, n)     \
				    : shape == VECTOR_VS ? name##_block(at + i, x, y, 1, 0, n)     \
							 : name##_block(at + i, x, y, 0, 1, n);    \
                                                                                                   \
			if (here)                                                                  \
				over |= validity == NULL ||                                        \
					name##_valid(x, y, sa, sb, validity[i / BLOCK]);           \
		}                                                                                  \
		return over;                                                                       \
	}

ROWS(add_i32, int32_t, uint32_t, {
	r = (int32_t)((uint32_t)x + (uint32_t)y);
	over |= (uint32_t)((x ^ r) & (y ^ r)) >> 31;
})
ROWS(subtract_i32, int32_t, uint32_t, {
	r = (int32_t)((uint32_t)x - (uint32_t)y);
	over |= (uint32_t)((x ^ y) & (x ^ r)) >> 31;
})
ROWS(multiply_i32, int32_t, uint64_t, {
	int64_t wide = (int64_t)x * y;

	r = (int32_t)wide;
	over |= (uint64_t)(wide ^ r);
})
ROWS(add_u32, uint32_t, uint32_t, {
	r = x + y;
	over |= r < x;
})
ROWS(subtract_u32, uint32_t, uint32_t, {
	r = x - y;
	over |= x < y;
})
ROWS(multiply_u32, uint32_t, uint64_t, {
	uint64_t wide = (uint64_t)x * y;

	r = (uint32_t)wide;
	over |= wide >> 32;
})
ROWS(add_i64, int64_t, uint64_t, {
	r = (int64_t)((uint64_t)x + (uint64_t)y);
	over |= (uint64_t)((x ^ r) & (y ^ r)) >> 63;
})
ROWS(subtract_i64, int64_t, uint64_t, {
	r = (int64_t)((uint64_t)x - (uint64_t)y);
	over |= (uint64_t)((x ^ y) & (x ^ r)) >> 63;
})
ROWS(multiply_i64, int64_t, uint64_t, { over |= __builtin_mul_overflow(x, y, &r); })
ROWS(add_u64, uint64_t, uint64_t, {
	r = x + y;
	over |= r < x;
})
ROWS(subtract_u64, uint64_t, uint64_t, {
	r = x - y;
	over |= x < y;
})
ROWS(multiply_u64, uint64_t, uint64_t, { over |= __builtin_mul_overflow(x, y, &r); })

/* A NaN that is computed is always the same. */
#define REAL(name, type, nan, sign)           \
	ROWS(name, type, uint32_t, {          \
		r = x sign y;                 \
		r = r != r ? (type)(nan) : r; \
	})
REAL(add_f32, float, __builtin_nanf(""), +)
REAL(subtract_f32, float, __builtin_nanf(""), -)
REAL(multiply_f32, float, __builtin_nanf(""), *)
REAL(divide_f32, float, __builtin_nanf(""), /)
REAL(add_f64, double, __builtin_nan(""), +)
REAL(subtract_f64, double, __builtin_nan(""), -)
REAL(multiply_f64, double, __builtin_nan(""), *)
REAL(divide_f64, double, __builtin_nan(""), /)

/* Columns of decimals are aligned to 8 bytes only. */
typedef __int128 decimal __attribute__((aligned(8)));

INLINE bool decimal_large(__int128 value)
{
	return value >= DECIMAL_BOUND || value <= -DECIMAL_BOUND;
}

/* Products of 64 bits by 64 fit 38 digits always; the others are rare. */
INLINE bool decimal_product(__int128 x, __int128 y, decimal *r)
{
	unsigned __int128 u = x < 0 ? 0 - (unsigned __int128)x : (unsigned __int128)x;
	unsigned __int128 v = y < 0 ? 0 - (unsigned __int128)y : (unsigned __int128)y;

	if (x == (int64_t)x && y == (int64_t)y) {
		*r = (__int128)(int64_t)x * (int64_t)y;
		return false;
	}
	*r = (__int128)((unsigned __int128)x * (unsigned __int128)y);
	return (v != 0 && u > (unsigned __int128)DECIMAL_BOUND / v) || decimal_large(*r);
}

ROWS(add_i128, decimal, uint32_t, {
	__int128 sum;

	over |= __builtin_add_overflow((__int128)x, (__int128)y, &sum);
	over |= decimal_large(sum);
	r = sum;
})
ROWS(subtract_i128, decimal, uint32_t, {
	__int128 difference;

	over |= __builtin_sub_overflow((__int128)x, (__int128)y, &difference);
	over |= decimal_large(difference);
	r = difference;
})
ROWS(multiply_i128, decimal, uint32_t, { over |= decimal_product(x, y, &r); })

#define LANES(op) op##_i32, op##_u32, op##_i64, op##_u64, op##_f32, op##_f64, op##_i128

const struct arithmetic_kernels CPU_NAME(arithmetic_kernels) = {
    .add = {LANES(add)},
    .subtract = {LANES(subtract)},
    .multiply = {LANES(multiply)},
    .divide = {[VECTOR_F32] = divide_f32, [VECTOR_F64] = divide_f64},
};
