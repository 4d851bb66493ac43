/*
 * CRC32C with the SSE4.2 instruction: three streams at once hide its latency of three cycles. Long
 * ones by folding (crc32c_fold.c), where the machine can.
 */
#include "crc32c.h"

#include <immintrin.h>
#include <string.h>

#include "crc32c_ways.h"

#define TARGET_PCLMUL __attribute__((target("pclmul"))) /* used where the CPU has it */

/* Bytes of one stream. Three long ones hold most of a jumbo frame's chunk, three short ones most of
 * a chunk at MTU 1500, three least ones a third of a packet of small messages; what remains goes
 * through one stream. */
#define LONG_BYTES 2880
#define SHORT_BYTES 416
#define LEAST_BYTES 128

/* x^(8 * bytes - 33) mod P, bit-reflected: a carry-less product with it, taken through the CRC
 * instruction, moves a CRC past that many zero bytes. */
#define LONG_SHIFT 0x465a4eeeu
#define SHORT_SHIFT 0x2b3cac5du
#define LEAST_SHIFT 0x0d3b6092u

static uint64_t load(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

TARGET_PCLMUL static uint32_t shift(uint64_t crc, uint32_t by)
{
	__m128i product =
	    _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)crc), _mm_cvtsi32_si128((int)by), 0);

	return (uint32_t)_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

TARGET_PCLMUL static uint32_t three_streams(uint32_t crc, const uint8_t *p, size_t bytes,
					    uint32_t by)
{
	uint64_t a = crc;
	uint64_t b = 0;
	uint64_t c = 0;

	for (size_t i = 0; i < bytes; i += 8) {
		a = _mm_crc32_u64(a, load(p + i));
		b = _mm_crc32_u64(b, load(p + bytes + i));
		c = _mm_crc32_u64(c, load(p + 2 * bytes + i));
	}
	return (uint32_t)c ^ shift(b ^ shift(a, by), by);
}

static uint32_t one_stream(uint32_t crc, const uint8_t *p, size_t bytes)
{
	uint64_t wide = crc;
	uint32_t half;

	for (; bytes >= 8; bytes -= 8, p += 8)
		wide = _mm_crc32_u64(wide, load(p));
	crc = (uint32_t)wide;
	if (bytes >= 4) {
		memcpy(&half, p, sizeof(half));
		crc = _mm_crc32_u32(crc, half);
		bytes -= 4;
		p += 4;
	}
	for (; bytes > 0; bytes--, p++)
		crc = _mm_crc32_u8(crc, *p);
	return crc;
}

uint32_t crc32c_streams(uint32_t crc, const uint8_t *p, size_t bytes)
{
	if (bytes >= 3 * LEAST_BYTES && __builtin_cpu_supports("pclmul")) {
		for (; bytes >= 3 * LONG_BYTES; bytes -= 3 * LONG_BYTES, p += 3 * LONG_BYTES)
			crc = three_streams(crc, p, LONG_BYTES, LONG_SHIFT);
		for (; bytes >= 3 * SHORT_BYTES; bytes -= 3 * SHORT_BYTES, p += 3 * SHORT_BYTES)
			crc = three_streams(crc, p, SHORT_BYTES, SHORT_SHIFT);
		for (; bytes >= 3 * LEAST_BYTES; bytes -= 3 * LEAST_BYTES, p += 3 * LEAST_BYTES)
			crc = three_streams(crc, p, LEAST_BYTES, LEAST_SHIFT);
	}
	return one_stream(crc, p, bytes);
}

static uint32_t continued(uint32_t crc, const uint8_t *p, size_t bytes)
{
	if (bytes >= CRC32C_FOLD_BYTES_MIN && crc32c_folds()) {
		size_t whole = bytes - bytes % CRC32C_FOLD_BLOCK_BYTES;

		return one_stream(crc32c_fold(crc, p, whole), p + whole, bytes - whole);
	}
	return crc32c_streams(crc, p, bytes);
}

uint32_t crc32c(uint32_t crc, const void *data, size_t bytes)
{
	return ~continued(~crc, data, bytes);
}

uint32_t crc32c_without(const void *data, size_t bytes, size_t offset)
{
	const uint8_t *p = data;
	size_t next = offset + sizeof(uint32_t);
	uint32_t crc = _mm_crc32_u32(one_stream(UINT32_MAX, p, offset), 0);

	return ~continued(crc, p + next, bytes - next);
}
