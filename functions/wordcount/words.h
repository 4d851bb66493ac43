/* Words in text: runs of ASCII letters and digits, found eight bytes at a time. */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stdint.h>

#define BYTES_ALL(byte) ((uint64_t)(byte)*0x0101010101010101ull)
#define BYTES_TOP BYTES_ALL(0x80)
#define BYTES_LOWER BYTES_ALL(0x20)

static inline uint64_t bytes_load(const uint8_t *at)
{
	uint64_t bytes;

	__builtin_memcpy(&bytes, at, sizeof(bytes));
	return bytes;
}

/* The top bit of each byte that is an ASCII letter or digit. Sums stay inside their bytes, for the
 * top bits are cleared first. */
static inline uint64_t bytes_alnum(uint64_t bytes)
{
	const uint64_t plain = bytes & ~BYTES_TOP;
	const uint64_t lower = plain | BYTES_LOWER;
	const uint64_t letter = (lower + BYTES_ALL(0x80 - 'a')) ^ (lower + BYTES_ALL(0x7f - 'z'));
	const uint64_t digit = (plain + BYTES_ALL(0x80 - '0')) ^ (plain + BYTES_ALL(0x7f - '9'));

	return (letter | digit) & ~bytes & BYTES_TOP;
}

/* How many of the eight bytes, from the first on, are letters or digits. alnum is not all ones. */
static inline uint32_t bytes_run(uint64_t alnum)
{
	return (uint32_t)__builtin_ctzll(~alnum & BYTES_TOP) >> 3;
}

/* The top bits of the eight bytes, side by side: a product gathers them at its top. */
static inline uint64_t bytes_bits(uint64_t tops)
{
	return ((tops >> 7) * 0x0102040810204080ull) >> 56;
}

/* The first len bytes (1 to 8), letters or digits, in lower case; the others zero. */
static inline uint64_t bytes_key(uint64_t bytes, uint32_t len)
{
	return (bytes | BYTES_LOWER) & ~0ull >> (64 - 8 * len);
}

static inline bool byte_alnum(uint8_t byte)
{
	return (uint8_t)((byte | 0x20) - 'a') < 26 || (uint8_t)(byte - '0') < 10;
}

#endif
