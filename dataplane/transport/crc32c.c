/* CRC32C with the SSE4.2 instruction: three streams at once hide its latency of three cycles. */
#include "crc32c.h"

#include <nmmintrin.h>
#include <string.h>

#define POLYNOMIAL 0x82f63b78u /* bit-reflected: bit 31 is x^0 */

/* Bytes of one stream. Three long ones hold most of a jumbo frame's chunk, three short ones most of
 * a chunk at MTU 1500; what remains goes through one stream. */
#define LONG_BYTES 2880
#define SHORT_BYTES 416

/* x^(8 * bytes) mod P: multiplying a CRC by it moves it past that many zero bytes. */
#define LONG_SHIFT 0x950979ddu
#define SHORT_SHIFT 0xf882f186u

/* a * b mod P over GF(2), bit-reflected; no branches, since the bits are random. */
static uint32_t multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (int bit = 31; bit >= 0; bit--) {
		product ^= b & (0u - (a >> bit & 1));
		b = b >> 1 ^ (POLYNOMIAL & (0u - (b & 1)));
	}
	return product;
}

static uint64_t load(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static uint32_t three_streams(uint32_t crc, const uint8_t *p, size_t bytes, uint32_t shift)
{
	uint64_t a = crc;
	uint64_t b = 0;
	uint64_t c = 0;

	for (size_t i = 0; i < bytes; i += 8) {
		a = _mm_crc32_u64(a, load(p + i));
		b = _mm_crc32_u64(b, load(p + bytes + i));
		c = _mm_crc32_u64(c, load(p + 2 * bytes + i));
	}
	b ^= multiply(shift, (uint32_t)a);
	return (uint32_t)c ^ multiply(shift, (uint32_t)b);
}

uint32_t crc32c(uint32_t crc, const void *data, size_t bytes)
{
	const uint8_t *p = data;
	uint64_t wide;

	crc = ~crc;
	for (; bytes >= 3 * LONG_BYTES; bytes -= 3 * LONG_BYTES, p += 3 * LONG_BYTES)
		crc = three_streams(crc, p, LONG_BYTES, LONG_SHIFT);
	for (; bytes >= 3 * SHORT_BYTES; bytes -= 3 * SHORT_BYTES, p += 3 * SHORT_BYTES)
		crc = three_streams(crc, p, SHORT_BYTES, SHORT_SHIFT);
	wide = crc;
	for (; bytes >= 8; bytes -= 8, p += 8)
		wide = _mm_crc32_u64(wide, load(p));
	crc = (uint32_t)wide;
	for (; bytes > 0; bytes--, p++)
		crc = _mm_crc32_u8(crc, *p);
	return ~crc;
}
