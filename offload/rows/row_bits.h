/* Bitmaps in the order of Arrow's: bit row % 8 of byte row / 8. */
#ifndef ROW_BITS_H
#define ROW_BITS_H

#include <stdint.h>
#include <string.h>

static inline void row_bit_set(uint8_t *bits, uint64_t row)
{
	bits[row / 8] |= (uint8_t)(1u << (row % 8));
}

/* Sets count bits from a first one on. */
static inline void row_bits_fill(uint8_t *bits, uint64_t first, uint64_t count)
{
	uint64_t row = first, end = first + count;

	for (; row < end && row % 8 != 0; row++)
		row_bit_set(bits, row);
	if (end - row >= 8) {
		memset(bits + row / 8, 0xff, (end - row) / 8);
		row = end / 8 * 8;
	}
	for (; row < end; row++)
		row_bit_set(bits, row);
}

#endif
