/* Checks definitions: names resolve, every set is wired once, distributions agree. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ast.h"
#include "suggest.h"

/* --- Names ----------------------------------------------------------------------------------- */

static int unknown_callee(const struct ast *ast, const struct script *script, struct span name)
{
	struct suggestion suggestion;

	script_error(script, name.at, "'%.*s' is not defined", SPAN(script, name));
	suggestion_start(&suggestion, script->text + name.at, name.bytes);
	for (uint32_t i = 0; i < ast->definition_count; i++) {
		struct span known = ast->definitions[i].name;

		suggestion_offer(&suggestion, script->text + known.at, known.bytes);
	}
	return suggestion_hint(&suggestion, script,
			       "define it in this text: function NAME { ... }");
}

static int repeated_callee(const struct script *script, struct span name)
{
	script_error(script, name.at, "'%.*s' repeats for epochs, and is not called by others",
		     SPAN(script, name));
	return script_hint(script, "give 'epochs' and 'state' to the composition that is run");
}

/* The input, or output, of a callee that a link names. */
static int port_find(const struct ast *ast, const struct script *script,
		     const struct ast_definition *callee, bool output, struct ast_link *link)
{
	const char *direction = output ? "output" : "input";
	struct suggestion suggestion;

	suggestion_start(&suggestion, script->text + link->name.at, link->name.bytes);
	for (uint32_t i = 0; i < callee->set_count; i++) {
		const struct ast_set *set = &ast->sets[callee->set_first + i];

		if (set->output != output)
			continue;
		link->port = set->port;
		if (span_equal(script, set->name, link->name))
			return 0;
		suggestion_offer(&suggestion, script->text + set->name.at, set->name.bytes);
	}
	script_error(script, link->name.at, "'%.*s' has no %s '%.*s'", SPAN(script, callee->name),
		     direction, SPAN(script, link->name));
	return suggestion_hint(&suggestion, script,
			       output ? "declare it there with 'out'"
				      : "declare it there with 'in'");
}

int ast_refuse_twice(const struct script *script, struct span name, struct span first)
{
	script_error(script, name.at, "'%.*s' is already defined", SPAN(script, name));
	return script_hint(script, "it is defined in line %u; choose another name",
			   script_line(script, first.at));
}

/* --- Declared sets --------------------------------------------------------------------------- */

/* The inputs of a function are one name space, its outputs another; the sets of a composition are
 * all in one, since there a name is a set. */
static int sets_check(const struct ast *ast, const struct script *script,
		      const struct ast_definition *definition)
{
	bool composition = definition->kind == DEFINITION_COMPOSITION;
	const char *missing = definition->in_count == 0 ? "in" : "out";
	const struct ast_set *sets;

	if (definition->in_count == 0 || definition->out_count == 0) {
		script_error(script, definition->name.at, "'%.*s' has no %sput",
			     SPAN(script, definition->name), missing);
		return script_hint(script, "declare a set with '%s NAME'", missing);
	}
	if (definition->is_operator && definition->out_count > 1) {
		script_error(script, definition->name.at, "the operator '%.*s' has %u outputs",
			     SPAN(script, definition->name), definition->out_count);
		return script_hint(script, "an operator makes one table; call one for each");
	}
	if (definition->is_operator && definition->steps_given.bytes == 0) {
		script_error(script, definition->name.at, "the operator '%.*s' has no steps",
			     SPAN(script, definition->name));
		return script_hint(script, "say what it does: steps { select price > 3 }");
	}
	sets = &ast->sets[definition->set_first];
	for (uint32_t i = 0; i < definition->set_count; i++)
		for (uint32_t j = 0; j < i; j++)
			if ((composition || sets[i].output == sets[j].output) &&
			    span_equal(script, sets[i].name, sets[j].name))
				return ast_refuse_twice(script, sets[i].name, sets[j].name);
	return 0;
}

/* --- Wires: the sets inside a composition ---------------------------------------------------- */

uint32_t ast_find_wire(const struct ast *ast, const struct script *script,
		       const struct ast_definition *composition, struct span name)
{
	for (uint32_t i = 0; i < composition->wire_count; i++)
		if (span_equal(script, ast->wires[composition->wire_first + i].name, name))
			return i;
	return AST_NONE;
}

struct ast_wire *ast_add_wire(struct ast *ast, struct ast_definition *composition, struct span name)
{
	struct ast_wire *wire = AST_ADD(ast->wires, ast->wire_count);

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
		struct ast_wire *wire = ast_add_wire(ast, composition, set->name);

		if (wire == NULL)
			return -ENOMEM;
		wire->input = !set->output;
		wire->used = set->output; /* by the sink */
	}
	return 0;
}

/* The same set of a callee named twice by one call. */
static int links_check_twice(const struct ast *ast, const struct script *script, uint32_t first,
			     uint32_t link)
{
	const struct ast_link *links = ast->links;

	for (uint32_t i = first; i < link; i++)
		if (links[i].port == links[link].port)
			return script_error(script, links[link].name.at,
					    "'%.*s' is named twice in this call",
					    SPAN(script, links[link].name));
	return 0;
}

static int result_resolve(struct ast *ast, const struct script *script,
			  struct ast_definition *composition, uint32_t call_index, uint32_t index)
{
	const struct ast_call *call = &ast->calls[call_index];
	struct ast_link *link = &ast->links[index];
	struct ast_wire *wire;
	int rc;

	rc = port_find(ast, script, &ast->definitions[call->definition], true, link);
	rc = rc ?: links_check_twice(ast, script, call->out_first, index);
	if (rc < 0)
		return rc;
	link->wire = ast_find_wire(ast, script, composition, link->set);
	if (link->wire == AST_NONE) {
		link->wire = composition->wire_count;
		if (ast_add_wire(ast, composition, link->set) == NULL)
			return -ENOMEM;
	}
	wire = &ast->wires[composition->wire_first + link->wire];
	if (wire->input) {
		script_error(script, link->set.at, "'%.*s' is %s of '%.*s'",
			     SPAN(script, link->set), wire->state ? "a state" : "an input",
			     SPAN(script, composition->name));
		return script_hint(script, "give what the call produces another name");
	}
	if (wire->producer != AST_NONE) {
		const struct ast_call *other = &ast->calls[wire->producer];

		script_error(script, link->set.at, "'%.*s' is produced twice",
			     SPAN(script, link->set));
		return script_hint(script, "'%.*s' in line %u produces it; choose another name",
				   SPAN(script, other->label),
				   script_line(script, other->callee.at));
	}
	wire->producer = call_index;
	return 0;
}

/* A function's argument has a distribution; a composition's has not: its own calls say it. */
static int argument_check_distribution(const struct script *script,
				       const struct ast_definition *callee,
				       const struct ast_link *link)
{
	bool given = link->distribution.bytes > 0;

	if (given == (callee->kind == DEFINITION_FUNCTION))
		return 0;
	if (given) {
		script_error(script, link->distribution.at,
			     "a distribution at the call of the composition '%.*s'",
			     SPAN(script, callee->name));
		return script_hint(script, "leave '%.*s' out: the calls inside '%.*s' have theirs",
				   SPAN(script, link->distribution), SPAN(script, callee->name));
	}
	script_error(script, link->set.at, "how is '%.*s' distributed to the input '%.*s'?",
		     SPAN(script, link->set), SPAN(script, link->name));
	return script_hint(script, "write all, each, key or broadcast before '%.*s'",
			   SPAN(script, link->set));
}

int ast_refuse_unproduced(const struct ast *ast, const struct script *script,
			  const struct ast_definition *composition, struct span name)
{
	struct suggestion suggestion;

	script_error(script, name.at, "nothing produces the set '%.*s'", SPAN(script, name));
	suggestion_start(&suggestion, script->text + name.at, name.bytes);
	for (uint32_t i = 0; i < composition->wire_count; i++) {
		struct span known = ast->wires[composition->wire_first + i].name;

		suggestion_offer(&suggestion, script->text + known.at, known.bytes);
	}
	return suggestion_hint(&suggestion, script,
			       "declare it with 'in', or name it among the outputs of a call");
}

static int argument_resolve(const struct ast *ast, const struct script *script,
			    const struct ast_definition *composition, const struct ast_call *call,
			    uint32_t index)
{
	const struct ast_definition *callee = &ast->definitions[call->definition];
	struct ast_link *link = &ast->links[index];
	int rc;

	rc = port_find(ast, script, callee, false, link);
	rc = rc ?: links_check_twice(ast, script, call->in_first, index);
	rc = rc ?: argument_check_distribution(script, callee, link);
	if (rc < 0)
		return rc;
	link->wire = ast_find_wire(ast, script, composition, link->set);
	if (link->wire != AST_NONE) {
		ast->wires[composition->wire_first + link->wire].used = true;
		return 0;
	}
	return ast_refuse_unproduced(ast, script, composition, link->set);
}

/* Every set has a producer and a use. */
static int wires_check(const struct ast *ast, const struct script *script,
		       const struct ast_definition *composition)
{
	for (uint32_t i = 0; i < composition->wire_count; i++) {
		const struct ast_wire *wire = &ast->wires[composition->wire_first + i];

		if (!wire->input && wire->producer == AST_NONE) {
			script_error(script, wire->name.at, "nothing produces the output '%.*s'",
				     SPAN(script, wire->name));
			return script_hint(script, "name it among the outputs of a call: -> (%.*s)",
					   SPAN(script, wire->name));
		}
		if (wire->used)
			continue;
		script_error(script, wire->name.at, "nothing uses the set '%.*s'",
			     SPAN(script, wire->name));
		if (wire->input)
			return script_hint(script, "give it to a call, or remove it");
		return script_hint(script,
				   "declare it with 'out', give it to a call, or leave it out");
	}
	return 0;
}

/* --- Calls ----------------------------------------------------------------------------------- */

static int call_check_inputs(const struct ast *ast, const struct script *script,
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
		script_error(script, call->callee.at, "'%.*s' is called without its input '%.*s'",
			     SPAN(script, callee->name), SPAN(script, set->name));
		return script_hint(script, "add '%.*s = %sSET', or declare the input 'optional'",
				   SPAN(script, set->name),
				   callee->kind == DEFINITION_FUNCTION ? "DISTRIBUTION " : "");
	}
	if (call->in_count == 0) {
		script_error(script, call->callee.at, "'%.*s' is called without any input",
			     SPAN(script, callee->name));
		return script_hint(script, "give it at least one: an input is what starts it");
	}
	if (call->out_count == 0) {
		script_error(script, call->callee.at, "no output of '%.*s' is named",
			     SPAN(script, callee->name));
		return script_hint(script, "add '-> (NAME)', or remove the call");
	}
	return 0;
}

static int distributions_clash(const struct script *script, const struct ast_call *call,
			       const struct ast_link *first, const struct ast_link *other)
{
	if (first->kind == DIST_EACH && other->kind == DIST_EACH) {
		script_error(script, other->distribution.at, "'%.*s' has two 'each' inputs",
			     SPAN(script, call->callee));
		return script_hint(script,
				   "one item starts an invocation: make one of '%.*s' and "
				   "'%.*s' broadcast",
				   SPAN(script, first->name), SPAN(script, other->name));
	}
	script_error(script, other->distribution.at, "'%.*s' has inputs of '%s' and of '%s'",
		     SPAN(script, call->callee), distribution_name(first->kind),
		     distribution_name(other->kind));
	if (first->kind == DIST_ALL || other->kind == DIST_ALL)
		return script_hint(script, "beside 'all' only 'all' may stand; for everything in "
					   "each invocation write 'broadcast'");
	return script_hint(script, "beside 'each' and beside 'key' other sets are 'broadcast'");
}

/* What its distributions say about how often a function runs must agree. */
static int call_check_distributions(const struct ast *ast, const struct script *script,
				    const struct ast_call *call)
{
	const struct ast_link *links = &ast->links[call->in_first];
	const struct ast_link *first = NULL; /* that is not broadcast */

	for (uint32_t i = 0; i < call->in_count; i++)
		if (first == NULL && links[i].kind != DIST_BROADCAST)
			first = &links[i];
	if (first == NULL) {
		script_error(script, links[0].distribution.at,
			     "all inputs of '%.*s' are 'broadcast'", SPAN(script, call->callee));
		return script_hint(script, "for one invocation with everything write 'all'");
	}
	for (uint32_t i = 0; i < call->in_count; i++) {
		const struct ast_link *link = &links[i];

		if (link == first || (link->kind == DIST_BROADCAST && first->kind != DIST_ALL))
			continue;
		if (link->kind != first->kind || link->kind == DIST_EACH)
			return distributions_clash(script, call, first, link);
	}
	return 0;
}

/* A label names a vertex. Unlabelled calls of one callee are numbered. */
static int call_check_label(const struct ast *ast, const struct script *script,
			    const struct ast_definition *composition, struct ast_call *call)
{
	call->ordinal = 1;
	for (struct ast_call *other = &ast->calls[composition->call_first]; other < call; other++) {
		if (!span_equal(script, other->label, call->label))
			continue;
		if (!other->labelled && !call->labelled) {
			call->ordinal++;
			continue;
		}
		script_error(script, call->label.at, "two calls are labelled '%.*s'",
			     SPAN(script, call->label));
		return script_hint(script, "the other is in line %u; choose another label",
				   script_line(script, other->callee.at));
	}
	return 0;
}

static int calls_resolve(struct ast *ast, const struct script *script,
			 struct ast_definition *composition)
{
	uint32_t end = composition->call_first + composition->call_count;
	int rc = 0;

	for (uint32_t i = composition->call_first; i < end; i++) {
		struct ast_call *call = &ast->calls[i];

		call->definition = ast_find_definition(ast, script, call->callee);
		if (call->definition == AST_NONE)
			return unknown_callee(ast, script, call->callee);
		if (ast->definitions[call->definition].epochs_given.bytes > 0)
			return repeated_callee(script, call->callee);
		for (uint32_t j = 0; rc == 0 && j < call->out_count; j++)
			rc = result_resolve(ast, script, composition, i, call->out_first + j);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int composition_check(struct ast *ast, const struct script *script,
			     struct ast_definition *composition)
{
	int rc;

	rc = wires_declare(ast, composition);
	rc = rc ?: ast_declare_states(ast, script, composition);
	rc = rc ?: calls_resolve(ast, script, composition);
	for (uint32_t i = 0; rc == 0 && i < composition->call_count; i++) {
		struct ast_call *call = &ast->calls[composition->call_first + i];

		for (uint32_t j = 0; rc == 0 && j < call->in_count; j++)
			rc = argument_resolve(ast, script, composition, call, call->in_first + j);
		rc = rc ?: call_check_inputs(ast, script, call);
		rc = rc ?: call_check_label(ast, script, composition, call);
		if (rc == 0 && ast->definitions[call->definition].kind == DEFINITION_FUNCTION)
			rc = call_check_distributions(ast, script, call);
	}
	rc = rc ?: ast_check_repeat(ast, script, composition);
	rc = rc ?: wires_check(ast, script, composition);
	return rc ?: ast_order_calls(ast, script, composition);
}

int ast_check(struct ast *ast, const struct script *script)
{
	int rc = 0;

	ast->order = calloc(ast->call_count + 1, sizeof(*ast->order));
	if (ast->order == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; rc == 0 && i < ast->definition_count; i++) {
		struct ast_definition *definition = &ast->definitions[i];
		uint32_t first = ast_find_definition(ast, script, definition->name);

		if (first != i)
			return ast_refuse_twice(script, definition->name,
						ast->definitions[first].name);
		rc = sets_check(ast, script, definition);
		if (rc == 0 && definition->kind == DEFINITION_COMPOSITION)
			rc = composition_check(ast, script, definition);
	}
	return rc ?: ast_check_nesting(ast, script);
}
