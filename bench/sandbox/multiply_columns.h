/* The same product as functions/matmul/multiply.h, element by element: the inner loop walks down a
 * column of b, which no compiler turns into vectors. */
#ifndef MULTIPLY_COLUMNS_H
#define MULTIPLY_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

static inline void multiply_columns(const uint32_t *a, const uint32_t *b, uint32_t *c,
				    uint32_t side)
{
	for (uint32_t i = 0; i < side; i++, a += side, c += side) {
		for (uint32_t j = 0; j < side; j++) {
			uint32_t sum = 0;

			for (uint32_t k = 0; k < side; k++)
				sum += a[k] * b[(size_t)k * side + j];
			c[j] = sum;
		}
	}
}

#endif
