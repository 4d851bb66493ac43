/* Order: calls sorted by the data between them; no circles of data, none of compositions. */
#include <errno.h>
#include <stdio.h>

#include "ast.h"

/* --- A path, written for an error ------------------------------------------------------------ */

struct path {
	char text[512];
	size_t bytes;
};

static void path_append(struct path *path, const struct script *script, struct span name)
{
	size_t room = sizeof(path->text) - path->bytes;
	const char *arrow = path->bytes > 0 ? " -> " : "";

	/* What does not fit, with the dots after it, is left out. */
	if (room < sizeof(" -> ") + MR_NAME_BYTES_MAX + sizeof(" -> ...")) {
		if (path->text[path->bytes - 1] != '.')
			path->bytes += (size_t)sprintf(path->text + path->bytes, " -> ...");
		return;
	}
	path->bytes +=
	    (size_t)snprintf(path->text + path->bytes, room, "%s%.*s", arrow, SPAN(script, name));
}

/* --- Calls of one composition ---------------------------------------------------------------- */

/* A call that produces an input of this one and is not ordered yet; AST_NONE when there is none. */
static uint32_t call_awaits(const struct ast *ast, const struct ast_definition *composition,
			    const struct ast_call *call)
{
	for (uint32_t i = 0; i < call->in_count; i++) {
		uint32_t wire = ast->links[call->in_first + i].wire;
		uint32_t producer = ast->wires[composition->wire_first + wire].producer;

		if (producer != AST_NONE && !ast->calls[producer].ordered)
			return producer;
	}
	return AST_NONE;
}

/* From a call that waits, go to what it waits for until one comes again: that is on the circle. */
static int circle_refuse(const struct ast *ast, const struct script *script,
			 const struct ast_definition *composition, uint32_t waiting)
{
	uint32_t circle[MR_VERTICES_MAX + 1];
	struct path path = {0};
	uint32_t count = 0;

	for (uint32_t i = 0; i < composition->call_count; i++)
		waiting = call_awaits(ast, composition, &ast->calls[waiting]);
	do {
		circle[count++] = waiting;
		waiting = call_awaits(ast, composition, &ast->calls[waiting]);
	} while (waiting != circle[0]);
	/* Found against the flow of the data, shown along it. */
	path_append(&path, script, ast->calls[circle[0]].label);
	while (count > 0)
		path_append(&path, script, ast->calls[circle[--count]].label);
	script_error(script, ast->calls[circle[0]].callee.at, "data flows in a circle: %s",
		     path.text);
	return script_hint(script,
			   "a composition has no loops; give one call another input, or let it "
			   "come in the next epoch: state NAME = SET");
}

int ast_order_calls(struct ast *ast, const struct script *script,
		    struct ast_definition *composition)
{
	uint32_t *order = &ast->order[composition->call_first];
	uint32_t end = composition->call_first + composition->call_count;

	/* Next is the first in the text that may be: the order is the text's where it can be. */
	for (uint32_t count = 0; count < composition->call_count; count++) {
		uint32_t next = composition->call_first;

		while (next < end && (ast->calls[next].ordered ||
				      call_awaits(ast, composition, &ast->calls[next]) != AST_NONE))
			next++;
		if (next == end) {
			next = composition->call_first;
			while (ast->calls[next].ordered)
				next++;
			return circle_refuse(ast, script, composition, next);
		}
		ast->calls[next].ordered = true;
		order[count] = next;
	}
	return 0;
}

/* --- Compositions that call each other ------------------------------------------------------- */

static int nesting_refuse(const struct script *script, const struct ast_definition *definition,
			  const struct ast_call *call)
{
	script_error(script, call->callee.at, "compositions in '%.*s' are nested more than %u deep",
		     SPAN(script, definition->name), MR_NESTING_MAX);
	return script_hint(script, "call functions directly in some of them");
}

/* visiting is the path that led to the call; the circle is its end. */
static int recursion_refuse(const struct ast *ast, const struct script *script,
			    const uint32_t *visiting, uint32_t count, uint32_t again,
			    const struct ast_call *call)
{
	struct path path = {0};
	uint32_t first = 0;

	while (visiting[first] != again)
		first++;
	for (; first < count; first++)
		path_append(&path, script, ast->definitions[visiting[first]].name);
	path_append(&path, script, ast->definitions[again].name);
	script_error(script, call->callee.at, "a composition calls itself: %s", path.text);
	return script_hint(script, "compositions cannot recurse");
}

/* Depth first. The path is an array, for it may be as long as the text has compositions. */
static int nesting_search(struct ast *ast, const struct script *script, uint32_t start)
{
	uint32_t path[MR_DEFINITIONS_MAX]; /* definitions */
	uint32_t next[MR_DEFINITIONS_MAX]; /* the call of each to look at next */
	uint32_t depth = 1;

	path[0] = start;
	next[0] = 0;
	while (depth > 0) {
		struct ast_definition *definition = &ast->definitions[path[depth - 1]];
		struct ast_definition *callee;
		struct ast_call *call;

		definition->visiting = true;
		definition->height = definition->height ?: 1;
		if (next[depth - 1] == definition->call_count) {
			definition->visiting = false;
			depth--;
			continue;
		}
		call = &ast->calls[definition->call_first + next[depth - 1]];
		callee = &ast->definitions[call->definition];
		if (callee->visiting)
			return recursion_refuse(ast, script, path, depth, call->definition, call);
		if (callee->kind == DEFINITION_COMPOSITION && callee->height == 0) {
			path[depth] = call->definition;
			next[depth++] = 0;
			continue;
		}
		next[depth - 1]++;
		if (callee->height >= definition->height)
			definition->height = callee->height + 1;
		if (definition->height > MR_NESTING_MAX)
			return nesting_refuse(script, definition, call);
	}
	return 0;
}

int ast_check_nesting(struct ast *ast, const struct script *script)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < ast->definition_count; i++)
		if (ast->definitions[i].kind == DEFINITION_COMPOSITION &&
		    ast->definitions[i].height == 0)
			rc = nesting_search(ast, script, i);
	return rc;
}
