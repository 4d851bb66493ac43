/* The scheduler's limits: the depth of `each`, the rings of outputs that wait, the slots. */
#include "sched_test.h"

#include <errno.h>

#define CHAIN "function f { in x; out y }\n"

static const char deep[] = CHAIN "composition c { in x; out y; out z\n"
				 "f as a(x = each x) -> (y = p)\n"
				 "f as b(x = each p) -> (y = q)\n"
				 "f as c(x = each q) -> (y)\n"
				 "f as d(x = all y) -> (y = z) }";
static const char too_deep[] = CHAIN "composition c { in x; out y\n"
				     "f as a(x = each x) -> (y = p)\n"
				     "f as b(x = each p) -> (y = q)\n"
				     "f as c(x = each q) -> (y = r)\n"
				     "f as d(x = each r) -> (y) }";
static const char after_key[] = CHAIN "composition c { in x; out y\n"
				      "f as a(x = each x) -> (y = p)\n"
				      "f as b(x = each p) -> (y = q)\n"
				      "f as c(x = key q) -> (y = r)\n"
				      "f as d(x = each r) -> (y) }";
static const char pair[] = CHAIN "composition c { in x; out y\n"
				 "f as a(x = each x) -> (y = p)\n"
				 "f as b(x = each p) -> (y) }";

/* Partition numbers hold MR_EACH_DEPTH_MAX steps: more is refused, with what to do. */
static void test_depth(void)
{
	const struct {
		const char *text;
		bool fits;
	} cases[] = {{deep, true}, {after_key, true}, {too_deep, false}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct plan *plan = plan_make(cases[i].text);
		struct sched_config config = {plan, 0, 2, 0, 4};
		char error[256] = "";
		struct sched *sched = sched_make(&config, error, sizeof(error));

		CHECK((sched != NULL) == cases[i].fits, "case %zu: %s", i, error);
		CHECK(sched != NULL || (strstr(error, "d takes `each`") && strstr(error, "`key`")),
		      "%s", error);
		if (sched != NULL)
			sched_drop(&sched);
		plan_free(&plan);
	}
}

static uint32_t starts_take(struct sched *sched, uint32_t vertex, struct sched_action *last)
{
	struct sched_action action;
	uint32_t count = 0;

	while (sched_next(sched, &action)) {
		if (action.kind != SCHED_START || action.vertex != vertex)
			continue;
		*last = action;
		count++;
	}
	return count;
}

/* What waits to be taken item by item is bounded; while it is near the bound, its producers wait.
 */
static void test_ring(void)
{
	static uint64_t partitions[MR_EACH_BATCHES_MAX];
	struct plan *plan = plan_make(pair);
	struct sched_config config = {plan, 0, 1, 0, 4};
	struct sched *sched = sched_make(&config, NULL, 0);
	uint32_t a = vertex_find(plan, "a"), b = vertex_find(plan, "b");
	uint32_t edge = edge_find(plan, "a>b");
	struct sched_action action;
	uint32_t waiting = 0;

	for (uint32_t i = 0; i < MR_EACH_BATCHES_MAX; i++)
		partitions[i] = i;
	for (; waiting < MR_EACH_BATCHES_MAX; waiting++)
		CHECK(sched_each_batch(sched, edge, waiting, waiting, 1, 1) == 0, "%u", waiting);
	CHECK(sched_each_batch(sched, edge, waiting, waiting, 1, 1) == -ENOBUFS);
	CHECK(sched_each_batch(sched, edge, waiting, waiting, 1, 0) == 0,
	      "an output without items takes no room");
	sched_source(sched, vertex_find(plan, "x"), partitions, MR_EACH_BATCHES_MAX);
	/* All slots go to the consumer, again and again, until the ring has room for the outputs of
	 * as many producers as there are slots. */
	for (; waiting > MR_EACH_BATCHES_MAX - config.slots; waiting -= config.slots) {
		CHECK(starts_take(sched, b, &action) == config.slots);
		for (uint32_t slot = 0; slot < config.slots; slot++)
			sched_done(sched, slot, true);
	}
	CHECK(starts_take(sched, b, &action) == config.slots, "consumers go first");
	CHECK(action.last_item && action.handle == action.partition);
	while (waiting > 0) {
		for (uint32_t slot = 0; slot < config.slots; slot++)
			sched_done(sched, slot, true);
		waiting -= config.slots;
		CHECK(starts_take(sched, waiting > 0 ? b : a, &action) == config.slots);
	}
	sched_drop(&sched);
	plan_free(&plan);
}

/* Unless its consumer's broadcast inputs need that producer to end first: then to wait would be to
 * wait for ever, and the job is to fail when the ring overflows. */
static void test_knot(void)
{
	static const char text[] = CHAIN "function q { in y; out side }\n"
					 "function g { in y; in side; out z }\n"
					 "composition c { in x; out z\n"
					 "f(x = each x) -> (y)\n"
					 "q(y = all y) -> (side)\n"
					 "g(y = each y, side = broadcast side) -> (z) }";
	static const uint64_t partitions[] = {0, 1, 2, 3};
	struct plan *plan = plan_make(text);
	struct sched_config config = {plan, 0, 1, 0, 2};
	struct sched *sched = sched_make(&config, NULL, 0);
	uint32_t edge = edge_find(plan, "f>g");
	struct sched_action action;

	for (uint32_t i = 0; i < MR_EACH_BATCHES_MAX; i++)
		CHECK(sched_each_batch(sched, edge, i, i, 1, 1) == 0);
	sched_source(sched, vertex_find(plan, "x"), partitions, 4);
	CHECK(starts_take(sched, vertex_find(plan, "f"), &action) == config.slots);
	CHECK(sched_each_batch(sched, edge, 0, 9999, 1, 1) == -ENOBUFS);
	sched_drop(&sched);
	plan_free(&plan);
}

/* With the ring full and no slot for its consumer to run in, producers do not start either. */
static void test_backpressure(void)
{
	static const char text[] = CHAIN "function g { in y; in side; out z }\n"
					 "composition c { in x; in side; out z\n"
					 "f(x = each x) -> (y)\n"
					 "g(y = each y, side = broadcast side) -> (z) }";
	static const uint64_t partitions[] = {0, 1, 2, 3};
	struct plan *plan = plan_make(text);
	struct sched_config config = {plan, 0, 1, 0, 2};
	struct sched *sched = sched_make(&config, NULL, 0);
	uint32_t edge = edge_find(plan, "f>g");
	struct sched_action action;

	/* g waits for its side input, so that outputs of f pile up. */
	for (uint32_t i = 0; i < MR_EACH_BATCHES_MAX - config.slots; i++)
		CHECK(sched_each_batch(sched, edge, i, i, 1, 1) == 0);
	sched_source(sched, vertex_find(plan, "x"), partitions, 4);
	CHECK(starts_take(sched, vertex_find(plan, "f"), &action) == 0,
	      "no room is left for what slots under way may put out");
	sched_source(sched, vertex_find(plan, "side"), partitions, 1);
	CHECK(starts_take(sched, vertex_find(plan, "side"), &action) == 1);
	sched_done(sched, action.slot, true);
	sched_batch(sched, edge_find(plan, "side>g"), 1);
	CHECK(starts_take(sched, vertex_find(plan, "g"), &action) == 0);
	sched_mark(sched, edge_find(plan, "side>g"), 0, 1);
	CHECK(starts_take(sched, vertex_find(plan, "g"), &action) == config.slots);
	sched_drop(&sched);
	plan_free(&plan);
}

/* At most so many under way as there are slots, whatever the number of items. */
static void test_slots(void)
{
	static uint64_t partitions[2 * MR_SLOTS_MAX];
	struct plan *plan = plan_make(pair);
	struct sched_config config = {plan, 0, 1, 0, MR_SLOTS_MAX};
	struct sched *sched = sched_make(&config, NULL, 0);
	uint32_t a = vertex_find(plan, "a");
	struct sched_action action;

	sched_source(sched, vertex_find(plan, "x"), partitions, 2 * MR_SLOTS_MAX);
	CHECK(starts_take(sched, a, &action) == MR_SLOTS_MAX);
	CHECK(sched_in_flight(sched) == MR_SLOTS_MAX);
	for (uint32_t slot = 0; slot < MR_SLOTS_MAX; slot += 2)
		sched_done(sched, slot, true);
	CHECK(starts_take(sched, a, &action) == MR_SLOTS_MAX / 2);
	CHECK(action.slot == MR_SLOTS_MAX - 2, "freed slots are used again");
	sched_drop(&sched);
	plan_free(&plan);
}

int main(void)
{
	test_depth();
	test_ring();
	test_backpressure();
	test_knot();
	test_slots();
	return 0;
}
