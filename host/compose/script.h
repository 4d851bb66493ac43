/*
 * A text being compiled: places in it, and the one error found.
 *
 * A place is a byte offset; line and column are worked out only when an error is reported.
 */
#ifndef COMPOSE_SCRIPT_H
#define COMPOSE_SCRIPT_H

#include "compose.h"

/* A stretch of the text; a name is kept as where it stands. */
struct span {
	uint32_t at; /* bytes from the start of the text */
	uint32_t bytes;
};

struct script {
	const char *file;
	const char *text; /* not zero-terminated */
	uint32_t bytes;
	struct compose_error *error;
};

/* For "%.*s": the bytes of a span. */
#define SPAN(script, span) (int)(span).bytes, (script)->text + (span).at

bool span_is(const struct script *script, struct span span, const char *word);
bool span_equal(const struct script *script, struct span a, struct span b);
/* From 1. */
uint32_t script_line(const struct script *script, uint32_t at);

/* Records what is wrong at a place, with no hint yet; -EINVAL. */
__attribute__((format(printf, 3, 4))) int script_error(const struct script *script, uint32_t at,
						       const char *format, ...);
/* The same for what is wrong at no place of the text. */
__attribute__((format(printf, 2, 3))) int script_error_nowhere(const struct script *script,
							       const char *format, ...);
/* Adds what to do to the error just recorded; -EINVAL. */
__attribute__((format(printf, 2, 3))) int script_hint(const struct script *script,
						      const char *format, ...);

#endif
