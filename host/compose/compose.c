/* From text to plan: the steps in their order, and the life of a plan. */
#include "compose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ast.h"
#include "suggest.h"

const char *distribution_name(enum distribution distribution)
{
	static const char *const names[] = {
	    [DIST_ALL] = "all",
	    [DIST_EACH] = "each",
	    [DIST_KEY] = "key",
	    [DIST_BROADCAST] = "broadcast",
	};

	return names[distribution];
}

static int composition_unknown(const struct ast *ast, const struct script *script, const char *name)
{
	struct suggestion suggestion;
	const struct ast_definition *definition;

	script_error_nowhere(script, "no composition is named '%s'", name);
	suggestion_start(&suggestion, name, (uint32_t)strnlen(name, MR_NAME_BYTES_MAX));
	for (uint32_t i = 0; i < ast->definition_count; i++) {
		definition = &ast->definitions[i];
		if (definition->kind != DEFINITION_COMPOSITION)
			continue;
		suggestion_offer(&suggestion, script->text + definition->name.at,
				 definition->name.bytes);
	}
	return suggestion_hint(&suggestion, script, "name one that the text defines");
}

/* The composition named, or the last one; 0 or -EINVAL. */
static int composition_choose(const struct ast *ast, const struct script *script, const char *name,
			      uint32_t *composition)
{
	for (uint32_t i = ast->definition_count; i-- > 0;) {
		const struct ast_definition *definition = &ast->definitions[i];

		if (definition->kind != DEFINITION_COMPOSITION)
			continue;
		if (name == NULL || span_is(script, definition->name, name)) {
			*composition = i;
			return 0;
		}
	}
	if (name != NULL)
		return composition_unknown(ast, script, name);
	script_error_nowhere(script, "the text defines no composition");
	return script_hint(script, "add one: composition NAME { ... }");
}

int compose_plan(const char *file, const char *text, size_t bytes, const char *composition,
		 struct plan **plan, struct compose_error *error)
{
	static const char byte_order_mark[] = {'\xef', '\xbb', '\xbf'};
	struct script script = {.file = file, .error = error};
	struct ast ast = {0};
	uint32_t index = 0;
	int rc;

	*plan = NULL;
	if (bytes > MR_SOURCE_BYTES_MAX) {
		script_error_nowhere(&script, "the text has %zu bytes", bytes);
		return script_hint(&script, "at most %u are read", MR_SOURCE_BYTES_MAX);
	}
	if (bytes >= sizeof(byte_order_mark) &&
	    memcmp(text, byte_order_mark, sizeof(byte_order_mark)) == 0) {
		text += sizeof(byte_order_mark);
		bytes -= sizeof(byte_order_mark);
	}
	script.text = text;
	script.bytes = (uint32_t)bytes;
	rc = ast_parse(&ast, &script);
	rc = rc ?: ast_check(&ast, &script);
	rc = rc ?: composition_choose(&ast, &script, composition, &index);
	rc = rc ?: plan_expand(&ast, &script, index, plan);
	if (rc == -ENOMEM)
		script_error_nowhere(&script, "out of memory");
	ast_free(&ast);
	return rc;
}

void plan_free(struct plan **plan)
{
	if (*plan == NULL)
		return;
	for (uint32_t i = 0; i < (*plan)->function_count; i++)
		free((*plan)->functions[i].operator_text);
	free((*plan)->functions);
	free((*plan)->vertices);
	free((*plan)->edges);
	free(*plan);
	*plan = NULL;
}
