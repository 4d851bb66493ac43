/* Checks definitions: names resolve, every set is wired once, distributions agree. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ast.h"
#include "suggest.h"

/* --- Names ----------------------------------------------------------------------------------- */

static int unknown_callee(const struct ast *ast, const struct source *source, struct span name)
{
	struct suggestion suggestion;

	source_error(source, name.at, "'%.*s' is not defined", SPAN(source, name));
	suggestion_start(&suggestion, source->text + name.at, name.bytes);
	for (uint32_t i = 0; i < ast->definition_count; i++) {
		struct span known = ast->definitions[i].name;

		suggestion_offer(&suggestion, source->text + known.at, known.bytes);
	}
	return suggestion_hint(&suggestion, source,
			       "define it in this text: function NAME { ... }");
}

/* The input, or output, of a callee that a link names. */
static int port_find(const struct ast *ast, const struct source *source,
		     const struct ast_definition *callee, bool output, struct ast_link *link)
{
	const char *direction = output ? "output" : "input";
	struct suggestion suggestion;

	suggestion_start(&suggestion, source->text + link->name.at, link->name.bytes);
	for (uint32_t i = 0; i < callee->set_count; i++) {
		const struct ast_set *set = &ast->sets[callee->set_first + i];

		if (set->output != output)
			continue;
		link->port = set->port;
		if (span_equal(source, set->name, link->name))
			return 0;
		suggestion_offer(&suggestion, source->text + set->name.at, set->name.bytes);
	}
	source_error(source, link->name.at, "'%.*s' has no %s '%.*s'", SPAN(source, callee->name),
		     direction, SPAN(source, link->name));
	return suggestion_hint(&suggestion, source,
			       output ? "declare it there with 'out'"
				      : "declare it there with 'in'");
}

static int already(const struct source *source, struct span name, struct span first)
{
	source_error(source, name.at, "'%.*s' is already defined", SPAN(source, name));
	return source_hint(source, "it is defined in line %u; choose another name",
			   source_line(source, first.at));
}

/* --- Declared sets --------------------------------------------------------------------------- */

/* The inputs of a function are one name space, its outputs another; the sets of a composition are
 * all in one, since there a name is a set. */
static int sets_check(const struct ast *ast, const struct source *source,
		      const struct ast_definition *definition)
{
	const struct ast_set *sets = &ast->sets[definition->set_first];
	bool composition = definition->kind == DEFINITION_COMPOSITION;
	const char *missing = definition->in_count == 0 ? "in" : "out";

	for (uint32_t i = 0; i < definition->set_count; i++)
		for (uint32_t j = 0; j < i; j++)
			if ((composition || sets[i].output == sets[j].output) &&
			    span_equal(source, sets[i].name, sets[j].name))
				return already(source, sets[i].name, sets[j].name);
	if (definition->in_count > 0 && definition->out_count > 0)
		return 0;
	source_error(source, definition->name.at, "'%.*s' has no %sput",
		     SPAN(source, definition->name), missing);
	return source_hint(source, "declare a set with '%s NAME'", missing);
}

/* --- Wires: the sets inside a composition ---------------------------------------------------- */

static uint32_t wire_find(const struct ast *ast, const struct source *source,
			  const struct ast_definition *composition, struct span name)
{
	for (uint32_t i = 0; i < composition->wire_count; i++)
		if (span_equal(source, ast->wires[composition->wire_first + i].name, name))
			return i;
	return AST_NONE;
}

static struct ast_wire *wire_add(struct ast *ast, struct ast_definition *composition,
				 struct span name)
{
	struct ast_wire *wire = ARRAY_ADD(ast->wires, ast->wire_count);

	if (wire == NULL)
		return NULL;
	composition->wire_count++;
	wire->name = name;
	wire->producer = AST_NONE;
	return wire;
}

static int wires_declare(struct ast *ast, struct ast_definition *composition)
{
	composition->wire_first = ast->wire_count;
	for (uint32_t i = 0; i < composition->set_count; i++) {
		const struct ast_set *set = &ast->sets[composition->set_first + i];
		struct ast_wire *wire = wire_add(ast, composition, set->name);

		if (wire == NULL)
			return -ENOMEM;
		wire->input = !set->output;
		wire->used = set->output; /* by the sink */
	}
	return 0;
}

/* The same set of a callee named twice by one call. */
static int links_check_twice(const struct ast *ast, const struct source *source, uint32_t first,
			     uint32_t link)
{
	const struct ast_link *links = ast->links;

	for (uint32_t i = first; i < link; i++)
		if (links[i].port == links[link].port)
			return source_error(source, links[link].name.at,
					    "'%.*s' is named twice in this call",
					    SPAN(source, links[link].name));
	return 0;
}

static int result_resolve(struct ast *ast, const struct source *source,
			  struct ast_definition *composition, uint32_t call_index, uint32_t index)
{
	const struct ast_call *call = &ast->calls[call_index];
	struct ast_link *link = &ast->links[index];
	struct ast_wire *wire;
	int rc;

	rc = port_find(ast, source, &ast->definitions[call->definition], true, link)
		 ?: links_check_twice(ast, source, call->out_first, index);
	if (rc < 0)
		return rc;
	link->wire = wire_find(ast, source, composition, link->set);
	if (link->wire == AST_NONE) {
		link->wire = composition->wire_count;
		if (wire_add(ast, composition, link->set) == NULL)
			return -ENOMEM;
	}
	wire = &ast->wires[composition->wire_first + link->wire];
	if (wire->input) {
		source_error(source, link->set.at, "'%.*s' is an input of '%.*s'",
			     SPAN(source, link->set), SPAN(source, composition->name));
		return source_hint(source, "give what the call produces another name");
	}
	if (wire->producer != AST_NONE) {
		const struct ast_call *other = &ast->calls[wire->producer];

		source_error(source, link->set.at, "'%.*s' is produced twice",
			     SPAN(source, link->set));
		return source_hint(source, "'%.*s' in line %u produces it; choose another name",
				   SPAN(source, other->label),
				   source_line(source, other->callee.at));
	}
	wire->producer = call_index;
	return 0;
}

/* A function's argument has a distribution; a composition's has not: its own calls say it. */
static int argument_check_distribution(const struct source *source,
				       const struct ast_definition *callee,
				       const struct ast_link *link)
{
	bool given = link->distribution.bytes > 0;

	if (given == (callee->kind == DEFINITION_FUNCTION))
		return 0;
	if (given) {
		source_error(source, link->distribution.at,
			     "a distribution at the call of the composition '%.*s'",
			     SPAN(source, callee->name));
		return source_hint(source, "leave '%.*s' out: the calls inside '%.*s' have theirs",
				   SPAN(source, link->distribution), SPAN(source, callee->name));
	}
	source_error(source, link->set.at, "how is '%.*s' distributed to the input '%.*s'?",
		     SPAN(source, link->set), SPAN(source, link->name));
	return source_hint(source, "write all, each, key or broadcast before '%.*s'",
			   SPAN(source, link->set));
}

static int argument_resolve(const struct ast *ast, const struct source *source,
			    const struct ast_definition *composition, const struct ast_call *call,
			    uint32_t index)
{
	const struct ast_definition *callee = &ast->definitions[call->definition];
	struct ast_link *link = &ast->links[index];
	struct suggestion suggestion;
	int rc;

	rc = port_find(ast, source, callee, false, link) ?:
		     links_check_twice(ast, source, call->in_first, index) ?:
		     argument_check_distribution(source, callee, link);
	if (rc < 0)
		return rc;
	link->wire = wire_find(ast, source, composition, link->set);
	if (link->wire != AST_NONE) {
		ast->wires[composition->wire_first + link->wire].used = true;
		return 0;
	}
	source_error(source, link->set.at, "nothing produces the set '%.*s'",
		     SPAN(source, link->set));
	suggestion_start(&suggestion, source->text + link->set.at, link->set.bytes);
	for (uint32_t i = 0; i < composition->wire_count; i++) {
		struct span known = ast->wires[composition->wire_first + i].name;

		suggestion_offer(&suggestion, source->text + known.at, known.bytes);
	}
	return suggestion_hint(&suggestion, source,
			       "declare it with 'in', or name it among the outputs of a call");
}

/* Every set has a producer and a use. */
static int wires_check(const struct ast *ast, const struct source *source,
		       const struct ast_definition *composition)
{
	for (uint32_t i = 0; i < composition->wire_count; i++) {
		const struct ast_wire *wire = &ast->wires[composition->wire_first + i];

		if (!wire->input && wire->producer == AST_NONE) {
			source_error(source, wire->name.at, "nothing produces the output '%.*s'",
				     SPAN(source, wire->name));
			return source_hint(source, "name it among the outputs of a call: -> (%.*s)",
					   SPAN(source, wire->name));
		}
		if (wire->used)
			continue;
		source_error(source, wire->name.at, "nothing uses the set '%.*s'",
			     SPAN(source, wire->name));
		if (wire->input)
			return source_hint(source, "give it to a call, or remove it");
		return source_hint(source,
				   "declare it with 'out', give it to a call, or leave it out");
	}
	return 0;
}

/* --- Calls ----------------------------------------------------------------------------------- */

static int call_check_inputs(const struct ast *ast, const struct source *source,
			     const struct ast_call *call)
{
	const struct ast_definition *callee = &ast->definitions[call->definition];
	bool given[MR_SETS_MAX] = {false};

	for (uint32_t i = 0; i < call->in_count; i++)
		given[ast->links[call->in_first + i].port] = true;
	for (uint32_t port = 0; port < callee->in_count; port++) {
		const struct ast_set *set = ast_set_at(ast, callee, false, port);

		if (given[port] || set->optional)
			continue;
		source_error(source, call->callee.at, "'%.*s' is called without its input '%.*s'",
			     SPAN(source, callee->name), SPAN(source, set->name));
		return source_hint(source, "add '%.*s = %sSET', or declare the input 'optional'",
				   SPAN(source, set->name),
				   callee->kind == DEFINITION_FUNCTION ? "DISTRIBUTION " : "");
	}
	if (call->in_count == 0) {
		source_error(source, call->callee.at, "'%.*s' is called without any input",
			     SPAN(source, callee->name));
		return source_hint(source, "give it at least one: an input is what starts it");
	}
	if (call->out_count == 0) {
		source_error(source, call->callee.at, "no output of '%.*s' is named",
			     SPAN(source, callee->name));
		return source_hint(source, "add '-> (NAME)', or remove the call");
	}
	return 0;
}

static int distributions_clash(const struct source *source, const struct ast_call *call,
			       const struct ast_link *first, const struct ast_link *other)
{
	if (first->kind == DIST_EACH && other->kind == DIST_EACH) {
		source_error(source, other->distribution.at, "'%.*s' has two 'each' inputs",
			     SPAN(source, call->callee));
		return source_hint(source,
				   "one item starts an invocation: make one of '%.*s' and "
				   "'%.*s' broadcast",
				   SPAN(source, first->name), SPAN(source, other->name));
	}
	source_error(source, other->distribution.at, "'%.*s' has inputs of '%s' and of '%s'",
		     SPAN(source, call->callee), distribution_name(first->kind),
		     distribution_name(other->kind));
	if (first->kind == DIST_ALL || other->kind == DIST_ALL)
		return source_hint(source, "beside 'all' only 'all' may stand; for everything in "
					   "each invocation write 'broadcast'");
	return source_hint(source, "beside 'each' and beside 'key' other sets are 'broadcast'");
}

/* What its distributions say about how often a function runs must agree. */
static int call_check_distributions(const struct ast *ast, const struct source *source,
				    const struct ast_call *call)
{
	const struct ast_link *links = &ast->links[call->in_first];
	const struct ast_link *first = NULL; /* that is not broadcast */
	bool all = false;

	for (uint32_t i = 0; i < call->in_count; i++)
		if (first == NULL && links[i].kind != DIST_BROADCAST)
			first = &links[i];
	if (first == NULL) {
		source_error(source, links[0].distribution.at,
			     "all inputs of '%.*s' are 'broadcast'", SPAN(source, call->callee));
		return source_hint(source, "for one invocation with everything write 'all'");
	}
	for (uint32_t i = 0; i < call->in_count; i++) {
		const struct ast_link *link = &links[i];

		all = link->kind == DIST_ALL || first->kind == DIST_ALL;
		if (link == first || (link->kind == DIST_BROADCAST && !all))
			continue;
		if (link->kind != first->kind || link->kind == DIST_EACH)
			return distributions_clash(source, call, first, link);
	}
	return 0;
}

/* A label names a vertex. Unlabelled calls of one callee are numbered. */
static int call_check_label(const struct ast *ast, const struct source *source,
			    const struct ast_definition *composition, struct ast_call *call)
{
	call->ordinal = 1;
	for (struct ast_call *other = &ast->calls[composition->call_first]; other < call; other++) {
		if (!span_equal(source, other->label, call->label))
			continue;
		if (!other->labelled && !call->labelled) {
			call->ordinal++;
			continue;
		}
		source_error(source, call->label.at, "two calls are labelled '%.*s'",
			     SPAN(source, call->label));
		return source_hint(source, "the other is in line %u; choose another label",
				   source_line(source, other->callee.at));
	}
	return 0;
}

static int calls_resolve(struct ast *ast, const struct source *source,
			 struct ast_definition *composition)
{
	uint32_t end = composition->call_first + composition->call_count;
	int rc = 0;

	for (uint32_t i = composition->call_first; i < end; i++) {
		struct ast_call *call = &ast->calls[i];

		call->definition = ast_find_definition(ast, source, call->callee);
		if (call->definition == AST_NONE)
			return unknown_callee(ast, source, call->callee);
		for (uint32_t j = 0; rc == 0 && j < call->out_count; j++)
			rc = result_resolve(ast, source, composition, i, call->out_first + j);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int composition_check(struct ast *ast, const struct source *source,
			     struct ast_definition *composition)
{
	int rc;

	rc = wires_declare(ast, composition) ?: calls_resolve(ast, source, composition);
	for (uint32_t i = 0; rc == 0 && i < composition->call_count; i++) {
		struct ast_call *call = &ast->calls[composition->call_first + i];

		for (uint32_t j = 0; rc == 0 && j < call->in_count; j++)
			rc = argument_resolve(ast, source, composition, call, call->in_first + j);
		rc = rc ?: call_check_inputs(ast, source, call) ?:
		     call_check_label(ast, source, composition, call);
		if (rc == 0 && ast->definitions[call->definition].kind == DEFINITION_FUNCTION)
			rc = call_check_distributions(ast, source, call);
	}
	return rc ?: wires_check(ast, source, composition) ?:
	       ast_order_calls(ast, source, composition);
}

int ast_check(struct ast *ast, const struct source *source)
{
	int rc = 0;

	ast->order = calloc(ast->call_count + 1, sizeof(*ast->order));
	if (ast->order == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; rc == 0 && i < ast->definition_count; i++) {
		struct ast_definition *definition = &ast->definitions[i];
		uint32_t first = ast_find_definition(ast, source, definition->name);

		if (first != i)
			return already(source, definition->name, ast->definitions[first].name);
		rc = sets_check(ast, source, definition);
		if (rc == 0 && definition->kind == DEFINITION_COMPOSITION)
			rc = composition_check(ast, source, definition);
	}
	return rc ?: ast_check_nesting(ast, source);
}
