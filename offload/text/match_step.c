/* `match`. */
#include <errno.h>
#include <stdlib.h>

#include "match.h"
#include "text_step.h"

struct match_step {
	struct text_step text;
	struct matcher *matcher;
	bool *found;
};

static int match_make(struct text_step *step, const struct table_value *value, uint64_t more,
		      uint64_t row, struct table_error *error)
{
	struct match_step *s = (struct match_step *)(void *)step;
	struct table_error inner;
	int rc = match_value(s->matcher, value->bytes, value->count, s->found, &inner);

	if (rc < 0)
		return operator_fail(step->step.bound, row, error, rc, "%.400s", inner.text);
	for (uint32_t i = 0; i < step->made_count && rc == 0; i++)
		rc = text_put(step, i, &s->found[i], sizeof(s->found[i]), row, error);
	return rc;
}

static void match_close(struct text_step *step)
{
	struct match_step *s = (struct match_step *)(void *)step;

	matcher_destroy(&s->matcher);
	free(s->found);
	free(s);
}

static const struct text_step_ops ops = {match_make, match_close};

static int patterns_compile(struct match_step *s, const struct operator_bound *bound,
			    struct table_error *error)
{
	const struct operator_text_list *list = bound->detail;
	bool utf8 = list->text.input->fields[list->text.column].kind.type == TABLE_UTF8;
	struct match_pattern *patterns = calloc(list->count, sizeof(*patterns));
	struct table_error inner;
	int rc;

	s->found = calloc(list->count, sizeof(*s->found));
	if (patterns == NULL || s->found == NULL) {
		free(patterns);
		return operator_fail(bound, UINT64_MAX, error, -ENOMEM, "no memory");
	}
	for (uint32_t i = 0; i < list->count; i++)
		patterns[i] = (struct match_pattern){list->items[i].text, list->items[i].bytes};
	rc = matcher_create(patterns, list->count, utf8, &s->matcher, &inner);
	free(patterns);
	return rc < 0 ? operator_fail(bound, UINT64_MAX, error, rc, "%.400s", inner.text) : 0;
}

int text_match_open(const struct operator_bound *bound, const struct operator_context *context,
		    struct operator_step **step, struct table_error *error)
{
	const struct operator_text_list *list = bound->detail;
	struct match_step *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return operator_fail(bound, UINT64_MAX, error, -ENOMEM, "no memory");
	rc = patterns_compile(s, bound, error);
	if (rc < 0) {
		match_close(&s->text);
		return rc;
	}
	s->text.ops = &ops;
	s->text.made_count = list->count;
	return text_step_open(&s->text, bound, context, step, error);
}
