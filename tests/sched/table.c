/* What each distribution does, step by step, on one node: what happened on the left, the actions
 * that must follow on the right. */
#include "sched_test.h"

/*
 * Events: "source V COUNT" (this node's items are NODE, NODE + NODES, ...), "batch E ITEMS",
 * "mark E NODE BATCHES", "each E BASE STEP COUNT", "partitions V FIRST...", "ok SLOT", "bad SLOT",
 * Actions: "V/PARTITION" started, "-END" behind it for a key range, ".ATTEMPT"
 * for a retry; "plan V", "done V", "fail V/PARTITION.ATTEMPT".
 */
struct step {
	const char *event;
	const char *actions;
};

struct scenario {
	const char *name;
	const char *text;
	uint32_t node;
	uint32_t nodes;
	uint32_t leader;
	struct step steps[24];
};

#define COUNT "function count { in text; out words; retries 1 }\n"
#define TOTAL "function total { in words; out counts }\n"
#define WORDCOUNT                                                   \
	COUNT TOTAL "composition wordcount { in text; out counts\n" \
		    "count(text = each text) -> (words)\n"          \
		    "total(words = key words) -> (counts) }\n"
#define PICK "function pick { in rows; in stop; out rows }\n"
#define PICKS                                                   \
	PICK "composition picks { in rows; in stop; out kept\n" \
	     "pick(rows = each rows, stop = broadcast stop) -> (rows = kept) }\n"

static const struct scenario scenarios[] = {
    {"each item of a source is one invocation",
     COUNT "composition c { in text; out words; count(text = each text) -> (words) }",
     0,
     1,
     0,
     {{"source text 2", "count/0 count/1 done text"},
      {"ok 1", ""},
      {"ok 0", "done count"},
      {"batch count>words 3", ""},
      {"batch count>words 0", ""},
      {"mark count>words 0 2", "words/0"},
      {"ok 0", "done words"}}},
    {"an empty source still ends with a sink",
     COUNT "composition c { in text; out words; count(text = each text) -> (words) }",
     0,
     1,
     0,
     {{"source text 0", "done count done text"},
      {"mark count>words 0 0", "words/0"},
      {"ok 0", "done words"}}},
    {"a node takes its share of a source; the sink is the leader's",
     COUNT "composition c { in text; out words; count(text = each text) -> (words) }",
     1,
     3,
     0,
     {{"source text 2", "count/1 count/4 done text"},
      {"ok 0", ""},
      {"ok 1", "done count"},
      {"mark count>words 1 2", ""}}},
    {"key: partitions are planned when all nodes have sent their marks",
     WORDCOUNT,
     0,
     2,
     0,
     {{"source text 1", "count/0 done text"},
      {"ok 0", "done count"},
      {"mark count>total 1 1", ""},
      {"batch count>total 5", ""},
      {"mark count>total 0 1", ""},
      {"batch count>total 5", "plan total"},
      {"partitions total 0 2048", "total/0-2048 total/2048-4096"},
      {"ok 0", ""},
      {"ok 1", "done total"},
      {"mark total>counts 0 2", ""},
      {"batch total>counts 1", ""},
      {"batch total>counts 1", ""},
      {"mark total>counts 1 0", "counts/0"},
      {"ok 0", "done counts"}}},
    {"key without any item: no partition, no invocation",
     WORDCOUNT,
     1,
     2,
     0,
     {{"source text 0", "done count done text"},
      {"mark count>total 0 0", ""},
      {"mark count>total 1 0", "plan total"},
      {"partitions total", "done total"}}},
    {"a mark that comes twice counts once",
     WORDCOUNT,
     0,
     2,
     1,
     {{"source text 0", "done count done text"},
      {"mark count>total 0 0", ""},
      {"mark count>total 0 0", ""},
      {"mark count>total 1 0", "plan total"}}},
    {"all: one invocation, on the leader, with what came from everywhere",
     "function sum { in a; out b }\n"
     "composition c { in a; out b; sum(a = all a) -> (b) }",
     0,
     2,
     0,
     {{"source a 1", "a/0"},
      {"batch a>sum 1", ""},
      {"ok 0", "done a"},
      {"mark a>sum 0 1", ""},
      {"mark a>sum 1 1", ""},
      {"batch a>sum 1", "sum/0"},
      {"ok 0", "done sum"},
      {"batch sum>b 1", ""},
      {"mark sum>b 0 1", "b/0"},
      {"ok 0", "done b"}}},
    {"all runs nowhere but on the leader",
     "function sum { in a; out b }\n"
     "composition c { in a; out b; sum(a = all a) -> (b) }",
     1,
     2,
     0,
     {{"source a 1", "a/1"}, {"ok 0", "done a"}}},
    {"all of nothing is not run: a required input is empty",
     "function sum { in a; out b }\n"
     "composition c { in a; out b; sum(a = all a) -> (b) }",
     0,
     1,
     0,
     {{"source a 0", "done a"}, {"mark a>sum 0 0", "done sum"}, {"mark sum>b 0 0", "b/0"}}},
    {"all of nothing is run when the input is optional",
     "function sum { in a optional; out b }\n"
     "composition c { in a; out b; sum(a = all a) -> (b) }",
     0,
     1,
     0,
     {{"source a 0", "done a"}, {"mark a>sum 0 0", "sum/0"}}},
    {"each waits for what is broadcast to it",
     PICKS,
     0,
     1,
     0,
     {{"source rows 2", "done rows"},
      {"source stop 1", "stop/0"},
      {"ok 0", "done stop"},
      {"mark stop>pick 0 1", ""},
      {"batch stop>pick 1", "pick/0 pick/1"},
      {"ok 0", ""},
      {"ok 1", "done pick"}}},
    {"a required broadcast input that is empty: nothing runs, items are dropped",
     PICKS,
     0,
     1,
     0,
     {{"source rows 2", "done rows"},
      {"source stop 0", "done stop"},
      {"mark stop>pick 0 0", "done pick"},
      {"mark pick>kept 0 0", "kept/0"}}},
    {"an optional broadcast input that is empty: all items run",
     "function pick { in rows; in stop optional; out rows }\n"
     "composition picks { in rows; in stop optional; out kept\n"
     "pick(rows = each rows, stop = broadcast stop) -> (rows = kept) }",
     0,
     1,
     0,
     {{"source rows 1", "done rows"},
      {"source stop 0", "done stop"},
      {"mark stop>pick 0 0", "pick/0"}}},
    {"each item of a function's output runs before that function is done",
     "function a { in x; out y }\nfunction b { in y; out z }\n"
     "composition c { in x; out z; a(x = each x) -> (y); b(y = each y) -> (z) }",
     0,
     1,
     0,
     {{"source x 2", "a/0 a/1 done x"},
      {"ok 0", ""},
      {"each a>b 0 1 2", "b/0 b/1"},
      {"ok 0", ""},
      {"ok 2", ""},
      {"ok 1", "done a"},
      {"mark a>b 0 2", ""},
      {"each a>b 1048576 1 1", "b/1048576"},
      {"ok 0", "done b"}}},
    {"items of an `all` producer are dealt over the nodes",
     "function a { in x; out y }\nfunction b { in y; out z }\n"
     "composition c { in x; out z; a(x = all x) -> (y); b(y = each y) -> (z) }",
     1,
     3,
     0,
     {{"source x 0", "done x"},
      {"each a>b 1 3 2", "b/1 b/4"},
      {"ok 0", ""},
      {"mark a>b 0 1", ""},
      {"ok 1", "done b"}}},
    {"two consumers of one set are both fed",
     COUNT TOTAL "function lines { in words; out lines }\n"
		 "composition c { in text; out counts; out lines\n"
		 "count(text = each text) -> (words)\n"
		 "total(words = key words) -> (counts)\n"
		 "lines(words = all words) -> (lines) }",
     0,
     1,
     0,
     {{"source text 1", "count/0 done text"},
      {"ok 0", "done count"},
      {"batch count>total 1", ""},
      {"batch count>lines 1", ""},
      {"mark count>lines 0 1", "lines/0"},
      {"mark count>total 0 1", "plan total"}}},
    {"a nested composition's calls are vertices",
     WORDCOUNT "composition outer { in text; out counts\n"
	       "wordcount as inner(text = text) -> (counts) }",
     0,
     1,
     0,
     {{"source text 1", "inner.count/0 done text"},
      {"ok 0", "done inner.count"},
      {"mark inner.count>inner.total 0 0", "plan inner.total"},
      {"partitions inner.total", "done inner.total"}}},
    {"a failed attempt is tried again as often as its function says",
     COUNT "composition c { in text; out words; count(text = each text) -> (words) }",
     0,
     1,
     0,
     {{"source text 2", "count/0 count/1 done text"},
      {"bad 0", "count/0.1"},
      {"ok 1", ""},
      {"bad 0", "fail count/0.1"}}},
    {"a retry that succeeds is an end like any other",
     COUNT "composition c { in text; out words; count(text = each text) -> (words) }",
     0,
     1,
     0,
     {{"source text 1", "count/0 done text"}, {"bad 0", "count/0.1"}, {"ok 0", "done count"}}},
    {"a source that cannot be read fails at once",
     "function sum { in a; out b }\n"
     "composition c { in a; out b; sum(a = all a) -> (b) }",
     0,
     1,
     0,
     {{"source a 1", "a/0"}, {"bad 0", "fail a/0.0"}}},
};

static void event_apply(struct sched *sched, const struct scenario *scenario,
			const struct plan *plan, const char *event)
{
	static uint64_t partitions[4][16];
	char what[16] = "", where[2 * MR_NAME_BYTES_MAX] = "";
	unsigned long long n[3] = {0};
	int fields = sscanf(event, "%15s %127s %llu %llu %llu", what, where, &n[0], &n[1], &n[2]);

	if (strcmp(what, "source") == 0) {
		uint32_t v = vertex_find(plan, where);

		for (uint32_t i = 0; i < n[0]; i++)
			partitions[v][i] = scenario->node + i * scenario->nodes;
		sched_source(sched, v, partitions[v], (uint32_t)n[0]);
	} else if (strcmp(what, "batch") == 0) {
		sched_batch(sched, edge_find(plan, where), n[0]);
	} else if (strcmp(what, "mark") == 0) {
		sched_mark(sched, edge_find(plan, where), (uint32_t)n[0], n[1]);
	} else if (strcmp(what, "each") == 0) {
		int rc = sched_each_batch(sched, edge_find(plan, where), 0, n[0], (uint32_t)n[1],
					  (uint32_t)n[2]);

		CHECK(rc == 0, "%s: %s", scenario->name, event);
	} else if (strcmp(what, "partitions") == 0) {
		uint16_t firsts[3] = {(uint16_t)n[0], (uint16_t)n[1], (uint16_t)n[2]};

		sched_partitions(sched, vertex_find(plan, where), firsts, (uint32_t)fields - 2);
	} else {
		CHECK(strcmp(what, "ok") == 0 || strcmp(what, "bad") == 0, "event %s", what);
		sched_done(sched, (uint32_t)atoi(where), what[0] == 'o');
	}
}

static void action_print(const struct plan *plan, const struct sched *sched,
			 const struct sched_action *action, char *text, size_t bytes)
{
	const char *name = plan->vertices[action->vertex].name;
	bool keyed = sched_driver(sched, action->vertex) == DIST_KEY;
	unsigned long long partition = action->partition;

	if (action->kind == SCHED_PLAN)
		snprintf(text, bytes, "plan %s", name);
	else if (action->kind == SCHED_VERTEX_DONE)
		snprintf(text, bytes, "done %s", name);
	else if (action->kind == SCHED_FAIL)
		snprintf(text, bytes, "fail %s/%llu.%u", name, partition, action->attempt);
	else if (action->attempt > 0)
		snprintf(text, bytes, "%s/%llu.%u", name, partition, action->attempt);
	else if (keyed)
		snprintf(text, bytes, "%s/%llu-%u", name, partition, action->group_end);
	else
		snprintf(text, bytes, "%s/%llu", name, partition);
}

static void actions_take(struct sched *sched, const struct plan *plan, char *text, size_t bytes)
{
	struct sched_action action;
	size_t used = 0;

	text[0] = 0;
	while (sched_next(sched, &action)) {
		char one[128];

		action_print(plan, sched, &action, one, sizeof(one));
		used +=
		    (size_t)snprintf(text + used, bytes - used, "%s%s", used > 0 ? " " : "", one);
	}
}

static void scenario_run(const struct scenario *scenario)
{
	struct plan *plan = plan_make(scenario->text);
	struct sched_config config = {plan, scenario->node, scenario->nodes, scenario->leader, 4};
	char error[256];
	struct sched *sched = sched_make(&config, error, sizeof(error));

	CHECK(sched != NULL, "%s: %s", scenario->name, error);
	for (uint32_t i = 0; scenario->steps[i].event != NULL; i++) {
		const struct step *step = &scenario->steps[i];
		char actions[512];

		event_apply(sched, scenario, plan, step->event);
		actions_take(sched, plan, actions, sizeof(actions));
		CHECK(strcmp(actions, step->actions) == 0,
		      "%s: after step %u, \"%s\": expected \"%s\", got \"%s\"", scenario->name, i,
		      step->event, step->actions, actions);
	}
	sched_drop(&sched);
	plan_free(&plan);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		scenario_run(&scenarios[i]);
	return 0;
}
