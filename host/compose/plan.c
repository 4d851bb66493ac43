/* Expands a checked composition into a plan: nested calls disappear, vertices and edges remain. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ast.h"

/* Where the bytes of a set inside one instance of a composition come from. */
struct binding {
	uint32_t vertex;  /* AST_NONE: an optional input that was not wired */
	uint32_t set;     /* output of the vertex */
	bool state;       /* vertex is the index of the state among the composition's */
	uint32_t call_at; /* not wired: the call that left it out, in the text */
	bool split_said;  /* by a composition that the set came through, so that inner ones are not
			   * asked */
};

struct expansion {
	const struct ast *ast;
	const struct script *script;
	struct plan *plan;
	uint32_t functions[MR_DEFINITIONS_MAX]; /* indices into the plan's functions, or AST_NONE */
	const struct ast_set *split_by[MR_SETS_MAX]; /* by vertex: the nested input that says how */
	uint32_t source_count;
};

/* A composition at one place of the plan. */
struct instance {
	const struct ast_definition *composition;
	char path[MR_NAME_BYTES_MAX]; /* labels down to it; empty for the outermost */
	struct binding *wires;
};

static void name_copy(const struct script *script, char name[MR_NAME_BYTES_MAX], struct span span)
{
	snprintf(name, MR_NAME_BYTES_MAX, "%.*s", SPAN(script, span));
}

/* --- Adding to the plan ---------------------------------------------------------------------- */

static int vertex_add(struct expansion *x, enum vertex_kind kind, struct span at,
		      struct plan_vertex **vertex)
{
	struct plan *plan = x->plan;

	if (plan->vertex_count == MR_VERTICES_MAX) {
		script_error(x->script, at.at, "the plan of '%s' has more than %u vertices",
			     plan->name, MR_VERTICES_MAX);
		return script_hint(x->script,
				   "nested compositions count with all their calls; nest fewer");
	}
	*vertex = AST_ADD(plan->vertices, plan->vertex_count);
	if (*vertex == NULL)
		return -ENOMEM;
	(*vertex)->kind = kind;
	return 0;
}

/* An edge into the vertex added last. */
static int edge_add(struct expansion *x, const struct binding *from, uint32_t to_set,
		    enum distribution distribution, struct span at)
{
	struct plan *plan = x->plan;
	struct plan_edge *edge;

	if (plan->edge_count == MR_EDGES_MAX)
		return script_error(x->script, at.at, "the plan of '%s' has more than %u edges",
				    plan->name, MR_EDGES_MAX);
	edge = AST_ADD(plan->edges, plan->edge_count);
	if (edge == NULL)
		return -ENOMEM;
	*edge = (struct plan_edge){
	    .from = from->vertex,
	    .from_set = from->set,
	    .to = plan->vertex_count - 1,
	    .to_set = to_set,
	    .distribution = distribution,
	    .state = from->state,
	};
	return 0;
}

/* Functions are listed in the order of their first use. */
static int function_add(struct expansion *x, uint32_t index, uint32_t *number)
{
	const struct ast_definition *definition = &x->ast->definitions[index];
	struct plan_function *function;

	if (x->functions[index] == AST_NONE) {
		x->functions[index] = x->plan->function_count;
		function = AST_ADD(x->plan->functions, x->plan->function_count);
		if (function == NULL)
			return -ENOMEM;
		name_copy(x->script, function->name, definition->name);
		for (uint32_t i = 0; i < definition->set_count; i++) {
			const struct ast_set *set = &x->ast->sets[definition->set_first + i];
			struct plan_set *sets = set->output ? function->out : function->in;

			name_copy(x->script, sets[set->port].name, set->name);
			sets[set->port].optional = set->optional;
		}
		function->in_count = definition->in_count;
		function->out_count = definition->out_count;
		function->memory_bytes = definition->memory_bytes;
		function->memory_per_input = definition->memory_per_input;
		function->time_limit_ms = definition->time_limit_ms;
		function->retries = definition->retries;
		function->output_bytes_max = definition->output_bytes_max;
		function->output_items_max = definition->output_items_max;
		if (definition->is_operator) {
			function->operator_text = operator_text_make(x->ast, x->script, definition);
			if (function->operator_text == NULL)
				return -ENOMEM;
		}
	}
	*number = x->functions[index];
	return 0;
}

/* --- Calls ----------------------------------------------------------------------------------- */

/* "LABEL" or "CALLEE#2", after the path of the composition it is in. */
static int path_make(const struct expansion *x, const struct instance *instance,
		     const struct ast_call *call, char path[MR_NAME_BYTES_MAX])
{
	const char *dot = instance->path[0] != '\0' ? "." : "";
	char number[16] = "";
	int bytes;

	if (call->ordinal > 1)
		snprintf(number, sizeof(number), "#%u", call->ordinal);
	bytes = snprintf(path, MR_NAME_BYTES_MAX, "%s%s%.*s%s", instance->path, dot,
			 SPAN(x->script, call->label), number);
	if (bytes < MR_NAME_BYTES_MAX)
		return 0;
	script_error(x->script, call->label.at, "the path '%s%s%.*s%s' has more than %u bytes",
		     instance->path, dot, SPAN(x->script, call->label), number,
		     MR_NAME_BYTES_MAX - 1);
	return script_hint(x->script, "give the calls shorter labels: NAME as LABEL (...)");
}

/* An input that comes from an optional input that the caller of the composition left out. */
static int unwired_check(const struct expansion *x, const struct instance *instance,
			 const struct ast_call *call, const struct ast_link *link,
			 const struct binding *binding)
{
	const struct ast_definition *callee = &x->ast->definitions[call->definition];

	if (ast_set_at(x->ast, callee, false, link->port)->optional)
		return 0;
	script_error(
	    x->script, link->set.at,
	    "the input '%.*s' of '%.*s' is not optional, but '%s' is called without '%.*s'",
	    SPAN(x->script, link->name), SPAN(x->script, callee->name), instance->path,
	    SPAN(x->script, link->set));
	return script_hint(x->script,
			   "give it at the call in line %u, or declare 'in %.*s optional'",
			   script_line(x->script, binding->call_at), SPAN(x->script, link->name));
}

/* A state's producer may come later: states_connect() knows it. */
static int state_check(const struct expansion *x, const struct ast_call *call,
		       const struct ast_link *link)
{
	const struct ast_definition *callee = &x->ast->definitions[call->definition];

	if (link->kind == DIST_EACH) {
		script_error(x->script, link->distribution.at,
			     "the state '%.*s' is taken by 'each'", SPAN(x->script, link->set));
		return script_hint(x->script, "a state is taken by 'key', 'all' or 'broadcast'");
	}
	if (ast_set_at(x->ast, callee, false, link->port)->optional)
		return 0;
	script_error(x->script, link->set.at,
		     "the input '%.*s' of '%.*s' is not optional, but the state '%.*s' is empty in "
		     "the first epoch",
		     SPAN(x->script, link->name), SPAN(x->script, callee->name),
		     SPAN(x->script, link->set));
	return script_hint(x->script, "declare 'in %.*s optional'", SPAN(x->script, link->name));
}

/* The edges into the vertex of a call, which was added last. */
static int inputs_add(struct expansion *x, const struct instance *instance,
		      const struct ast_call *call)
{
	const struct ast_definition *callee = &x->ast->definitions[call->definition];
	const struct ast_link *by_port[MR_SETS_MAX] = {NULL};
	bool starts = false;
	int rc = 0;

	for (uint32_t i = 0; i < call->in_count; i++) {
		const struct ast_link *link = &x->ast->links[call->in_first + i];
		const struct binding *from = &instance->wires[link->wire];

		if (from->vertex != AST_NONE)
			by_port[link->port] = link;
		else
			rc = rc ?: unwired_check(x, instance, call, link, from);
		if (from->state)
			rc = rc ?: state_check(x, call, link);
	}
	for (uint32_t port = 0; rc == 0 && port < callee->in_count; port++) {
		const struct ast_link *link = by_port[port];

		if (link == NULL)
			continue;
		starts = starts || link->kind != DIST_BROADCAST;
		rc = edge_add(x, &instance->wires[link->wire], port, link->kind, link->set);
	}
	if (rc < 0 || starts)
		return rc;
	script_error(x->script, call->callee.at,
		     "nothing starts '%.*s': '%s' is called without the inputs for it",
		     SPAN(x->script, call->callee), instance->path);
	return script_hint(x->script, "one input must be wired that is not 'broadcast'");
}

static int function_call(struct expansion *x, struct instance *instance,
			 const struct ast_call *call)
{
	uint32_t index = x->plan->vertex_count;
	struct plan_vertex *vertex;
	int rc;

	rc = vertex_add(x, VERTEX_FUNCTION, call->callee, &vertex);
	rc = rc ?: path_make(x, instance, call, vertex->name);
	rc = rc ?: function_add(x, call->definition, &vertex->function);
	rc = rc ?: inputs_add(x, instance, call);
	for (uint32_t i = 0; rc == 0 && i < call->out_count; i++) {
		const struct ast_link *link = &x->ast->links[call->out_first + i];

		instance->wires[link->wire] = (struct binding){.vertex = index, .set = link->port};
	}
	return rc;
}

/* A source whose composition says nothing about its split takes that of the nested input it feeds,
 * since the calls inside were written for such items. */
static int split_inherit(struct expansion *x, struct binding *binding, const struct ast_set *input,
			 const struct ast_call *call)
{
	const struct ast_set **decided;
	struct plan_vertex *vertex;

	if (binding->split_said || !input->split_given || binding->state ||
	    binding->vertex >= x->source_count)
		return 0;
	binding->split_said = true;
	decided = &x->split_by[binding->vertex];
	vertex = &x->plan->vertices[binding->vertex];
	if (*decided == NULL) {
		*decided = input;
		vertex->split = input->split;
	}
	if (vertex->split.kind == input->split.kind && vertex->split.bytes == input->split.bytes)
		return 0;
	script_error(x->script, call->callee.at,
		     "'%s' feeds nested inputs that split it in different ways, in lines %u and %u",
		     vertex->name, script_line(x->script, (*decided)->name.at),
		     script_line(x->script, input->name.at));
	return script_hint(x->script, "say it in '%s': in %s split ...", x->plan->name,
			   vertex->name);
}

static int instance_expand(struct expansion *x, struct instance *instance);

static int composition_call(struct expansion *x, struct instance *outer,
			    const struct ast_call *call)
{
	const struct ast *ast = x->ast;
	const struct ast_definition *callee = &ast->definitions[call->definition];
	struct instance inner = {.composition = callee};
	int rc;

	rc = path_make(x, outer, call, inner.path);
	if (rc < 0)
		return rc;
	inner.wires = calloc(callee->wire_count, sizeof(*inner.wires));
	if (inner.wires == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < callee->wire_count; i++)
		inner.wires[i] = (struct binding){.vertex = AST_NONE, .call_at = call->callee.at};
	for (uint32_t i = 0; i < call->in_count; i++) {
		const struct ast_link *link = &ast->links[call->in_first + i];
		const struct ast_set *input = ast_set_at(ast, callee, false, link->port);
		struct binding *binding = &inner.wires[input - &ast->sets[callee->set_first]];

		*binding = outer->wires[link->wire];
		rc = rc ?: split_inherit(x, binding, input, call);
	}
	rc = rc ?: instance_expand(x, &inner);
	for (uint32_t i = 0; rc == 0 && i < call->out_count; i++) {
		const struct ast_link *link = &ast->links[call->out_first + i];
		const struct ast_set *output = ast_set_at(ast, callee, true, link->port);

		outer->wires[link->wire] = inner.wires[output - &ast->sets[callee->set_first]];
	}
	free(inner.wires);
	return rc;
}

/* Recursion is bounded by MR_NESTING_MAX, which was checked. */
static int instance_expand(struct expansion *x, struct instance *instance)
{
	const struct ast_definition *composition = instance->composition;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < composition->call_count; i++) {
		uint32_t index = x->ast->order[composition->call_first + i];
		const struct ast_call *call = &x->ast->calls[index];

		if (x->ast->definitions[call->definition].kind == DEFINITION_FUNCTION)
			rc = function_call(x, instance, call);
		else
			rc = composition_call(x, instance, call);
	}
	return rc;
}

/* --- The outermost composition --------------------------------------------------------------- */

static int sources_add(struct expansion *x, struct instance *instance)
{
	const struct ast_definition *composition = instance->composition;

	for (uint32_t i = 0; i < composition->set_count; i++) {
		const struct ast_set *set = &x->ast->sets[composition->set_first + i];
		struct plan_vertex *vertex;
		int rc;

		if (set->output)
			continue;
		rc = vertex_add(x, VERTEX_SOURCE, set->name, &vertex);
		if (rc < 0)
			return rc;
		name_copy(x->script, vertex->name, set->name);
		vertex->optional = set->optional;
		vertex->split = set->split;
		instance->wires[i] = (struct binding){
		    .vertex = x->source_count++,
		    .split_said = set->split_given,
		};
	}
	return 0;
}

static int sinks_add(struct expansion *x, const struct instance *instance)
{
	const struct ast_definition *composition = instance->composition;

	for (uint32_t i = 0; i < composition->set_count; i++) {
		const struct ast_set *set = &x->ast->sets[composition->set_first + i];
		struct plan_vertex *vertex;
		int rc;

		if (!set->output)
			continue;
		rc = vertex_add(x, VERTEX_SINK, set->name, &vertex);
		rc = rc ?: edge_add(x, &instance->wires[i], 0, DIST_ALL, set->name);
		if (rc < 0)
			return rc;
		name_copy(x->script, vertex->name, set->name);
		vertex->merge_count = set->key_count;
		for (uint32_t j = 0; j < set->key_count; j++)
			vertex->merge[j] = x->ast->keys[set->key_first + j];
	}
	return 0;
}

static void states_bind(struct instance *instance)
{
	const struct ast_definition *composition = instance->composition;

	/* Their wires are behind those of the declared sets. */
	for (uint32_t i = 0; i < composition->state_count; i++)
		instance->wires[composition->set_count + i] =
		    (struct binding){.vertex = i, .state = true};
}

/* Now that every call has its vertex. */
static void states_connect(struct expansion *x, const struct instance *instance)
{
	const struct ast_definition *composition = instance->composition;
	struct plan *plan = x->plan;

	for (uint32_t e = 0; e < plan->edge_count; e++) {
		struct plan_edge *edge = &plan->edges[e];
		const struct binding *from;

		if (!edge->state)
			continue;
		from = &instance->wires[x->ast->states[composition->state_first + edge->from].wire];
		edge->from = from->vertex;
		edge->from_set = from->set;
	}
	plan->epochs = composition->epochs;
	plan->until = composition->until.bytes > 0;
	if (plan->until) {
		plan->until_vertex = instance->wires[composition->until_wire].vertex;
		plan->until_set = instance->wires[composition->until_wire].set;
	}
}

int plan_expand(const struct ast *ast, const struct script *script, uint32_t composition,
		struct plan **expanded)
{
	struct instance outermost = {.composition = &ast->definitions[composition]};
	struct expansion x = {.ast = ast, .script = script};
	int rc = -ENOMEM;

	memset(x.functions, 0xff, sizeof(x.functions)); /* AST_NONE */
	x.plan = calloc(1, sizeof(*x.plan));
	outermost.wires = calloc(outermost.composition->wire_count, sizeof(*outermost.wires));
	if (x.plan == NULL || outermost.wires == NULL)
		goto out;
	name_copy(script, x.plan->name, outermost.composition->name);
	states_bind(&outermost);
	rc = sources_add(&x, &outermost);
	rc = rc ?: instance_expand(&x, &outermost);
	rc = rc ?: sinks_add(&x, &outermost);
	if (rc < 0)
		goto out;
	states_connect(&x, &outermost);
	*expanded = x.plan;
	x.plan = NULL;
out:
	free(outermost.wires);
	plan_free(&x.plan);
	return rc;
}
