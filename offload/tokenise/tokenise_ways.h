/* The ways to tokenise: tokenise.c takes the best one that the machine has, its test all. */
#ifndef TOKENISE_WAYS_H
#define TOKENISE_WAYS_H

#include <stddef.h>

#include "tokenise.h"

typedef void (*tokenise_way)(struct tokens *tokens, struct token_text *text);

struct tokenise_named {
	const char *name;
	tokenise_way way;
	bool (*here)(void); /* whether this machine has it */
};

/* From the best to the plainest, which every machine has; ends with a NULL name. */
extern const struct tokenise_named tokenise_ways[];

void tokenise_words(struct tokens *tokens, struct token_text *text);
void tokenise_avx2(struct tokens *tokens, struct token_text *text);
void tokenise_avx512(struct tokens *tokens, struct token_text *text);

/* The texts that begin in the block at text->at, a bit each; they are behind us then. */
static inline uint64_t block_starts(struct token_text *text)
{
	uint64_t starts = 0;

	for (; text->starts_count > 0; text->starts_count--, text->starts++) {
		int64_t place = *text->starts - (int64_t)text->at;

		if (place >= TOKENS_BLOCK_BYTES)
			break;
		starts |= (uint64_t)(place >= 0) << (place & 63);
	}
	return starts;
}

#endif
