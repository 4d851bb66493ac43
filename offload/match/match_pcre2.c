/* Pattern by pattern, by PCRE2: for machines without SSSE3, and what Hyperscan is tested against.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include <errno.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "match_ways.h"

struct pcre2 {
	struct matcher matcher;
	pcre2_match_data *data;
	pcre2_code *codes[];
};

static bool pcre2_here(void)
{
	return true;
}

static void pcre2_destroy(struct matcher *matcher)
{
	struct pcre2 *p = (struct pcre2 *)(void *)matcher;

	for (uint32_t i = 0; i < matcher->count; i++)
		pcre2_code_free(p->codes[i]);
	pcre2_match_data_free(p->data);
	free(p);
}

static int code_make(const struct match_pattern *pattern, bool utf8, pcre2_code **code,
		     struct table_error *error)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	uint32_t options = PCRE2_NEVER_BACKSLASH_C | (utf8 ? PCRE2_UTF | PCRE2_NO_UTF_CHECK : 0);
	uint8_t message[128];
	size_t place;
	int number = 0;

	if (context == NULL)
		return table_fail(error, -ENOMEM, "no memory for the patterns");
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	*code = pcre2_compile((PCRE2_SPTR)pattern->text, pattern->bytes, options, &number, &place,
			      context);
	pcre2_compile_context_free(context);
	if (*code != NULL) {
		pcre2_jit_compile(*code, PCRE2_JIT_COMPLETE); /* without it is only slower */
		return 0;
	}
	pcre2_get_error_message(number, message, sizeof(message));
	return table_fail(error, -EINVAL, "pattern '%.*s', character %zu: %s", (int)pattern->bytes,
			  pattern->text, place + 1, (char *)message);
}

static int pcre2_create(const struct match_pattern *patterns, uint32_t count, bool utf8,
			struct matcher **matcher, struct table_error *error)
{
	struct pcre2 *p = calloc(1, sizeof(*p) + count * sizeof(p->codes[0]));
	int rc = 0;

	if (p == NULL)
		return table_fail(error, -ENOMEM, "no memory for the patterns");
	p->matcher = (struct matcher){&match_pcre2, count};
	p->data = pcre2_match_data_create(1, NULL);
	if (p->data == NULL)
		rc = table_fail(error, -ENOMEM, "no memory for the patterns");
	for (uint32_t i = 0; i < count && rc == 0; i++)
		rc = code_make(&patterns[i], utf8, &p->codes[i], error);
	if (rc < 0) {
		pcre2_destroy(&p->matcher);
		return rc;
	}
	*matcher = &p->matcher;
	return 0;
}

static int pcre2_match_all(struct matcher *matcher, const uint8_t *value, size_t bytes, bool *found,
			   struct table_error *error)
{
	struct pcre2 *p = (struct pcre2 *)(void *)matcher;
	PCRE2_SPTR text = bytes > 0 ? value : (PCRE2_SPTR) "";

	for (uint32_t i = 0; i < matcher->count; i++) {
		int rc =
		    pcre2_match(p->codes[i], text, bytes, 0, PCRE2_NO_UTF_CHECK, p->data, NULL);

		found[i] = rc >= 0;
		if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
			return table_fail(error, -E2BIG,
					  "pattern %u takes too long: write it with fewer nested "
					  "repetitions",
					  i + 1);
	}
	return 0;
}

const struct matcher_ops match_pcre2 = {
    .name = "pcre2",
    .here = pcre2_here,
    .create = pcre2_create,
    .match = pcre2_match_all,
    .destroy = pcre2_destroy,
};
