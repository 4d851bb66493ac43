/* Steps from text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operator_kinds.h"

static int kind_unknown(const struct expression_lexer *lexer, struct table_error *error)
{
	char names[512];
	size_t used = 0;

	if (lexer->token != TOKEN_NAME)
		return lexer_unexpected(lexer, "the name of an operator", error);
	names[0] = '\0';
	for (uint32_t i = 0; i < operator_kind_count && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
					 i > 0 ? ", " : "", operator_kinds[i]->name);
	return expression_fail(&lexer->source, lexer->place, error, -EINVAL,
			       "there is no operator %.40s: there are %s", lexer->text, names);
}

static const struct operator_kind *kind_find(const struct expression_lexer *lexer)
{
	for (uint32_t i = 0; i < operator_kind_count; i++)
		if (lexer_is_word(lexer, operator_kinds[i]->name))
			return operator_kinds[i];
	return NULL;
}

static int spec_add(struct operator_list *list, const struct operator_kind *kind,
		    const struct expression_lexer *lexer, struct table_error *error)
{
	struct operator_spec *specs, *spec;

	if (list->count == MR_OPERATOR_STEPS_MAX)
		return expression_fail(&lexer->source, lexer->place, error, -E2BIG,
				       "there are more than %u steps", MR_OPERATOR_STEPS_MAX);
	specs = realloc(list->specs, (list->count + 1u) * sizeof(*specs));
	if (specs == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	list->specs = specs;
	spec = &specs[list->count];
	*spec = (struct operator_spec){.kind = kind,
				       .source = &list->source,
				       .place = lexer->place,
				       .number = list->count + 1,
				       .detail = calloc(1, kind->detail_bytes)};
	if (spec->detail == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	list->count++;
	return 0;
}

static int step_parse(struct operator_list *list, struct expression_lexer *lexer,
		      struct table_error *error)
{
	const struct operator_kind *kind = kind_find(lexer);
	struct table_error inner;
	int rc;

	if (kind == NULL)
		return kind_unknown(lexer, error);
	rc = spec_add(list, kind, lexer, error);
	if (rc == 0)
		rc = lexer_next(lexer, error);
	if (rc == 0)
		rc = kind->parse(lexer, list->specs[list->count - 1].detail, error);
	if (rc == 0 && !lexer_is_end(lexer))
		rc = lexer_unexpected(lexer, "the end of the step", error);
	if (rc != -EINVAL)
		return rc;
	inner = *error;
	return table_fail(error, rc, "%.800s\n  such as: %.100s", inner.text, kind->example);
}

int operator_parse(const char *text, const char *name, struct operator_list *list,
		   struct table_error *error)
{
	struct expression_lexer lexer;
	int rc;

	*list = (struct operator_list){.text = strdup(text),
				       .name = name != NULL ? strdup(name) : NULL};
	if (list->text == NULL || (name != NULL && list->name == NULL))
		return table_fail(error, -ENOMEM, "no memory");
	list->source = (struct expression_source){list->name, list->text, strlen(list->text)};
	rc = lexer_open(&lexer, &list->source, error);
	while (rc == 0 && lexer.token != TOKEN_END)
		rc = lexer.token == TOKEN_BREAK ? lexer_next(&lexer, error)
						: step_parse(list, &lexer, error);
	if (rc == 0 && list->count == 0)
		rc = table_fail(error, -EINVAL, "there is no step: write one, such as: %s",
				operator_kinds[0]->example);
	lexer_close(&lexer);
	return rc;
}

void operator_list_free(struct operator_list *list)
{
	for (uint32_t i = 0; i < list->count; i++) {
		list->specs[i].kind->free(list->specs[i].detail);
		free(list->specs[i].detail);
	}
	free(list->specs);
	free(list->text);
	free(list->name);
	*list = (struct operator_list){0};
}
