/* Prints a plan for people: vertices with their attributes, and where their inputs come from. */
#include <inttypes.h>

#include "compose.h"

/* In the largest unit that keeps it whole. */
static void size_print(uint64_t bytes, FILE *out)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
	unsigned int unit = 0;

	for (; unit < 3 && bytes > 0 && bytes % 1024 == 0; unit++)
		bytes /= 1024;
	fprintf(out, "%" PRIu64 "%s", bytes, units[unit]);
}

static void time_print(uint32_t ms, FILE *out)
{
	if (ms % 60000 == 0)
		fprintf(out, "%umin", ms / 60000);
	else if (ms % 1000 == 0)
		fprintf(out, "%us", ms / 1000);
	else
		fprintf(out, "%ums", ms);
}

static void factor_print(uint32_t thousandths, FILE *out)
{
	uint32_t fraction = thousandths % 1000;
	int digits = 3;

	for (; fraction > 0 && fraction % 10 == 0; digits--)
		fraction /= 10;
	fprintf(out, "%u", thousandths / 1000);
	if (fraction > 0)
		fprintf(out, ".%0*u", digits, fraction);
}

static void function_print(const struct plan_vertex *vertex, const struct plan_function *function,
			   FILE *out)
{
	fprintf(out, "%s runs %s: %smemory ", vertex->name, function->name,
		function->operator_text != NULL ? "operator, " : "");
	size_print(function->memory_bytes, out);
	if (function->memory_per_input > 0) {
		fprintf(out, " + ");
		factor_print(function->memory_per_input, out);
		fprintf(out, " x input");
	}
	fprintf(out, ", time ");
	time_print(function->time_limit_ms, out);
	fprintf(out, ", retries %u", function->retries);
	if (function->output_bytes_max > 0) {
		fprintf(out, ", output ");
		size_print(function->output_bytes_max, out);
	}
	if (function->output_items_max < MR_SET_ITEMS_MAX)
		fprintf(out, ", items %u", function->output_items_max);
	fprintf(out, "\n");
}

static void source_print(const struct plan_vertex *vertex, FILE *out)
{
	fprintf(out, "in %s%s split ", vertex->name, vertex->optional ? " optional" : "");
	if (vertex->split.kind == SPLIT_NONE) {
		fprintf(out, "none\n");
		return;
	}
	fprintf(out, "line ");
	size_print(vertex->split.bytes, out);
	fprintf(out, "\n");
}

static void sink_print(const struct plan_vertex *vertex, FILE *out)
{
	fprintf(out, "out %s", vertex->name);
	for (uint32_t i = 0; i < vertex->merge_count; i++) {
		const struct plan_merge_key *key = &vertex->merge[i];

		fprintf(out, "%s %u %s %s", i == 0 ? " merge" : ",", key->column,
			key->number ? "number" : "text", key->descending ? "desc" : "asc");
	}
	fprintf(out, "\n");
}

/* "INPUT = DIST VERTEX.OUTPUT", as the call was written, with the paths of the plan. */
static void edge_print(const struct plan *plan, const struct plan_edge *edge, FILE *out)
{
	const struct plan_vertex *from = &plan->vertices[edge->from];
	const struct plan_vertex *to = &plan->vertices[edge->to];

	fprintf(out, "       ");
	if (to->kind == VERTEX_FUNCTION)
		fprintf(out, "%s = %s ", plan->functions[to->function].in[edge->to_set].name,
			distribution_name(edge->distribution));
	else
		fprintf(out, "= ");
	fprintf(out, "%s", from->name);
	if (from->kind == VERTEX_FUNCTION)
		fprintf(out, ".%s", plan->functions[from->function].out[edge->from_set].name);
	fprintf(out, "%s\n", edge->state ? " of the epoch before" : "");
}

static void epochs_print(const struct plan *plan, FILE *out)
{
	if (plan->epochs == 0)
		return;
	fprintf(out, ", %u epoch%s", plan->epochs, plan->epochs == 1 ? "" : "s");
	if (plan->until) {
		const struct plan_vertex *vertex = &plan->vertices[plan->until_vertex];

		fprintf(out, " until %s.%s is empty", vertex->name,
			plan->functions[vertex->function].out[plan->until_set].name);
	}
}

void plan_print(const struct plan *plan, FILE *out)
{
	const struct plan_edge *edge = plan->edges;

	fprintf(out, "plan %s: %u vertices, %u edges", plan->name, plan->vertex_count,
		plan->edge_count);
	epochs_print(plan, out);
	fprintf(out, "\n");
	for (uint32_t i = 0; i < plan->vertex_count; i++) {
		const struct plan_vertex *vertex = &plan->vertices[i];

		fprintf(out, "%5u  ", i);
		if (vertex->kind == VERTEX_SOURCE)
			source_print(vertex, out);
		else if (vertex->kind == VERTEX_FUNCTION)
			function_print(vertex, &plan->functions[vertex->function], out);
		else
			sink_print(vertex, out);
		for (; edge < plan->edges + plan->edge_count && edge->to == i; edge++)
			edge_print(plan, edge, out);
	}
}
