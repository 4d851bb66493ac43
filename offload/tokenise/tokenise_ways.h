/* The ways to tokenise: tokenise.c takes the best one that the machine has, its test all. */
#ifndef TOKENISE_WAYS_H
#define TOKENISE_WAYS_H

#include <stddef.h>

#include "tokenise.h"

typedef size_t (*tokenise_way)(struct tokens *tokens, const uint8_t *text, size_t bytes);

struct tokenise_named {
	const char *name;
	tokenise_way way;
	bool (*here)(void); /* whether this machine has it */
};

/* From the best to the plainest, which every machine has; ends with a NULL name. */
extern const struct tokenise_named tokenise_ways[];

size_t tokenise_words(struct tokens *tokens, const uint8_t *text, size_t bytes);
size_t tokenise_avx2(struct tokens *tokens, const uint8_t *text, size_t bytes);
size_t tokenise_avx512(struct tokens *tokens, const uint8_t *text, size_t bytes);

#endif
