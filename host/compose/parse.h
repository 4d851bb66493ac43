/* What the parser's two files share: the state, and taking words. */
#ifndef COMPOSE_PARSE_H
#define COMPOSE_PARSE_H

#include "ast.h"
#include "token.h"

struct parser {
	const struct script *script;
	struct ast *ast;
	struct token token; /* the word in hand */
	uint32_t at;        /* where the next one is looked for */
	bool in_parens;     /* ends of lines mean nothing */
};

/* Takes the word in hand and moves to the next. 0 or -EINVAL, as all here. */
int parser_advance(struct parser *parser);
/* "expected WHAT, found ...". */
int parser_expected(const struct parser *parser, const char *what);
/* Takes a word of this kind, or says that what was expected. */
int parser_take(struct parser *parser, int kind, const char *what);
/* Takes a name that may be given to something: no keyword. */
int parser_take_name(struct parser *parser, const char *what, struct span *name);
bool parser_at_word(const struct parser *parser, const char *word);

/* The rest of "memory", "time", "retries", "output" and "items", after that word (attribute.c). */
int attribute_memory(struct parser *parser, struct ast_definition *function);
int attribute_time(struct parser *parser, struct ast_definition *function);
int attribute_retries(struct parser *parser, struct ast_definition *function);
int attribute_output(struct parser *parser, struct ast_definition *function);
int attribute_items(struct parser *parser, struct ast_definition *function);
/* The rest of "state" and "epochs", after that word (repeat.c). */
int repeat_state(struct parser *parser, struct ast_definition *composition);
int repeat_epochs(struct parser *parser, struct ast_definition *composition);
/* The rest of "as" of an operator's set, and of "steps", after that word (operator.c). */
int operator_format(struct parser *parser, struct ast_set *set);
int operator_steps(struct parser *parser, struct ast_definition *definition);
/* The rest of "split" and "merge", after that word. */
int attribute_split(struct parser *parser, struct ast_set *set);
int attribute_merge(struct parser *parser, struct ast_set *set);

#endif
