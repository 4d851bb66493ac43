/*
 * A block of 64 bytes whose words are known becomes tokens, word by word. Included by the ways that
 * have no instruction for it: each compiles it for its own machine.
 */
#ifndef TOKENISE_COPY_H
#define TOKENISE_COPY_H

#include <string.h>

#include "tokenise.h"

#define COPY_BYTES 16 /* at once: of most words, more than all */

/* Lower case, and room to read behind the last word. */
struct block {
	_Alignas(64) uint8_t lower[TOKENS_BLOCK_BYTES + COPY_BYTES];
	uint64_t alnum; /* bit i: byte i is of a word */
};

/* The bytes of all words of a block fit, but copies of the last one may run over: hence min(). */
static inline void run_copy(uint8_t *to, const uint8_t *from, size_t bytes, const uint8_t *to_end)
{
	if (to_end - to < TOKENS_BLOCK_BYTES + COPY_BYTES) {
		memcpy(to, from, bytes);
		return;
	}
	for (size_t at = 0; at < bytes; at += COPY_BYTES)
		memcpy(to + at, from + at, COPY_BYTES);
}

static inline void block_copy(struct tokens *tokens, const struct block *block)
{
	const uint8_t *to_end = tokens->bytes + tokens->bytes_room;
	uint64_t left = block->alnum;
	bool inside = tokens->inside;

	while (left != 0) {
		unsigned int first = (unsigned int)__builtin_ctzll(left);
		uint64_t above = left + (left & -left); /* the lowest run carries into its end */
		unsigned int end = above != 0 ? (unsigned int)__builtin_ctzll(above) : 64;

		tokens->offsets[tokens->words] = (int32_t)tokens->used;
		tokens->words += !(inside && first == 0);
		run_copy(tokens->bytes + tokens->used, block->lower + first, end - first, to_end);
		tokens->used += end - first;
		left &= above;
	}
	tokens->inside = block->alnum >> 63;
}

#endif
