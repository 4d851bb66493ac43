/* Words by integers of 64 bits, eight bytes at a time: what any machine can do. */
#include "tokenise_copy.h"
#include "tokenise_ways.h"

#define EACH(byte) (0x0101010101010101ull * (byte))
#define CASE_BIT 0x20
#define TOP_BITS EACH(0x80)

/* The top bit of each byte that is from first to last, both below 128. Sums stay in their bytes:
 * those with top bits are left out before and after. */
static uint64_t bytes_between(uint64_t bytes, uint8_t first, uint8_t last)
{
	uint64_t low = bytes & ~TOP_BITS;

	return (low + EACH(0x80u - first)) & ~(low + EACH(0x7fu - last)) & ~bytes & TOP_BITS;
}

/* A bit for each of eight bytes whose top bit is set, the first byte's lowest. */
static uint64_t top_bits(uint64_t bytes)
{
	return (bytes >> 7) * 0x0102040810204080ull >> 56;
}

static void eight_read(struct block *block, size_t at, uint64_t bytes)
{
	uint64_t upper = bytes_between(bytes, 'A', 'Z');
	uint64_t alnum = upper | bytes_between(bytes, 'a', 'z') | bytes_between(bytes, '0', '9');

	bytes |= upper >> 2; /* the case bit is two below the top */
	memcpy(block->lower + at, &bytes, sizeof(bytes));
	block->alnum |= top_bits(alnum) << at;
}

static void block_read(struct block *block, const uint8_t *text)
{
	block->alnum = 0;
	for (size_t at = 0; at < TOKENS_BLOCK_BYTES; at += sizeof(uint64_t)) {
		uint64_t bytes;

		memcpy(&bytes, text + at, sizeof(bytes));
		eight_read(block, at, bytes);
	}
}

size_t tokenise_words(struct tokens *tokens, const uint8_t *text, size_t bytes)
{
	uint8_t last[TOKENS_BLOCK_BYTES] = {0};
	struct block block;
	size_t at = 0;

	for (; bytes - at >= TOKENS_BLOCK_BYTES && !tokens_full(tokens); at += TOKENS_BLOCK_BYTES) {
		block_read(&block, text + at);
		block_copy(tokens, &block);
	}
	if (at == bytes || tokens_full(tokens))
		return at;
	memcpy(last, text + at, bytes - at);
	block_read(&block, last);
	block_copy(tokens, &block);
	tokens->inside = block.alnum >> (bytes - at - 1) & 1;
	return bytes;
}
