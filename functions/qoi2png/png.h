/* PNG files: filters, checksums, chunks. Source: PNG (Portable Network Graphics) Specification,
 * second edition (W3C 2003), and for what holds the data RFC 1950. */
#ifndef PNG_H
#define PNG_H

#include "deflate.h"

#define PNG_FRAME_BYTES 128 /* signature, header, colour space, frames of chunks, end */
#define PNG_FILTERS 5

/* --- Filters: section 9 ---------------------------------------------------------------------- */

static int png_distance(int a, int b)
{
	return a > b ? a - b : b - a;
}

static uint8_t png_paeth(uint8_t left, uint8_t up, uint8_t corner)
{
	const int guess = left + up - corner;
	const int to_left = png_distance(guess, left), to_up = png_distance(guess, up);
	const int to_corner = png_distance(guess, corner);

	if (to_left <= to_up && to_left <= to_corner)
		return left;
	return to_up <= to_corner ? up : corner;
}

static uint8_t png_guess(uint32_t filter, uint8_t left, uint8_t up, uint8_t corner)
{
	switch (filter) {
	case 0:
		return 0;
	case 1:
		return left;
	case 2:
		return up;
	case 3:
		return (uint8_t)((left + up) / 2);
	default:
		return png_paeth(left, up, corner);
	}
}

/* One row by one filter, the filter's number before it. Returns how large what is left is: the sum
 * of its bytes as signed numbers, the measure that section 12.8 recommends. */
static uint64_t png_row_filter(uint32_t filter, const uint8_t *row, const uint8_t *above,
			       uint32_t bytes, uint32_t pixel_bytes, uint8_t *to)
{
	uint64_t sum = 0;

	*to++ = (uint8_t)filter;
	for (uint32_t i = 0; i < bytes; i++) {
		const uint8_t left = i >= pixel_bytes ? row[i - pixel_bytes] : 0;
		const uint8_t corner = i >= pixel_bytes ? above[i - pixel_bytes] : 0;

		to[i] = (uint8_t)(row[i] - png_guess(filter, left, above[i], corner));
		sum += to[i] < 128 ? to[i] : 256u - to[i];
	}
	return sum;
}

/* One row by the filter that leaves least: 1 + bytes at to; spare has room for as many. */
static void png_row_write(const uint8_t *row, const uint8_t *above, uint32_t bytes,
			  uint32_t pixel_bytes, uint8_t *spare, uint8_t *to)
{
	uint64_t least = png_row_filter(0, row, above, bytes, pixel_bytes, to);

	for (uint32_t filter = 1; filter < PNG_FILTERS; filter++) {
		const uint64_t sum = png_row_filter(filter, row, above, bytes, pixel_bytes, spare);

		if (sum < least) {
			least = sum;
			__builtin_memcpy(to, spare, 1 + (uint64_t)bytes);
		}
	}
}

/* --- Checksums ------------------------------------------------------------------------------- */

static uint32_t png_crc_table[256];

static void png_crc_begin(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
		png_crc_table[i] = crc;
	}
}

static uint32_t png_crc(const uint8_t *bytes, uint32_t count)
{
	uint32_t crc = 0xffffffffu;

	for (uint32_t i = 0; i < count; i++)
		crc = crc >> 8 ^ png_crc_table[(crc ^ bytes[i]) & 0xff];
	return ~crc;
}

static uint32_t png_adler(const uint8_t *bytes, uint32_t count)
{
	uint32_t a = 1, b = 0;

	while (count > 0) {
		uint32_t n =
		    count < 5552 ? count : 5552; /* as many as b takes before it overflows */

		for (count -= n; n > 0; n--) {
			a += *bytes++;
			b += a;
		}
		a %= 65521;
		b %= 65521;
	}
	return b << 16 | a;
}

/* --- Chunks ---------------------------------------------------------------------------------- */

static uint8_t *png_number(uint8_t *to, uint32_t number)
{
	number = __builtin_bswap32(number);
	__builtin_memcpy(to, &number, 4);
	return to + 4;
}

static uint8_t *png_bytes(uint8_t *to, const void *bytes, uint32_t count)
{
	__builtin_memcpy(to, bytes, count);
	return to + count;
}

/* Ends a chunk whose type and data lie from start to end, and whose length goes before them. */
static uint8_t *png_chunk_end(uint8_t *start, uint8_t *end)
{
	png_number(start - 4, (uint32_t)(end - start) - 4);
	return png_number(end, png_crc(start, (uint32_t)(end - start)));
}

static uint8_t *png_chunk(uint8_t *to, const char *type, const uint8_t *bytes, uint32_t count)
{
	uint8_t *start = to + 4;

	return png_chunk_end(start, png_bytes(png_bytes(start, type, 4), bytes, count));
}

static uint8_t *png_head(uint8_t *to, uint32_t width, uint32_t height, bool alpha, bool linear)
{
	static const uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
	static const uint8_t perceptual[] = {0};
	uint8_t header[13] = {[8] = 8, [9] = alpha ? 6 : 2}; /* bits of a sample, kind of pixel */
	uint8_t gamma[4];

	png_number(png_number(header, width), height);
	png_number(gamma, 100000);
	to = png_bytes(to, signature, sizeof(signature));
	to = png_chunk(to, "IHDR", header, sizeof(header));
	return linear ? png_chunk(to, "gAMA", gamma, 4) : png_chunk(to, "sRGB", perceptual, 1);
}

/* Filtered rows, compressed, as one chunk. */
static uint8_t *png_data(uint8_t *to, struct deflate_tables *tables, const uint8_t *rows,
			 uint32_t bytes)
{
	static const uint8_t zlib_header[] = {0x78, 0x01}; /* a window of 32 KiB, fast */
	uint8_t *start = to + 4;

	to = png_bytes(png_bytes(start, "IDAT", 4), zlib_header, 2);
	to = deflate_write(tables, rows, bytes, to);
	return png_chunk_end(start, png_number(to, png_adler(rows, bytes)));
}

#endif
