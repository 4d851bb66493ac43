/* `json`. */
#include <errno.h>
#include <stdlib.h>

#include "json.h"
#include "text_step.h"

struct json_step {
	struct text_step text;
	const struct operator_text_list *list;
	struct json_field *fields;
	struct json_path **paths;
	struct json_result *results;
	struct json_extractor *extractor;
};

static int json_make(struct text_step *step, const struct table_value *value, uint64_t more,
		     uint64_t row, struct table_error *error)
{
	struct json_step *s = (struct json_step *)(void *)step;
	struct table_error inner;
	int rc = json_extract(s->extractor, value->bytes, value->count, more, s->results, &inner);

	if (rc == -EINVAL && s->list->skips)
		return 1;
	if (rc < 0)
		return operator_fail(step->step.bound, row, error, rc, "%.400s", inner.text);
	for (uint32_t i = 0; i < step->made_count && rc == 0; i++) {
		const struct json_result *result = &s->results[i];
		bool text = table_type_is_text(s->fields[i].kind.type);
		const void *from = text ? (const void *)result->bytes : result->fixed;

		rc = text_put(step, i, result->null ? NULL : from, text ? result->count : 0, row,
			      error);
	}
	return rc;
}

static void json_close(struct text_step *step)
{
	struct json_step *s = (struct json_step *)(void *)step;

	json_extractor_destroy(&s->extractor);
	for (uint32_t i = 0; s->paths != NULL && i < s->list->count; i++)
		json_path_free(&s->paths[i]);
	free(s->paths);
	free(s->fields);
	free(s->results);
	free(s);
}

static const struct text_step_ops ops = {json_make, json_close};

static int paths_parse(struct json_step *s, const struct operator_bound *bound,
		       struct table_error *error)
{
	struct table_error inner;

	for (uint32_t i = 0; i < s->list->count; i++) {
		const struct operator_text_item *item = &s->list->items[i];
		int rc = json_path_parse(item->text, item->bytes, &s->paths[i], &inner);

		if (rc < 0)
			return operator_fail(bound, UINT64_MAX, error, rc, "%.400s", inner.text);
		s->fields[i] = (struct json_field){s->paths[i], item->kind};
	}
	return 0;
}

static int extractor_open(struct json_step *s, const struct operator_bound *bound,
			  struct table_error *error)
{
	int rc;

	s->paths = calloc(s->list->count, sizeof(*s->paths));
	s->fields = calloc(s->list->count, sizeof(*s->fields));
	s->results = aligned_alloc(16, s->list->count * sizeof(*s->results));
	if (s->paths == NULL || s->fields == NULL || s->results == NULL)
		return operator_fail(bound, UINT64_MAX, error, -ENOMEM, "no memory");
	rc = paths_parse(s, bound, error);
	if (rc < 0)
		return rc;
	if (json_extractor_create(s->fields, s->list->count, &s->extractor) < 0)
		return operator_fail(bound, UINT64_MAX, error, -ENOMEM, "no memory");
	return 0;
}

int text_json_open(const struct operator_bound *bound, const struct operator_context *context,
		   struct operator_step **step, struct table_error *error)
{
	struct json_step *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return operator_fail(bound, UINT64_MAX, error, -ENOMEM, "no memory");
	s->list = bound->detail;
	rc = extractor_open(s, bound, error);
	if (rc < 0) {
		json_close(&s->text);
		return rc;
	}
	s->text.ops = &ops;
	s->text.made_count = s->list->count;
	s->text.drops = true;
	return text_step_open(&s->text, bound, context, step, error);
}
