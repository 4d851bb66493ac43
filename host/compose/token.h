/* Words of the composition language: names, numbers, punctuation, ends of statements. */
#ifndef COMPOSE_TOKEN_H
#define COMPOSE_TOKEN_H

#include "script.h"

/* Punctuation of one character is its own kind: '{', ';', ... */
enum token_kind {
	TOKEN_END = 0,
	TOKEN_NEWLINE = '\n',
	TOKEN_NAME = 256,
	TOKEN_NUMBER, /* digits, or digits '.' digits */
	TOKEN_ARROW,  /* -> */
};

struct token {
	int kind;
	struct span span;
};

/* The word at or after *at, which moves past it. Blanks and comments are skipped. 0 or -EINVAL. */
int token_next(const struct script *script, uint32_t *at, struct token *token);
/* As it is named in an error: "'count'", "end of line". Returns text. */
const char *token_describe(const struct script *script, const struct token *token, char *text,
			   size_t text_bytes);

/* Whole number; -EINVAL when it has a fraction, -ERANGE when it exceeds max. */
int number_whole(const struct script *script, struct span number, uint64_t max, uint64_t *value);
/* Thousandths of a number of up to three decimals; -EINVAL for more, -ERANGE beyond max. */
int number_thousandths(const struct script *script, struct span number, uint64_t max,
		       uint64_t *value);

#endif
