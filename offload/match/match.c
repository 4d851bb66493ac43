/* Matchers: which way, and which patterns they take. */
#include "match.h"

#include <errno.h>

#include "match_ways.h"

const struct matcher_ops *const match_ways[] = {
#ifdef HAVE_HYPERSCAN
    &match_hyperscan,
#endif
    &match_pcre2,
    NULL,
};

int matcher_create(const struct match_pattern *patterns, uint32_t count, bool utf8,
		   struct matcher **matcher, struct table_error *error)
{
	size_t way = 0;

	if (count > MR_MATCH_PATTERNS_MAX)
		return table_fail(error, -EINVAL, "%u patterns, of at most %u", count,
				  MR_MATCH_PATTERNS_MAX);
	for (uint32_t i = 0; i < count; i++) {
		int rc = match_pattern_check(&patterns[i], error);

		if (rc < 0)
			return rc;
	}
	while (!match_ways[way]->here())
		way++;
	return match_ways[way]->create(patterns, count, utf8, matcher, error);
}

void matcher_destroy(struct matcher **matcher)
{
	if (*matcher != NULL)
		(*matcher)->ops->destroy(*matcher);
	*matcher = NULL;
}

int match_value(struct matcher *matcher, const uint8_t *value, size_t bytes, bool *found,
		struct table_error *error)
{
	return matcher->ops->match(matcher, value, bytes, found, error);
}
