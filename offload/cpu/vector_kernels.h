/*
 * Kernels over vectors: up to MR_OPERATOR_ROWS_MAX values of one lane each, and bitmaps of them.
 *
 * Bitmaps are words of 64 rows, the first in the lowest bit, with bits behind the last row 0. A
 * validity of NULL says that no row is null. Values need no more than their type's alignment (8
 * bytes for decimals).
 */
#ifndef VECTOR_KERNELS_H
#define VECTOR_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu.h"

/* How a value lies in a register: integers and dates are at least 32 bits wide. */
enum vector_lane {
	VECTOR_I32,
	VECTOR_U32,
	VECTOR_I64,
	VECTOR_U64,
	VECTOR_F32,
	VECTOR_F64,
	VECTOR_I128,
	VECTOR_FIXED,               /* lanes of fixed width */
	VECTOR_BOOL = VECTOR_FIXED, /* a bitmap */
	VECTOR_TEXT,                /* struct vector_text */
};

struct vector_text {
	const uint8_t *bytes;
	uint64_t count;
};

/* Which operands are vectors, and which one value for all rows. */
enum vector_shape { VECTOR_VV, VECTOR_VS, VECTOR_SV };

/* to[i] = a[i] op b[i]. True when a row that is valid overflows. */
typedef bool vector_arithmetic(void *to, const void *a, const void *b, enum vector_shape shape,
			       uint32_t rows, const uint64_t *validity);
/* A bit for each row, in the total order of docs/operators.md. */
typedef void vector_comparison(uint64_t *bits, const void *a, const void *b,
			       enum vector_shape shape, uint32_t rows);

#define VECTOR_SUM_LANES 16
#define VECTOR_SELECT_SLACK 64 /* row numbers that vector_select() may write behind the last */

/* NULL where a lane has none. */
struct arithmetic_kernels {
	vector_arithmetic *add[VECTOR_FIXED], *subtract[VECTOR_FIXED], *multiply[VECTOR_FIXED];
	vector_arithmetic *divide[VECTOR_FIXED]; /* floats */
};
CPU_DECLARE(struct arithmetic_kernels, arithmetic_kernels);

struct compare_kernels {
	vector_comparison *equal[VECTOR_FIXED], *less[VECTOR_FIXED], *less_equal[VECTOR_FIXED];
};
CPU_DECLARE(struct compare_kernels, compare_kernels);

struct select_kernels {
	/* The rows whose bits are 1, by number, or by what from has there: how many. */
	uint32_t (*select)(const uint64_t *bits, uint32_t rows, const uint32_t *from, uint32_t *to);
};
CPU_DECLARE(struct select_kernels, select_kernels);

/* Sums that cannot overflow, of up to 2^31 rows, added to what is there. */
struct sum_kernels {
	/* high counts 2^32. */
	void (*i64)(const int64_t *values, uint32_t rows, const uint64_t *validity, int64_t *high,
		    uint64_t *low);
	void (*u64)(const uint64_t *values, uint32_t rows, const uint64_t *validity, uint64_t *high,
		    uint64_t *low);
	void (*i32)(const int32_t *values, uint32_t rows, const uint64_t *validity, int64_t *sum);
	void (*u32)(const uint32_t *values, uint32_t rows, const uint64_t *validity, uint64_t *sum);
	/* Row i, whose validity is bit at + i, is added to lane i mod 16; nulls as -0.0. */
	void (*f64)(double lane[VECTOR_SUM_LANES], const double *values, uint32_t rows,
		    const uint64_t *validity, uint32_t at);
};
CPU_DECLARE(struct sum_kernels, sum_kernels);

#endif
