/*
 * Blocks of 64 bytes become tokens word by word. Included by the ways that have no instruction for
 * it: each compiles it for its own machine.
 */
#ifndef TOKENISE_COPY_H
#define TOKENISE_COPY_H

#include <string.h>

#include "tokenise_ways.h"

#define COPY_BYTES 16 /* at once: of most words, more than all */
#define CASE_BITS 0x2020202020202020ull

/* The bit of a byte, each: whether it is of a word. */
typedef uint64_t block_alnum(const uint8_t *block);

/* Lower case, of letters and digits: digits have the case bit, too. */
static inline void lower_copy(uint8_t *to, const uint8_t *from)
{
	uint64_t halves[COPY_BYTES / sizeof(uint64_t)];

	memcpy(halves, from, sizeof(halves));
	halves[0] |= CASE_BITS;
	halves[1] |= CASE_BITS;
	memcpy(to, halves, sizeof(halves));
}

/* There is room for the words of a block; copies may run over only where there is room for more. */
static inline void run_copy(struct tokens *tokens, const uint8_t *from, size_t bytes)
{
	uint8_t *to = tokens->bytes + tokens->used;

	if (tokens->bytes_room - tokens->used >= TOKENS_BLOCK_BYTES + COPY_BYTES)
		for (size_t at = 0; at < bytes; at += COPY_BYTES)
			lower_copy(to + at, from + at);
	else
		for (size_t at = 0; at < bytes; at++)
			to[at] = from[at] | 0x20;
	tokens->used += bytes;
}

/* COPY_BYTES behind the block can be read. */
static inline void block_copy(struct tokens *tokens, const uint8_t *block, uint64_t alnum,
			      uint64_t starts)
{
	uint64_t left = alnum;

	while (left != 0) {
		unsigned int first = (unsigned int)__builtin_ctzll(left);
		uint64_t stop = (~alnum | starts) & (~1ull << first);
		unsigned int end = stop != 0 ? (unsigned int)__builtin_ctzll(stop) : 64;
		bool goes_on = first == 0 && tokens->inside && (starts & 1) == 0;

		tokens->offsets[tokens->words] = (int32_t)tokens->used;
		tokens->words += !goes_on;
		run_copy(tokens, block + first, end - first);
		left &= stop | -stop;
	}
}

/* What is left, with zeros behind it: what is read there is no text. */
static inline void rest_take(struct tokens *tokens, struct token_text *text, block_alnum *find)
{
	uint8_t rest[TOKENS_BLOCK_BYTES + COPY_BYTES] = {0};
	size_t bytes = text->end - text->at;
	uint64_t alnum;

	bytes = bytes < TOKENS_BLOCK_BYTES ? bytes : TOKENS_BLOCK_BYTES;
	memcpy(rest, text->bytes + text->at, bytes);
	alnum = find(rest);
	block_copy(tokens, rest, alnum, block_starts(text));
	tokens->inside = alnum >> (bytes - 1) & 1;
	text->at += bytes;
}

/* Both in registers: bytes that are written might be theirs. */
static inline void blocks_take(struct tokens *to, struct token_text *of, block_alnum *find)
{
	struct tokens tokens = *to;
	struct token_text text = *of;

	while (text.at < text.end && !tokens_full(&tokens)) {
		const uint8_t *block = text.bytes + text.at;
		uint64_t alnum;

		if (text.end - text.at < TOKENS_BLOCK_BYTES + COPY_BYTES) {
			rest_take(&tokens, &text, find);
			continue;
		}
		alnum = find(block);
		block_copy(&tokens, block, alnum, block_starts(&text));
		tokens.inside = alnum >> 63;
		text.at += TOKENS_BLOCK_BYTES;
	}
	*to = tokens;
	*of = text;
}

#endif
