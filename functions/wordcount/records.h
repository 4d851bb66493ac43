/*
 * What `count` sends to `total`: records, one after the other, in an item for each key group.
 *
 *	record = count varint | length varint | word, lower-case ASCII letters and digits
 *
 * A varint has seven bits to a byte, lowest first, with the top bit set on all but the last. A word
 * may come in several records: their counts add up.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdint.h>

/* Of a varint of 32 and of 64 bits. */
#define VARINT32_BYTES_MAX 5
#define VARINT64_BYTES_MAX 10

static inline uint32_t varint_bytes(uint64_t value)
{
	return value < 0x80 ? 1 : (63 - (uint32_t)__builtin_clzll(value)) / 7 + 1;
}

static inline uint8_t *varint_write(uint8_t *to, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*to++ = (uint8_t)(value | 0x80);
	*to++ = (uint8_t)value;
	return to;
}

/* The value at *at, which moves on. Sets *at to NULL when it runs past end or is too long. */
static inline uint64_t varint_read(const uint8_t **at, const uint8_t *end)
{
	const uint8_t *p = *at;
	uint64_t value = 0;

	for (uint32_t shift = 0; p < end && shift < 64; shift += 7) {
		const uint8_t byte = *p++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*at = p;
			return value;
		}
	}
	*at = NULL;
	return 0;
}

#endif
