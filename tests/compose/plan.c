/* Plans of good texts, compared with what plan_print() is to show of them. */
#include "compose.h"

#include "test.h"

#define WORDCOUNT                                                                              \
	"# Counts words: one count per chunk of text, one total per partition of the words.\n" \
	"function count {\n"                                                                   \
	"    in text\n"                                                                        \
	"    out words\n"                                                                      \
	"    memory 6MiB + 1.5 x input\n"                                                      \
	"    time 10s\n"                                                                       \
	"    retries 2\n"                                                                      \
	"}\n"                                                                                  \
	"function total { in words; out counts; memory 1MiB + 4 x input }\n"                   \
	"\n"                                                                                   \
	"composition wordcount {\n"                                                            \
	"    in text split line 4MiB\n"                                                        \
	"    out counts merge 1 number desc, 2 text asc\n"                                     \
	"    count(text = each text) -> (words)\n"                                             \
	"    total(words = key words) -> (counts)\n"                                           \
	"}\n"

#define FILTER "function filter { in lines; in extra optional; out lines }\n"

struct good {
	const char *name;
	const char *text;
	const char *composition;
	const char *plan;
};

static const struct good good[] = {
    {"the word count", WORDCOUNT, NULL,
     "plan wordcount: 4 vertices, 3 edges\n"
     "    0  in text split line 4MiB\n"
     "    1  count runs count: memory 6MiB + 1.5 x input, time 10s, retries 2\n"
     "       text = each text\n"
     "    2  total runs total: memory 1MiB + 4 x input, time 1min, retries 2\n"
     "       words = key count.words\n"
     "    3  out counts merge 1 number desc, 2 text asc\n"
     "       = total.counts\n"},
    {"an operator, whose braces and parentheses in quotes and comments are its own",
     "operator steps {\n"
     "    in in_ as csv (a:utf8,\n b:decimal128(9, 2))\n"
     "    out out_\n"
     "    steps { select a = '}' # }\n"
     "    project \"}\" = 1 }\n"
     "    memory 1MiB; time 1s\n"
     "}\n"
     "composition steps_ { in as_; out b; steps(in_ = all as_) -> (out_ = b) }\n",
     NULL,
     "plan steps_: 3 vertices, 2 edges\n"
     "    0  in as_ split none\n"
     "    1  steps runs steps: operator, memory 1MiB, time 1s, retries 2\n"
     "       in_ = all as_\n"
     "    2  out b\n"
     "       = steps.out_\n"},
    {"defaults, CR LF and a byte order mark",
     "\xef\xbb\xbf" FILTER "composition c {\r\n in a; out b;\r\n"
     " filter(lines = all a) -> (lines = b)\r\n}\r\n",
     NULL,
     "plan c: 3 vertices, 2 edges\n"
     "    0  in a split none\n"
     "    1  filter runs filter: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       lines = all a\n"
     "    2  out b\n"
     "       = filter.lines\n"},
    {"calls against the order of the text, twice the same function, a set used twice",
     "composition c { in a optional; out d merge 2\n"
     " filter(lines = each y, extra = broadcast x) -> (lines = z)\n"
     " filter(lines = each x) -> (lines = y)\n"
     " filter as first(\n   lines = each a # the items\n ) -> (\n   lines = x\n )\n"
     " filter(lines = all z) -> (lines = d)\n"
     "}\n" FILTER,
     "c",
     "plan c: 6 vertices, 6 edges\n"
     "    0  in a optional split none\n"
     "    1  first runs filter: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       lines = each a\n"
     "    2  filter#2 runs filter: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       lines = each first.lines\n"
     "    3  filter runs filter: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       lines = each filter#2.lines\n"
     "       extra = broadcast first.lines\n"
     "    4  filter#3 runs filter: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       lines = all filter.lines\n"
     "    5  out d merge 2 text asc\n"
     "       = filter#3.lines\n"},
    {"of splits the outer is before the inner",
     FILTER "composition c { in a; in b split none; out y; out z\n"
	    " d(x = a) -> (y); e(x = b) -> (y = z) }\n"
	    "composition d { in x split line 1KiB; out y; e(x = x) -> (y) }\n"
	    "composition e { in x split line 1536B; out y\n"
	    " filter(lines = each x) -> (lines = y) }\n",
     "c",
     "plan c: 6 vertices, 4 edges\n"
     "    0  in a split line 1KiB\n"
     "    1  in b split none\n"
     "    2  d.e.filter runs filter: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       lines = each a\n"
     "    3  e.filter runs filter: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       lines = each b\n"
     "    4  out y\n"
     "       = d.e.filter.lines\n"
     "    5  out z\n"
     "       = e.filter.lines\n"},
    {"every unit and attribute",
     "function f { in a; out b; memory 3B + 0.125 x input; time 1500ms; retries 0;\n"
     " output 64KiB; items 1000 }\n"
     "composition c { in a split line 3GiB; in z split line\n"
     " out b merge 2 number, 1 desc, 3 text; out y\n"
     " f(a = all a) -> (b); f(a = key z) -> (b = y) }\n",
     NULL,
     "plan c: 6 vertices, 4 edges\n"
     "    0  in a split line 3GiB\n"
     "    1  in z split line 4MiB\n"
     "    2  f runs f: memory 3B + 0.125 x input, time 1500ms, retries 0, output 64KiB, items "
     "1000\n"
     "       a = all a\n"
     "    3  f#2 runs f: memory 3B + 0.125 x input, time 1500ms, retries 0, output 64KiB, items "
     "1000\n"
     "       a = key z\n"
     "    4  out b merge 2 number asc, 1 text desc, 3 text asc\n"
     "       = f.b\n"
     "    5  out y\n"
     "       = f#2.b\n"},
    {"sets named by words of statements",
     "function f { in items; in output; out memory; out time; output 4KiB; items 3 }\n"
     "composition c { in items; in output; out retries; out time\n"
     " f(items = all items, output = all output) -> (memory = retries, time) }\n",
     NULL,
     "plan c: 5 vertices, 4 edges\n"
     "    0  in items split none\n"
     "    1  in output split none\n"
     "    2  f runs f: memory 4MiB + 1 x input, time 1min, retries 2, output 4KiB, items 3\n"
     "       items = all items\n"
     "       output = all output\n"
     "    3  out retries\n"
     "       = f.memory\n"
     "    4  out time\n"
     "       = f.time\n"},
    {"nested compositions, an optional input left out, a split that is inherited",
     FILTER "composition outer {\n in logs; in more split line 1KiB; out kept; out both\n"
	    " inner(text = logs) -> (kept)\n"
	    " inner(text = more, words = kept) -> (kept = both)\n}\n"
	    "composition inner {\n in text split line 64KiB; in words optional; out kept\n"
	    " clean(lines = text) -> (kept = clean)\n"
	    " filter(lines = each clean, extra = broadcast words) -> (lines = kept)\n}\n"
	    "composition clean { in lines; out kept; out unused\n"
	    " filter(lines = each lines) -> (lines = kept)\n"
	    " filter as other(lines = each lines) -> (lines = unused) }\n",
     "outer",
     "plan outer: 10 vertices, 9 edges\n"
     "    0  in logs split line 64KiB\n"
     "    1  in more split line 1KiB\n"
     "    2  inner.clean.filter runs filter: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       lines = each logs\n"
     "    3  inner.clean.other runs filter: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       lines = each logs\n"
     "    4  inner.filter runs filter: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       lines = each inner.clean.filter.lines\n"
     "    5  inner#2.clean.filter runs filter: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       lines = each more\n"
     "    6  inner#2.clean.other runs filter: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       lines = each more\n"
     "    7  inner#2.filter runs filter: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       lines = each inner#2.clean.filter.lines\n"
     "       extra = broadcast inner.filter.lines\n"
     "    8  out kept\n"
     "       = inner.filter.lines\n"
     "    9  out both\n"
     "       = inner#2.filter.lines\n"},
    {"epochs: a state that its producer takes itself, one through a nested composition, until",
     "composition c { in a; out b; epochs 20 until b empty; state s = b; state t = x\n"
     " filter(lines = each a, extra = broadcast s) -> (lines = x)\n"
     " inner(in_lines = x, in_extra = t) -> (out_lines = b) }\n"
     "composition inner { in in_lines; in in_extra optional; out out_lines\n"
     " filter as keyed(lines = key in_lines, extra = key in_extra) -> (lines = out_lines) "
     "}\n" FILTER,
     "c",
     "plan c: 4 vertices, 5 edges, 20 epochs until inner.keyed.lines is empty\n"
     "    0  in a split none\n"
     "    1  filter runs filter: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       lines = each a\n"
     "       extra = broadcast inner.keyed.lines of the epoch before\n"
     "    2  inner.keyed runs filter: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       lines = key filter.lines\n"
     "       extra = key filter.lines of the epoch before\n"
     "    3  out b\n"
     "       = inner.keyed.lines\n"},
    {"functions may be called as the words of epochs are",
     "function state { in a; in o optional; out b }\nfunction epochs { in a; out b }\n"
     "composition c { in a; out b; epochs 1; state until = b\n"
     " state(a = all a, o = all until) -> (b = empty); state as again(a = all empty) -> (b = two)\n"
     " epochs(a = all two) -> (b) }\n",
     "c",
     "plan c: 5 vertices, 5 edges, 1 epoch\n"
     "    0  in a split none\n"
     "    1  state runs state: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       a = all a\n"
     "       o = all epochs.b of the epoch before\n"
     "    2  again runs state: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       a = all state.b\n"
     "    3  epochs runs epochs: memory 4MiB + 1 x input, time 1min, retries 2\n"
     "       a = all again.b\n"
     "    4  out b\n"
     "       = epochs.b\n"},
};

static void plan_show(const struct good *test, char **shown)
{
	struct compose_error error;
	struct plan *plan;
	char text[COMPOSE_ERROR_TEXT_BYTES_MAX];
	size_t bytes;
	FILE *out;
	int rc;

	rc = compose_plan("t.mr", test->text, strlen(test->text), test->composition, &plan, &error);
	if (rc < 0)
		compose_error_print(&error, text, sizeof(text));
	CHECK(rc == 0, "%s: %s", test->name, text);
	out = open_memstream(shown, &bytes);
	CHECK(out != NULL, "no memory");
	plan_print(plan, out);
	fclose(out);
	plan_free(&plan);
}

/* The word count's plan as the programs that run it see it. */
static void check_fields(void)
{
	struct compose_error error;
	struct plan *plan;
	int rc;

	rc = compose_plan("t.mr", WORDCOUNT, strlen(WORDCOUNT), "wordcount", &plan, &error);
	CHECK(rc == 0 && plan->vertex_count == 4 && plan->edge_count == 3, "rc %d", rc);
	CHECK(plan->function_count == 2 && plan->functions[1].memory_per_input == 4000 &&
		  plan->functions[0].memory_bytes == 6u << 20 &&
		  plan->functions[0].time_limit_ms == 10000 && plan->functions[0].retries == 2,
	      "functions");
	CHECK(plan->vertices[0].kind == VERTEX_SOURCE &&
		  plan->vertices[0].split.kind == SPLIT_LINE &&
		  plan->vertices[0].split.bytes == 4u << 20,
	      "source");
	CHECK(plan->vertices[3].kind == VERTEX_SINK && plan->vertices[3].merge_count == 2 &&
		  plan->vertices[3].merge[0].number && plan->vertices[3].merge[0].descending &&
		  plan->vertices[3].merge[1].column == 2 && !plan->vertices[3].merge[1].number,
	      "sink");
	CHECK(plan->edges[1].from == 1 && plan->edges[1].to == 2 &&
		  plan->edges[1].distribution == DIST_KEY &&
		  plan->edges[2].distribution == DIST_ALL,
	      "edges");
	CHECK(plan->epochs == 0 && !plan->until && !plan->edges[1].state, "it repeats");
	plan_free(&plan);
	CHECK(plan == NULL, "freed");
	plan_free(&plan);
}

/* What a node is given as an operator's code. */
static void check_operator(void)
{
	static const char text[] =
	    "operator o {\n"
	    " in a as csv (x:utf8,\n  y:int8); in b optional; out c as bytes\n"
	    " steps {\n  select x = '}'\n }\n"
	    "}\n"
	    "composition p { in a; out c; o(a = each a) -> (c) }\n";
	static const char code[] = "in a csv x:utf8,   y:int8\n"
				   "in b arrow \n"
				   "out c bytes \n"
				   "steps\n\n  select x = '}'\n ";
	struct compose_error error;
	struct plan *plan;

	CHECK(compose_plan("o.mr", text, sizeof(text) - 1, NULL, &plan, &error) == 0, "%s",
	      error.message);
	CHECK(plan->functions[0].operator_text != NULL &&
		  strcmp(plan->functions[0].operator_text, code) == 0,
	      "it is\n%s", plan->functions[0].operator_text);
	plan_free(&plan);
}

int main(void)
{
	check_fields();
	check_operator();
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char *shown;

		plan_show(&good[i], &shown);
		CHECK(strcmp(shown, good[i].plan) == 0, "%s: got\n%s\nnot\n%s", good[i].name, shown,
		      good[i].plan);
		free(shown);
	}
	return 0;
}
