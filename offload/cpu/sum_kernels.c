/* Sums that cannot overflow, and the defined tree of floats. */
#include <string.h>

#include "vector_kernels.h"

#define WORD 64
#define INLINE static inline __attribute__((always_inline))

/* Words of 64 rows: all valid, none, or some. add(value) adds one row's. */
#define SUM(type, add)                                                                    \
	for (uint32_t i = 0; i < rows; i += WORD) {                                       \
		uint32_t n = rows - i < WORD ? rows - i : WORD;                           \
		uint64_t word = validity != NULL ? validity[i / WORD] : UINT64_MAX;       \
                                                                                          \
		if (word == UINT64_MAX && n == WORD)                                      \
			for (uint32_t k = 0; k < WORD; k++)                               \
				add(values[i + k]);                                       \
		else if (word == UINT64_MAX)                                              \
			for (uint32_t k = 0; k < n; k++)                                  \
				add(values[i + k]);                                       \
		else if (word != 0)                                                       \
			for (uint32_t k = 0; k < n; k++)                                  \
				add((type)(values[i + k] & (type)(0 - (word >> k & 1)))); \
	}

#define ADD_HALVES(v) (upper += (v) >> 32, lower += (uint32_t)(v))
#define ADD(v) (total += (v))

static void sum_i64(const int64_t *values, uint32_t rows, const uint64_t *validity, int64_t *high,
		    uint64_t *low)
{
	int64_t upper = 0;
	uint64_t lower = 0;

	SUM(int64_t, ADD_HALVES)
	*high += upper;
	*low += lower;
}

static void sum_u64(const uint64_t *values, uint32_t rows, const uint64_t *validity, uint64_t *high,
		    uint64_t *low)
{
	uint64_t upper = 0, lower = 0;

	SUM(uint64_t, ADD_HALVES)
	*high += upper;
	*low += lower;
}

static void sum_i32(const int32_t *values, uint32_t rows, const uint64_t *validity, int64_t *sum)
{
	int64_t total = 0;

	SUM(int32_t, ADD)
	*sum += total;
}

static void sum_u32(const uint32_t *values, uint32_t rows, const uint64_t *validity, uint64_t *sum)
{
	uint64_t total = 0;

	SUM(uint32_t, ADD)
	*sum += total;
}

typedef double lanes __attribute__((vector_size(8 * VECTOR_SUM_LANES), aligned(8), may_alias));
typedef int64_t masks __attribute__((vector_size(8 * VECTOR_SUM_LANES)));

/* 16 bits of a bitmap from bit at on, as far as there are any. */
INLINE uint32_t bits_16(const uint64_t *bits, uint32_t at, uint32_t rows)
{
	uint64_t word = bits[at / WORD] >> at % WORD;

	if (at % WORD > WORD - 16 && at / WORD * WORD + WORD < rows)
		word |= bits[at / WORD + 1] << (WORD - at % WORD);
	return (uint32_t)word & 0xffff;
}

/* Vectors of this size go by pointers: how they are passed hangs on the level. */
INLINE void lanes_add(lanes *sum, const double *values, uint32_t valid)
{
	const masks bit = {1,      1 << 1, 1 << 2,  1 << 3,  1 << 4,  1 << 5,  1 << 6,  1 << 7,
			   1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15};
	masks is = ((bit & (int64_t)valid) != 0);
	const masks zero = (masks){0} | INT64_MIN; /* -0.0 */
	lanes x = *(const lanes *)(const void *)values;

	if (valid != 0xffff)
		x = (lanes)(((masks)x & is) | (zero & ~is));
	*sum += x;
}

static void sum_f64(double lane[VECTOR_SUM_LANES], const double *values, uint32_t rows,
		    const uint64_t *validity, uint32_t at)
{
	lanes sum;
	uint32_t i = 0;

	memcpy(&sum, lane, sizeof(sum));
	for (; rows - i >= VECTOR_SUM_LANES; i += VECTOR_SUM_LANES) {
		uint32_t valid = validity != NULL ? bits_16(validity, at + i, at + rows) : 0xffff;

		lanes_add(&sum, values + i, valid);
	}
	memcpy(lane, &sum, sizeof(sum));
	for (; i < rows; i++) {
		uint32_t bit = at + i;

		if (validity == NULL || (validity[bit / WORD] >> bit % WORD & 1) != 0)
			lane[i % VECTOR_SUM_LANES] += values[i];
	}
}

const struct sum_kernels CPU_NAME(sum_kernels) = {sum_i64, sum_u64, sum_i32, sum_u32, sum_f64};
