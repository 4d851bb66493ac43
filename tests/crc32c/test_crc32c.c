/* CRC32C against the plain definition, at every length and alignment that matters. */
#include <stdio.h>
#include <string.h>

#include "crc32c.h"
#include "crc32c_ways.h"
#include "test.h"

#define BYTES 10000

static uint32_t plain(const uint8_t *p, size_t bytes)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < bytes; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1)));
	}
	return ~crc;
}

/* Each by itself: crc32c() takes one, by length and machine. */
static void check_ways(const uint8_t *data)
{
	for (size_t bytes = 0; bytes <= BYTES; bytes += bytes < 300 ? 1 : 61)
		CHECK(~crc32c_streams(UINT32_MAX, data, bytes) == plain(data, bytes), "%zu bytes",
		      bytes);
	if (!crc32c_folds()) {
		printf("folding is not tested: no products of 512 bits here\n");
		return;
	}
	for (size_t bytes = CRC32C_FOLD_BYTES_MIN; bytes <= BYTES; bytes += CRC32C_FOLD_BLOCK_BYTES)
		CHECK(~crc32c_fold(UINT32_MAX, data + bytes % 7, bytes) ==
			  plain(data + bytes % 7, bytes),
		      "%zu bytes folded", bytes);
}

int main(void)
{
	static uint8_t data[BYTES + 8];
	static const uint8_t zeros[32];
	uint32_t seed = 1;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)((seed = seed * 1103515245 + 12345) >> 16);
	CHECK(crc32c(0, zeros, sizeof(zeros)) == 0x8a9136aa, "RFC 3720, B.4");
	CHECK(crc32c(0, "123456789", 9) == 0xe3069283, "the customary check value");
	for (size_t bytes = 0; bytes <= BYTES; bytes += bytes < 300 ? 1 : 61)
		CHECK(crc32c(0, data + bytes % 8, bytes) == plain(data + bytes % 8, bytes),
		      "%zu bytes", bytes);
	check_ways(data);
	CHECK(crc32c(crc32c(0, data, 4321), data + 4321, BYTES - 4321) == plain(data, BYTES),
	      "in two pieces");
	for (size_t bytes = 16; bytes <= BYTES; bytes += bytes < 300 ? 1 : 61) {
		uint8_t zeroed[BYTES];

		memcpy(zeroed, data, bytes);
		memset(zeroed + 12, 0, 4);
		CHECK(crc32c_without(data, bytes, 12) == plain(zeroed, bytes), "%zu bytes", bytes);
	}
	return 0;
}
