/* Epochs on one node, step by step: what runs again, what is kept, when sinks write. */
#include "sched_test.h"

static const char text[] = "function parse { in text; out rows; out rest }\n"
			   "function fold { in rows; in before optional; out counts }\n"
			   "function show { in rows; out lines }\n"
			   "composition c { in text; out counts; out lines; epochs 3\n"
			   "state before = counts\n"
			   "parse(text = each text) -> (rows, rest)\n"
			   "show(rows = all rest) -> (lines)\n"
			   "fold(rows = key rows, before = key before) -> (counts) }";

struct counts {
	uint32_t starts[MR_VERTICES_MAX];
	uint32_t dones[MR_VERTICES_MAX];
	uint32_t epochs; /* SCHED_EPOCH_DONE */
};

/* Every invocation puts out one item on each edge, which arrives at once. */
static void outputs_deliver(struct sched *s, const struct plan *plan, uint32_t vertex, bool mark)
{
	for (uint32_t e = 0; e < plan->edge_count; e++) {
		if (plan->edges[e].from != vertex || plan->edges[e].distribution == DIST_EACH)
			continue;
		if (mark)
			sched_mark(s, e, 0, plan->vertices[vertex].function == 0 ? 2 : 1);
		else
			sched_batch(s, e, 1);
	}
}

static void run_dry(struct sched *s, const struct plan *plan, struct counts *counts)
{
	const uint16_t whole = 0;
	struct sched_action action;

	while (sched_next(s, &action)) {
		switch (action.kind) {
		case SCHED_START:
			counts->starts[action.vertex]++;
			outputs_deliver(s, plan, action.vertex, false);
			sched_done(s, action.slot, true);
			break;
		case SCHED_PLAN:
			sched_partitions(s, action.vertex, &whole, 1);
			break;
		case SCHED_VERTEX_DONE:
			counts->dones[action.vertex]++;
			outputs_deliver(s, plan, action.vertex, true);
			break;
		case SCHED_EPOCH_DONE:
			counts->epochs++;
			break;
		default:
			CHECK(false, "action %d", action.kind);
		}
	}
}

int main(void)
{
	static const uint64_t partitions[] = {0, 1};
	struct plan *plan = plan_make(text);
	struct sched_config config = {plan, 0, 1, 0, 4};
	struct sched *s = sched_make(&config, NULL, 0);
	uint32_t parse = vertex_find(plan, "parse"), fold = vertex_find(plan, "fold");
	uint32_t show = vertex_find(plan, "show");
	uint32_t counts_sink = vertex_find(plan, "counts"), lines_sink = vertex_find(plan, "lines");
	struct counts counts = {0};

	CHECK(sched_edge_life(s, edge_find(plan, "text>parse")) == SCHED_FIRST);
	CHECK(sched_edge_life(s, edge_find(plan, "parse>show")) == SCHED_FIRST);
	CHECK(sched_edge_life(s, edge_find(plan, "parse>fold")) == SCHED_KEPT);
	CHECK(sched_edge_life(s, edge_find(plan, "fold>fold")) == SCHED_STATE);
	CHECK(sched_edge_life(s, edge_find(plan, "fold>counts")) == SCHED_EPOCH);
	CHECK(sched_edge_life(s, edge_find(plan, "show>lines")) == SCHED_KEPT);
	sched_source(s, vertex_find(plan, "text"), partitions, 2);
	for (uint32_t epoch = 1; epoch <= 3; epoch++) {
		run_dry(s, plan, &counts);
		CHECK(counts.epochs == epoch && sched_epoch_done(s), "epoch %u", epoch);
		CHECK(counts.starts[parse] == 2 && counts.dones[parse] == 1, "parse runs again");
		CHECK(counts.starts[show] == 1, "show runs again");
		CHECK(counts.starts[fold] == epoch && counts.dones[fold] == epoch, "fold");
		CHECK(counts.starts[counts_sink] + counts.starts[lines_sink] == 0, "a sink writes");
		CHECK(!sched_finished(s));
		if (epoch < 3)
			sched_epoch(s);
	}
	sched_last(s);
	run_dry(s, plan, &counts);
	CHECK(counts.starts[counts_sink] == 1 && counts.starts[lines_sink] == 1, "no sink writes");
	CHECK(counts.epochs == 3 && sched_finished(s), "it does not end");
	sched_drop(&s);
	plan_free(&plan);
	return 0;
}
