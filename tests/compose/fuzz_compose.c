/* Any bytes are planned or refused; what a plan promises holds for every plan made. */
#include <errno.h>

#include "compose.h"

#include "test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const struct compose_error *error)
{
	char text[COMPOSE_ERROR_TEXT_BYTES_MAX];

	CHECK(error->message[0] != '\0', "no message");
	CHECK(error->line == 0 || (error->column > 0 && error->caret > 0 &&
				   error->caret <= strlen(error->excerpt) + 1),
	      "column %u, caret %u of '%s'", error->column, error->caret, error->excerpt);
	compose_error_print(error, text, sizeof(text));
	for (const char *c = text; *c != '\0'; c++)
		CHECK((*c >= ' ' && *c <= '~') || *c == '\n' || *c == '\t', "prints byte %d", *c);
}

/* The edges into one vertex, in their order: distributions agree, no input twice. */
static void check_inputs(const struct plan *plan, uint32_t to, uint32_t first, uint32_t count)
{
	const struct plan_edge *edges = &plan->edges[first];
	const struct plan_function *function =
	    &plan->functions[plan->vertices[to].kind == VERTEX_FUNCTION
				 ? plan->vertices[to].function
				 : 0];
	uint32_t of[DIST_BROADCAST + 1] = {0};
	uint32_t port = 0;

	for (uint32_t i = 0; i < count; i++)
		of[edges[i].distribution]++;
	switch (plan->vertices[to].kind) {
	case VERTEX_SOURCE:
		CHECK(count == 0, "an edge into a source");
		return;
	case VERTEX_SINK:
		CHECK(count == 1 && of[DIST_ALL] == 1 && edges[0].to_set == 0, "sink");
		return;
	case VERTEX_FUNCTION:
		break;
	}
	CHECK(of[DIST_ALL] + of[DIST_EACH] + of[DIST_KEY] > 0, "nothing starts it");
	CHECK(of[DIST_EACH] <= 1, "two each");
	CHECK(of[DIST_ALL] == 0 || of[DIST_ALL] == count, "all and others");
	CHECK(of[DIST_EACH] == 0 || of[DIST_KEY] == 0, "each and key");
	for (uint32_t i = 0; i < count; i++) {
		for (; port < edges[i].to_set; port++)
			CHECK(function->in[port].optional, "input %u is not wired", port);
		CHECK(port == edges[i].to_set && port < function->in_count, "an input twice");
		port++;
	}
	for (; port < function->in_count; port++)
		CHECK(function->in[port].optional, "input %u is not wired", port);
}

static void check_plan(const struct plan *plan)
{
	enum vertex_kind kind = VERTEX_SOURCE;
	uint32_t edge = 0;

	CHECK(plan->vertex_count <= MR_VERTICES_MAX && plan->edge_count <= MR_EDGES_MAX, "limits");
	for (uint32_t to = 0; to < plan->vertex_count; to++) {
		uint32_t first = edge;

		CHECK(plan->vertices[to].kind >= kind, "sources first, sinks last");
		CHECK(plan->vertices[to].name[0] != '\0', "no name");
		kind = plan->vertices[to].kind;
		for (; edge < plan->edge_count && plan->edges[edge].to == to; edge++) {
			const struct plan_vertex *from = &plan->vertices[plan->edges[edge].from];

			CHECK(plan->edges[edge].state
				  ? plan->epochs > 0 && from->kind == VERTEX_FUNCTION &&
					plan->edges[edge].distribution != DIST_EACH
				  : plan->edges[edge].from < to,
			      "edge %u goes down", edge);
			CHECK(plan->edges[edge].from_set <
				  (from->kind == VERTEX_FUNCTION
				       ? plan->functions[from->function].out_count
				       : 1),
			      "edge %u from no output", edge);
		}
		check_inputs(plan, to, first, edge - first);
	}
	CHECK(edge == plan->edge_count, "edges are out of order");
	CHECK(plan->epochs <= MR_EPOCHS_MAX, "epochs");
	CHECK(!plan->until ||
		  (plan->vertices[plan->until_vertex].kind == VERTEX_FUNCTION &&
		   plan->until_set <
		       plan->functions[plan->vertices[plan->until_vertex].function].out_count),
	      "until no output");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct compose_error error;
	struct plan *plan;
	int rc;

	rc = compose_plan("fuzz.mr", (const char *)data, size, NULL, &plan, &error);
	CHECK(rc == 0 || rc == -EINVAL, "rc %d", rc);
	CHECK((rc == 0) == (plan != NULL), "rc %d with plan %p", rc, (void *)plan);
	if (rc == 0) {
		FILE *sink = fopen("/dev/null", "w");

		CHECK(sink != NULL, "/dev/null");
		check_plan(plan);
		plan_print(plan, sink);
		fclose(sink);
	} else {
		check_error(&error);
	}
	plan_free(&plan);
	return 0;
}
