/* Trees: made, copied, compared and freed. */
#include <stdlib.h>
#include <string.h>

#include "expression_tree.h"

struct expression *expression_copy(const struct expression *from)
{
	struct expression *to = malloc(sizeof(*to));

	if (to == NULL)
		return NULL;
	*to = *from;
	to->text = NULL;
	to->count = 0;
	if (from->text != NULL) {
		to->text = malloc(from->bytes + 1u);
		if (to->text == NULL)
			goto fail;
		memcpy(to->text, from->text, from->bytes + 1u);
	}
	for (; to->count < from->count; to->count++) {
		to->arguments[to->count] = expression_copy(from->arguments[to->count]);
		if (to->arguments[to->count] == NULL)
			goto fail;
	}
	return to;
fail:
	expression_free(&to);
	return NULL;
}

void expression_free(struct expression **expression)
{
	struct expression *e = *expression;

	*expression = NULL;
	if (e == NULL)
		return;
	for (uint32_t i = 0; i < e->count; i++)
		expression_free(&e->arguments[i]);
	free(e->text);
	free(e);
}

bool expression_equal(const struct expression *a, const struct expression *b)
{
	if (a->op != b->op || a->count != b->count || a->column != b->column ||
	    a->null != b->null || a->loose != b->loose || a->bytes != b->bytes ||
	    !table_kind_equal(&a->kind, &b->kind) ||
	    memcmp(a->fixed, b->fixed, sizeof(a->fixed)) != 0 ||
	    (a->bytes > 0 && memcmp(a->text, b->text, a->bytes) != 0))
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (!expression_equal(a->arguments[i], b->arguments[i]))
			return false;
	return true;
}

uint32_t expression_height(const struct expression *expression)
{
	uint32_t height = 0;

	for (uint32_t i = 0; i < expression->count; i++) {
		uint32_t other = expression_height(expression->arguments[i]);

		height = other > height ? other : height;
	}
	return height + 1;
}

uint32_t expression_nodes(const struct expression *expression)
{
	uint32_t nodes = 1;

	for (uint32_t i = 0; i < expression->count; i++)
		nodes += expression_nodes(expression->arguments[i]);
	return nodes;
}
