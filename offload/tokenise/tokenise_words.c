/* Words found by integers of 64 bits, eight bytes at a time: what any machine can do. */
#include "tokenise_copy.h"

#define EACH(byte) (0x0101010101010101ull * (byte))
#define TOP_BITS EACH(0x80)

/* The top bit of each byte that is from first to last, both below 128. Sums stay in their bytes:
 * those with top bits are left out before and after. */
static inline uint64_t bytes_between(uint64_t bytes, uint8_t first, uint8_t last)
{
	uint64_t low = bytes & ~TOP_BITS;

	return (low + EACH(0x80u - first)) & ~(low + EACH(0x7fu - last)) & ~bytes & TOP_BITS;
}

/* A bit for each of eight bytes whose top bit is set, the first byte's lowest. */
static inline uint64_t top_bits(uint64_t bytes)
{
	return (bytes >> 7) * 0x0102040810204080ull >> 56;
}

static uint64_t alnum_find(const uint8_t *block)
{
	uint64_t alnum = 0;

	for (size_t at = 0; at < TOKENS_BLOCK_BYTES; at += sizeof(uint64_t)) {
		uint64_t eight;

		memcpy(&eight, block + at, sizeof(eight));
		alnum |= top_bits(bytes_between(eight | CASE_BITS, 'a', 'z') |
				  bytes_between(eight, '0', '9'))
			 << at;
	}
	return alnum;
}

void tokenise_words(struct tokens *tokens, struct token_text *text)
{
	blocks_take(tokens, text, alnum_find);
}
