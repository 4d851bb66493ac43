/* The product of square matrices of 32-bit integers, modulo 2^32. */
#ifndef MULTIPLY_H
#define MULTIPLY_H

#include <stddef.h>
#include <stdint.h>

/* Row by row, so that the inner loop walks memory in order. */
static void multiply(const uint32_t *a, const uint32_t *b, uint32_t *c, uint32_t side)
{
	for (uint32_t i = 0; i < side; i++, a += side, c += side) {
		for (uint32_t j = 0; j < side; j++)
			c[j] = 0;
		for (uint32_t k = 0; k < side; k++) {
			const uint32_t *row = b + (size_t)k * side;
			const uint32_t factor = a[k];

			for (uint32_t j = 0; j < side; j++)
				c[j] += factor * row[j];
		}
	}
}

#endif
