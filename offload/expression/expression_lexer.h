/* Words, numbers, strings and signs of expressions and steps. */
#ifndef EXPRESSION_LEXER_H
#define EXPRESSION_LEXER_H

#include "expression.h"

enum expression_token {
	TOKEN_END,    /* of the text */
	TOKEN_BREAK,  /* a line's end or a semicolon, outside parentheses: of a step */
	TOKEN_NAME,   /* a word, or a name in double quotes */
	TOKEN_NUMBER, /* digits, with a point or an exponent */
	TOKEN_STRING, /* in single quotes */
	TOKEN_SIGN,   /* one or two characters */
};

/* The next token is looked at, and taken when it is what was looked for. */
struct expression_lexer {
	struct expression_source source;
	enum expression_token token;
	struct expression_place place;
	bool quoted;    /* the name: then it is no keyword */
	bool adjoining; /* nothing stands between it and the token before */
	char sign[3];
	char *text; /* the name or string without its quotes; of bytes bytes, zero-terminated */
	uint32_t bytes;
	size_t room;
	uint32_t at;         /* behind the token */
	uint32_t depth;      /* of parentheses: line ends within are blanks */
	uint32_t nodes;      /* of expressions made so far, against MR_EXPRESSION_NODES_MAX */
	uint32_t level;      /* of the parser's recursion, against MR_EXPRESSION_DEPTH_MAX */
	uint32_t before_end; /* where the token before ended */
};

/* Reads the first token. 0 or -errno with error; free it after either. */
int lexer_open(struct expression_lexer *lexer, const struct expression_source *source,
	       struct table_error *error);
void lexer_close(struct expression_lexer *lexer);
/* Goes on to the next token. 0 or -errno with error. */
int lexer_next(struct expression_lexer *lexer, struct table_error *error);

/* Whether the next is that keyword (in either case, not in quotes) or sign; looks only. */
bool lexer_is_word(const struct expression_lexer *lexer, const char *word);
bool lexer_is_sign(const struct expression_lexer *lexer, const char *sign);
/* Whether the name that is next has that character behind it: `a = ...`, `sum(...)`. */
bool lexer_is_name_before(const struct expression_lexer *lexer, char c);
/* Whether a step ends here. */
bool lexer_is_end(const struct expression_lexer *lexer);
/* Takes it when it is there: 1, 0 when it is not, or -errno with error. */
int lexer_accept_word(struct expression_lexer *lexer, const char *word, struct table_error *error);
int lexer_accept_sign(struct expression_lexer *lexer, const char *sign, struct table_error *error);
/* 0, or -EINVAL: "wanted" is needed here. */
int lexer_expect_word(struct expression_lexer *lexer, const char *word, struct table_error *error);
int lexer_expect_sign(struct expression_lexer *lexer, const char *sign, struct table_error *error);
/* A name, in memory of the caller's; what says what it is to be. 0 or -errno with error. */
int lexer_expect_name(struct expression_lexer *lexer, const char *what, char **name,
		      struct expression_place *place, struct table_error *error);
int lexer_expect_number(struct expression_lexer *lexer, const char *what, uint64_t min,
			uint64_t max, uint64_t *number, struct table_error *error);
/* -EINVAL: "what is needed here, not ...", at the next token. */
int lexer_unexpected(const struct expression_lexer *lexer, const char *what,
		     struct table_error *error);

#endif
