/*
 * tokenise: the words of a text, in lower case, as a column of utf8.
 *
 * A word is a longest run of ASCII letters and digits; A to Z become a to z. All other bytes, those
 * of other characters among them, lie between words. A word of more than MR_WORD_BYTES_MAX is an
 * error. (The word counts of functions/wordcount, bench/ and scripts/oracle count these words.)
 *
 * Words lie in tokens as Arrow lays them out: one after the other, without what was between them.
 * Pure; bounded by the room that the caller gives.
 */
#ifndef TOKENISE_H
#define TOKENISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <millrace/limits.h>

/* Words so far: word i is bytes[offsets[i]] to bytes[offsets[i + 1]], the last one to bytes[used],
 * and of the last one more may come while inside. Begins as zeros but for the rooms. */
struct tokens {
	uint8_t *bytes;
	int32_t *offsets;
	size_t bytes_room; /* at most INT32_MAX */
	size_t words_room; /* offsets */
	size_t used;       /* of bytes */
	size_t words;
	bool inside; /* the text so far ends in a word */
};

/* Rooms beyond these take no more of a text: a block's words are written without looking. */
#define TOKENS_BLOCK_BYTES 64
#define TOKENS_BLOCK_WORDS 48 /* 32, written 16 at a time, and the end of the last */

static inline bool tokens_full(const struct tokens *tokens)
{
	return tokens->bytes_room - tokens->used < TOKENS_BLOCK_BYTES ||
	       tokens->words_room - tokens->words < TOKENS_BLOCK_WORDS;
}

/* Texts in one piece of memory, from at to end of bytes; all places are counted from bytes. A text
 * begins at each of starts, which never fall, and no word goes on over it: a column's offsets, or
 * none, for a text that comes in pieces, which may be cut anywhere. */
struct token_text {
	const uint8_t *bytes;
	size_t at, end;
	const int32_t *starts; /* those before at do not matter */
	size_t starts_count;
};

/* Takes the text and moves its at and starts on: to its end, unless the tokens are full before. The
 * rooms are larger than a block's and a word's that may have moved on. */
void tokenise(struct tokens *tokens, struct token_text *text);
/* The text ends here, and with it the word that it ends in. Writes the last word's end. */
void tokens_end_text(struct tokens *tokens);
/* A last word that is not at its end moves on to the next tokens, which are empty. Writes the last
 * word's end. */
void tokens_move_on(struct tokens *from, struct tokens *to);
/* The first word, from the word first on, that is longer than MR_WORD_BYTES_MAX, or words. The last
 * word's end is written. */
size_t tokens_long(const struct tokens *tokens, size_t first);

#endif
