/* The arrays of the parsed text, and looking things up in them. */
#include <stdlib.h>

#include "ast.h"

/* Arrays have a power of two of elements, at least this many, so that no capacity is kept. */
#define ARRAY_COUNT_MIN 8u

void *ast_grow(void *array, uint32_t count, size_t element_bytes)
{
	if (count == 0)
		return reallocarray(array, ARRAY_COUNT_MIN, element_bytes);
	if (count < ARRAY_COUNT_MIN || (count & (count - 1)) != 0)
		return array;
	return reallocarray(array, 2 * (size_t)count, element_bytes);
}

void ast_free(struct ast *ast)
{
	free(ast->definitions);
	free(ast->sets);
	free(ast->states);
	free(ast->calls);
	free(ast->links);
	free(ast->keys);
	free(ast->wires);
	free(ast->order);
	*ast = (struct ast){0};
}

uint32_t ast_find_definition(const struct ast *ast, const struct script *script, struct span name)
{
	for (uint32_t i = 0; i < ast->definition_count; i++)
		if (span_equal(script, ast->definitions[i].name, name))
			return i;
	return AST_NONE;
}

const struct ast_set *ast_set_at(const struct ast *ast, const struct ast_definition *definition,
				 bool output, uint32_t port)
{
	const struct ast_set *set = &ast->sets[definition->set_first];

	while (set->output != output || set->port != port)
		set++;
	return set;
}
