/* Kernel: CRC-32C, a beat at a time: 64 tables, each of what a byte at its place adds to the CRC
 * once the whole beat is through ("slicing"; Kounavis and Berry, 2008). */
#include "status.h"

#define POLYNOMIAL 0x82F63B78u /* RFC 3720, bits reversed */

/* Synthesis makes ROMs of it. */
static void tables_make(uint32_t tables[BEAT_BYTES][256])
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
		tables[BEAT_BYTES - 1][byte] = crc;
	}
	for (int place = BEAT_BYTES - 2; place >= 0; place--) {
		for (uint32_t byte = 0; byte < 256; byte++) {
			const uint32_t crc = tables[place + 1][byte];

			tables[place][byte] = crc >> 8 ^ tables[BEAT_BYTES - 1][crc & 0xff];
		}
	}
}

static uint32_t beat_byte(const struct beat *beat, uint32_t place)
{
	return (uint32_t)(beat->word[place / 8] >> place % 8 * 8) & 0xff;
}

/* Of the first bytes of a beat. */
static uint32_t beat_crc(uint32_t tables[BEAT_BYTES][256], uint32_t crc, struct beat beat,
			 uint32_t bytes)
{
	uint32_t sum = 0;

	if (bytes < BEAT_BYTES) {
		for (uint32_t i = 0; i < bytes; i++)
			crc = crc >> 8 ^ tables[BEAT_BYTES - 1][(crc ^ beat_byte(&beat, i)) & 0xff];
		return crc;
	}
	beat.word[0] ^= crc;
	for (uint32_t i = 0; i < BEAT_BYTES; i++) {
#pragma HLS UNROLL
		sum ^= tables[i][beat_byte(&beat, i)];
	}
	return sum;
}

void crc32c(const struct beat *data, struct beat *status, uint64_t bytes, uint32_t crc,
	    uint64_t stamp)
{
#pragma HLS INTERFACE m_axi port = data bundle = gmem0 offset = slave max_read_burst_length = 64
#pragma HLS INTERFACE m_axi port = status bundle = gmem1 offset = slave
	uint32_t tables[BEAT_BYTES][256];
#pragma HLS ARRAY_PARTITION variable = tables dim = 1 complete
	struct kernel_status end = {.stamp = stamp};
	struct beat_check check;

	tables_make(tables);
	beat_check_begin(&check);
	crc = ~crc;
	for (uint64_t at = 0; at < bytes; at += BEAT_BYTES) {
#pragma HLS PIPELINE II = 1
		const struct beat beat = data[at / BEAT_BYTES];
		const uint64_t left = bytes - at;

		beat_check_add(&check, &beat, at / BEAT_BYTES);
		crc = beat_crc(tables, crc, beat, left < BEAT_BYTES ? (uint32_t)left : BEAT_BYTES);
	}
	end.check_in = beat_check_fold(0, &check);
	end.result[0] = (uint32_t)~crc;
	status_write(status, &end);
}
