/*
 * match: which of many regular expressions are found in a value, all in one pass over it.
 *
 * Patterns are those of PCRE2 that need no memory of what was matched, and mean the same in
 * Hyperscan: literals, ., classes with POSIX names, \d \w \s \b and their capitals, \A \z \Z ^ $,
 * \n \r \t \f \a \e \xHH, (groups), (?:groups), |, * + ? {n,m} greedy or lazy, and (?i) (?s) (?m).
 * Not: backreferences, lookaround, atomic groups, possessive quantifiers, \p{...}. A pattern is
 * found anywhere in the value unless it is anchored; ^ and $ are its ends, . is any character but a
 * line's end. Characters are those of UTF-8 where the values are (classes such as \w are ASCII),
 * and else bytes.
 *
 * By Hyperscan where the machine has SSSE3, or else by PCRE2, pattern by pattern. Pure.
 */
#ifndef MATCH_H
#define MATCH_H

#include "table_stream.h"

struct match_pattern {
	const char *text;
	size_t bytes;
};

struct matcher;

/* Compiles patterns, at most MR_MATCH_PATTERNS_MAX, once. 0; -EINVAL with error, which names the
 * pattern; -ENOMEM. */
int matcher_create(const struct match_pattern *patterns, uint32_t count, bool utf8,
		   struct matcher **matcher, struct table_error *error);
void matcher_destroy(struct matcher **matcher);
/* Sets found[i] to whether pattern i is found in the value. 0; -E2BIG with error, when a pattern
 * would take too long (PCRE2 only). A matcher is one thread's. */
int match_value(struct matcher *matcher, const uint8_t *value, size_t bytes, bool *found,
		struct table_error *error);

#endif
