/* Those who match: match.c takes the best one that the machine has, its test all. */
#ifndef MATCH_WAYS_H
#define MATCH_WAYS_H

#include "match.h"

struct matcher_ops {
	const char *name;
	bool (*here)(void); /* whether this machine can */
	int (*create)(const struct match_pattern *patterns, uint32_t count, bool utf8,
		      struct matcher **matcher, struct table_error *error);
	int (*match)(struct matcher *matcher, const uint8_t *value, size_t bytes, bool *found,
		     struct table_error *error);
	void (*destroy)(struct matcher *matcher);
};

/* First in the struct of each. */
struct matcher {
	const struct matcher_ops *ops;
	uint32_t count;
};

/* From the best to the one that every machine has; ends with NULL. */
extern const struct matcher_ops *const match_ways[];
extern const struct matcher_ops match_hyperscan, match_pcre2;

/* Whether a pattern is within what match.h says. 0 or -EINVAL with error. */
int match_pattern_check(const struct match_pattern *pattern, struct table_error *error);

#endif
