/* Expands a checked composition into a plan: nested calls disappear, vertices and edges remain. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ast.h"

/* Where the bytes of a set inside one instance of a composition come from. */
struct binding {
	uint32_t vertex;  /* AST_NONE: an optional input that was not wired */
	uint32_t set;     /* output of the vertex */
	uint32_t call_at; /* not wired: the call that left it out, in the text */
};

struct expansion {
	const struct ast *ast;
	const struct source *source;
	struct plan *plan;
	uint32_t functions[MR_DEFINITIONS_MAX]; /* indices into the plan's functions, or AST_NONE */
	const struct ast_set *sources[MR_SETS_MAX];  /* by vertex: what declares a source */
	const struct ast_set *split_by[MR_SETS_MAX]; /* by vertex: what says how it is split */
	uint32_t source_count;
};

/* A composition at one place of the plan. */
struct instance {
	const struct ast_definition *composition;
	char path[MR_NAME_BYTES_MAX]; /* of its label; empty for the outermost */
	struct binding *wires;
};

static void name_copy(const struct source *source, char name[MR_NAME_BYTES_MAX], struct span span)
{
	snprintf(name, MR_NAME_BYTES_MAX, "%.*s", SPAN(source, span));
}

/* --- Adding to the plan ---------------------------------------------------------------------- */

static int vertex_add(struct expansion *x, enum vertex_kind kind, struct span at,
		      struct plan_vertex **vertex)
{
	struct plan *plan = x->plan;

	if (plan->vertex_count == MR_VERTICES_MAX) {
		source_error(x->source, at.at, "the plan of '%s' has more than %u vertices",
			     plan->name, MR_VERTICES_MAX);
		return source_hint(x->source,
				   "nested compositions count with all their calls; nest fewer");
	}
	*vertex = ARRAY_ADD(plan->vertices, plan->vertex_count);
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
		return source_error(x->source, at.at, "the plan of '%s' has more than %u edges",
				    plan->name, MR_EDGES_MAX);
	edge = ARRAY_ADD(plan->edges, plan->edge_count);
	if (edge == NULL)
		return -ENOMEM;
	*edge = (struct plan_edge){
	    .from = from->vertex,
	    .from_set = from->set,
	    .to = plan->vertex_count - 1,
	    .to_set = to_set,
	    .distribution = distribution,
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
		function = ARRAY_ADD(x->plan->functions, x->plan->function_count);
		if (function == NULL)
			return -ENOMEM;
		name_copy(x->source, function->name, definition->name);
		for (uint32_t i = 0; i < definition->set_count; i++) {
			const struct ast_set *set = &x->ast->sets[definition->set_first + i];
			struct plan_set *sets = set->output ? function->out : function->in;

			name_copy(x->source, sets[set->port].name, set->name);
			sets[set->port].optional = set->optional;
		}
		function->in_count = definition->in_count;
		function->out_count = definition->out_count;
		function->memory_bytes = definition->memory_bytes;
		function->memory_per_input = definition->memory_per_input;
		function->time_limit_ms = definition->time_limit_ms;
		function->retries = definition->retries;
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
			 SPAN(x->source, call->label), number);
	if (bytes < MR_NAME_BYTES_MAX)
		return 0;
	source_error(x->source, call->label.at, "the path '%s.%.*s' has more than %u bytes",
		     instance->path, SPAN(x->source, call->label), MR_NAME_BYTES_MAX - 1);
	return source_hint(x->source, "give the calls shorter labels: NAME as LABEL (...)");
}

/* An input that comes from an optional input that the caller of the composition left out. */
static int unwired_check(const struct expansion *x, const struct instance *instance,
			 const struct ast_call *call, const struct ast_link *link,
			 const struct binding *binding)
{
	const struct ast_definition *callee = &x->ast->definitions[call->definition];

	if (ast_set_at(x->ast, callee, false, link->port)->optional)
		return 0;
	source_error(
	    x->source, link->set.at,
	    "the input '%.*s' of '%.*s' is not optional, but '%s' is called without '%.*s'",
	    SPAN(x->source, link->name), SPAN(x->source, callee->name), instance->path,
	    SPAN(x->source, link->set));
	return source_hint(x->source,
			   "give it at the call in line %u, or declare 'in %.*s optional'",
			   source_line(x->source, binding->call_at), SPAN(x->source, link->name));
}

static int function_call(struct expansion *x, struct instance *instance,
			 const struct ast_call *call)
{
	const struct ast_definition *callee = &x->ast->definitions[call->definition];
	const struct ast_link *links = &x->ast->links[call->in_first];
	const struct ast_link *by_port[MR_SETS_MAX] = {NULL};
	uint32_t vertex_index = x->plan->vertex_count;
	struct plan_vertex *vertex;
	bool starts = false;
	int rc;

	rc = vertex_add(x, VERTEX_FUNCTION, call->callee, &vertex) ?:
		     path_make(x, instance, call, vertex->name) ?:
		     function_add(x, call->definition, &vertex->function);
	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < call->in_count; i++)
		by_port[links[i].port] = &links[i];
	for (uint32_t port = 0; rc == 0 && port < callee->in_count; port++) {
		const struct ast_link *link = by_port[port];
		const struct binding *from = link != NULL ? &instance->wires[link->wire] : NULL;

		if (from == NULL)
			continue;
		if (from->vertex == AST_NONE) {
			rc = unwired_check(x, instance, call, link, from);
			continue;
		}
		starts = starts || link->kind != DIST_BROADCAST;
		rc = edge_add(x, from, port, link->kind, link->set);
	}
	if (rc < 0)
		return rc;
	if (!starts) {
		source_error(x->source, call->callee.at,
			     "nothing starts '%.*s': '%s' is called without the inputs for it",
			     SPAN(x->source, call->callee), instance->path);
		return source_hint(x->source, "one input must be wired that is not 'broadcast'");
	}
	for (uint32_t i = 0; i < call->out_count; i++) {
		const struct ast_link *link = &x->ast->links[call->out_first + i];

		instance->wires[link->wire] = (struct binding){vertex_index, link->port, 0};
	}
	return 0;
}

/* A source whose composition says nothing about its split takes that of the nested input it feeds,
 * since the calls inside were written for such items. */
static int split_inherit(struct expansion *x, const struct binding *from,
			 const struct ast_set *input, const struct ast_call *call)
{
	const struct ast_set **decided;
	struct plan_vertex *vertex;

	if (!input->split_given || from->vertex >= x->source_count)
		return 0;
	decided = &x->split_by[from->vertex];
	vertex = &x->plan->vertices[from->vertex];
	if (*decided == NULL) {
		*decided = input;
		vertex->split = input->split;
	}
	if (x->sources[from->vertex]->split_given ||
	    (vertex->split.kind == input->split.kind && vertex->split.bytes == input->split.bytes))
		return 0;
	source_error(x->source, call->callee.at,
		     "'%s' feeds nested inputs that split it in different ways, in lines %u and %u",
		     vertex->name, source_line(x->source, (*decided)->name.at),
		     source_line(x->source, input->name.at));
	return source_hint(x->source, "say it in '%s': in %s split ...", x->plan->name,
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
		inner.wires[i] = (struct binding){AST_NONE, 0, call->callee.at};
	for (uint32_t i = 0; i < call->in_count; i++) {
		const struct ast_link *link = &ast->links[call->in_first + i];
		const struct ast_set *input = ast_set_at(ast, callee, false, link->port);

		inner.wires[input - &ast->sets[callee->set_first]] = outer->wires[link->wire];
		rc = rc ?: split_inherit(x, &outer->wires[link->wire], input, call);
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
		name_copy(x->source, vertex->name, set->name);
		vertex->optional = set->optional;
		vertex->split = set->split;
		instance->wires[i] = (struct binding){x->source_count, 0, 0};
		x->sources[x->source_count] = set;
		if (set->split_given)
			x->split_by[x->source_count] = set;
		x->source_count++;
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
		rc = vertex_add(x, VERTEX_SINK, set->name, &vertex)
			 ?: edge_add(x, &instance->wires[i], 0, DIST_ALL, set->name);
		if (rc < 0)
			return rc;
		name_copy(x->source, vertex->name, set->name);
		vertex->merge_count = set->key_count;
		for (uint32_t j = 0; j < set->key_count; j++)
			vertex->merge[j] = x->ast->keys[set->key_first + j];
	}
	return 0;
}

int plan_expand(const struct ast *ast, const struct source *source, uint32_t composition,
		struct plan **expanded)
{
	struct instance outermost = {.composition = &ast->definitions[composition]};
	struct expansion x = {.ast = ast, .source = source};
	int rc = -ENOMEM;

	memset(x.functions, 0xff, sizeof(x.functions)); /* AST_NONE */
	x.plan = calloc(1, sizeof(*x.plan));
	outermost.wires = calloc(outermost.composition->wire_count, sizeof(*outermost.wires));
	if (x.plan == NULL || outermost.wires == NULL)
		goto out;
	name_copy(source, x.plan->name, outermost.composition->name);
	rc = sources_add(&x, &outermost) ?: instance_expand(&x, &outermost) ?:
	     sinks_add(&x, &outermost);
	if (rc < 0)
		goto out;
	*expanded = x.plan;
	x.plan = NULL;
out:
	free(outermost.wires);
	plan_free(&x.plan);
	return rc;
}
