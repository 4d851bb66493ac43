/* All patterns in one automaton, by Hyperscan. */
#include <errno.h>
#include <hs/hs.h>
#include <stdlib.h>
#include <string.h>

#include "match_ways.h"

struct hyperscan {
	struct matcher matcher;
	hs_database_t *database;
	hs_scratch_t *scratch;
};

static bool hyperscan_here(void)
{
	return hs_valid_platform() == HS_SUCCESS;
}

static void hyperscan_destroy(struct matcher *matcher)
{
	struct hyperscan *h = (struct hyperscan *)(void *)matcher;

	hs_free_scratch(h->scratch);
	hs_free_database(h->database);
	free(h);
}

static int compile_failed(const struct match_pattern *patterns, hs_compile_error_t *failed,
			  struct table_error *error)
{
	int which = failed->expression;
	int rc = which < 0
		     ? table_fail(error, -EINVAL, "the patterns cannot be matched together: %s",
				  failed->message)
		     : table_fail(error, -EINVAL, "pattern '%.*s': %s", (int)patterns[which].bytes,
				  patterns[which].text, failed->message);

	hs_free_compile_error(failed);
	return rc;
}

/* Strings with zeros behind them, as Hyperscan wants them: one block of memory, the strings behind
 * the pointers. */
static char **texts_make(const struct match_pattern *patterns, uint32_t count)
{
	size_t bytes = count * sizeof(char *);
	char **texts, *at;

	for (uint32_t i = 0; i < count; i++)
		bytes += patterns[i].bytes + 1;
	texts = malloc(bytes);
	at = (char *)texts + count * sizeof(char *);
	for (uint32_t i = 0; texts != NULL && i < count; i++) {
		texts[i] = at;
		memcpy(at, patterns[i].text, patterns[i].bytes);
		at[patterns[i].bytes] = '\0';
		at += patterns[i].bytes + 1;
	}
	return texts;
}

static int compile(struct hyperscan *h, const struct match_pattern *patterns, uint32_t count,
		   bool utf8, struct table_error *error)
{
	char **texts = texts_make(patterns, count);
	unsigned int *flags = calloc(count, sizeof(*flags)), *ids = calloc(count, sizeof(*ids));
	hs_compile_error_t *failed = NULL;
	int rc = -ENOMEM;

	for (uint32_t i = 0; flags != NULL && ids != NULL && i < count; i++) {
		flags[i] = HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY | (utf8 ? HS_FLAG_UTF8 : 0);
		ids[i] = i;
	}
	if (texts != NULL && flags != NULL && ids != NULL)
		rc = hs_compile_multi((const char *const *)texts, flags, ids, count, HS_MODE_BLOCK,
				      NULL, &h->database, &failed) == HS_SUCCESS
			 ? 0
			 : compile_failed(patterns, failed, error);
	free(texts);
	free(flags);
	free(ids);
	return rc;
}

static int hyperscan_create(const struct match_pattern *patterns, uint32_t count, bool utf8,
			    struct matcher **matcher, struct table_error *error)
{
	struct hyperscan *h = calloc(1, sizeof(*h));
	int rc = h == NULL ? -ENOMEM : compile(h, patterns, count, utf8, error);

	if (rc == 0 && hs_alloc_scratch(h->database, &h->scratch) != HS_SUCCESS)
		rc = -ENOMEM;
	if (rc < 0) {
		if (h != NULL)
			hyperscan_destroy(&h->matcher);
		return rc == -ENOMEM ? table_fail(error, rc, "no memory for the patterns") : rc;
	}
	h->matcher = (struct matcher){&match_hyperscan, count};
	*matcher = &h->matcher;
	return 0;
}

static int found_set(unsigned int id, unsigned long long from, unsigned long long to,
		     unsigned int flags, void *found)
{
	((bool *)found)[id] = true;
	return 0;
}

static int hyperscan_match(struct matcher *matcher, const uint8_t *value, size_t bytes, bool *found,
			   struct table_error *error)
{
	struct hyperscan *h = (struct hyperscan *)(void *)matcher;
	const char *text = bytes > 0 ? (const char *)value : "";

	memset(found, 0, matcher->count * sizeof(*found));
	if (hs_scan(h->database, text, (unsigned int)bytes, 0, h->scratch, found_set, found) !=
	    HS_SUCCESS)
		return table_fail(error, -EIO, "Hyperscan failed");
	return 0;
}

const struct matcher_ops match_hyperscan = {
    .name = "hyperscan",
    .here = hyperscan_here,
    .create = hyperscan_create,
    .match = hyperscan_match,
    .destroy = hyperscan_destroy,
};
