/*
 * Compositions of every shape, on one, two and three nodes: each gives what a reference gives,
 * whatever the number of nodes.
 *
 *	dataflow FUNCTIONS_DIR TEST_FUNCTIONS_DIR SANDBOX
 */
#include <sys/stat.h>

#include "nodes.h"
#include "random.h"

#define NODES_MAX 3
#define HUGE_LINE 300000 /* bytes: several messages' worth */

#define RELAY                                                                \
	"function relay { in given; in side optional; out made; out sizes\n" \
	"	memory 256KiB + 6 x input }\n"
#define TALLY                                                         \
	"function tally { in items; in others optional; out counts\n" \
	"	memory 256KiB + 4 x input }\n"

/* What a composition gives, as lines in any order. */
enum reference {
	LINES,          /* of all files */
	LINES_SIDE_1,   /* behind each the number of files in `side` */
	LINES_SIDE_ALL, /* or of lines of all files */
	COUNTS,         /* of equal lines */
	COUNTS_BOTH,    /* and of those in `side` */
	SIZES,          /* of files, with their names */
	NOTHING,
};

struct flow {
	const char *name;
	const char *text;
	bool side;
	enum reference reference;
};

static const struct flow flows[] = {
    {"all",
     RELAY "composition c { in text; out result\n"
	   "relay(given = all text) -> (made = result) }",
     false, LINES},
    {"each",
     RELAY "composition c { in text; out result\n"
	   "relay(given = each text) -> (made = result) }",
     false, LINES},
    {"each of a split",
     RELAY "composition c { in text split line 1KiB; out result\n"
	   "relay(given = each text) -> (made = result) }",
     false, LINES},
    {"each after each",
     RELAY "composition c { in text; out result\n"
	   "relay(given = each text) -> (made = lines)\n"
	   "relay(given = each lines) -> (made = again)\n"
	   "relay(given = each again) -> (made = result) }",
     false, LINES},
    {"each after all: items are dealt",
     RELAY "composition c { in text; out result\n"
	   "relay(given = all text) -> (made = lines)\n"
	   "relay(given = each lines) -> (made = result) }",
     false, LINES},
    {"key",
     RELAY TALLY "composition c { in text; out result\n"
		 "relay(given = each text) -> (made = lines)\n"
		 "tally(items = key lines) -> (counts = result) }",
     false, COUNTS},
    {"each after key, key after that",
     RELAY TALLY "composition c { in text; out result\n"
		 "relay(given = each text) -> (made = lines)\n"
		 "relay as keyed(given = key lines) -> (made = grouped)\n"
		 "relay as single(given = each grouped) -> (made = singles)\n"
		 "tally(items = key singles) -> (counts = result) }",
     false, COUNTS},
    {"two keyed inputs",
     RELAY TALLY "composition c { in text; in side; out result\n"
		 "relay as left(given = each text) -> (made = lines)\n"
		 "relay as right(given = all side) -> (made = others)\n"
		 "tally(items = key lines, others = key others) -> (counts = result) }",
     true, COUNTS_BOTH},
    {"broadcast of a source",
     RELAY "composition c { in text; in side; out result\n"
	   "relay(given = each text, side = broadcast side) -> (made = result) }",
     true, LINES_SIDE_1},
    {"broadcast of a function's output",
     RELAY "composition c { in text; out result\n"
	   "relay(given = each text) -> (made = lines)\n"
	   "relay as second(given = each text, side = broadcast lines) -> (made = result) }",
     false, LINES_SIDE_ALL},
    {"each of a function's output beside a broadcast",
     RELAY "composition c { in text; in side; out result\n"
	   "relay(given = each text) -> (made = lines)\n"
	   "relay as second(given = each lines, side = broadcast side) -> (made = result) }",
     true, LINES_SIDE_1},
    {"key beside a broadcast",
     RELAY "composition c { in text; in side; out result\n"
	   "relay(given = each text) -> (made = lines)\n"
	   "relay as second(given = key lines, side = broadcast side) -> (made = result) }",
     true, LINES_SIDE_1},
    {"an optional input, given",
     RELAY "composition c { in text; in side optional; out result\n"
	   "relay(given = each text, side = broadcast side) -> (made = result) }",
     true, LINES_SIDE_1},
    {"an optional input, left out",
     RELAY "composition c { in text; in side optional; out result\n"
	   "relay(given = each text, side = broadcast side) -> (made = result) }",
     false, LINES},
    {"a required input that is empty: nothing runs",
     RELAY "composition c { in text; in side optional; out result; out lines\n"
	   "relay(given = all side) -> (made = none)\n"
	   "relay as second(given = each none, side = broadcast text) -> (made = result)\n"
	   "relay as third(given = each text) -> (made = lines) }",
     false, NOTHING},
    {"the other output",
     RELAY "composition c { in text; out result; out lines\n"
	   "relay(given = each text) -> (sizes = result, made = lines) }",
     false, SIZES},
    {"two consumers of one set",
     RELAY TALLY "composition c { in text; out sum; out result\n"
		 "relay(given = each text) -> (made = lines)\n"
		 "relay as whole(given = all lines) -> (made = sum)\n"
		 "tally(items = key lines) -> (counts = result) }",
     false, COUNTS},
    {"the other consumer",
     RELAY TALLY "composition c { in text; out counts; out result\n"
		 "relay(given = each text) -> (made = lines)\n"
		 "relay as whole(given = all lines) -> (made = result)\n"
		 "tally(items = key lines) -> (counts) }",
     false, LINES},
    {"nested, and nested in that",
     RELAY TALLY "composition inner { in text; out lines\n"
		 "relay(given = each text) -> (made = lines) }\n"
		 "composition middle { in text; out counts\n"
		 "inner(text = text) -> (lines)\n"
		 "tally(items = key lines) -> (counts) }\n"
		 "composition c { in text; out result\n"
		 "middle(text = text) -> (counts = result) }",
     false, COUNTS},
};

struct test {
	const char *sandbox;
	const char *dirs[2];
	struct nodes nodes[NODES_MAX];
	char uri[300];
	char side[300];
};

/* --- Lines in any order -------------------------------------------------------------------- */

struct lines {
	char **line;
	size_t count;
};

static int line_compare(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static void line_add(struct lines *lines, const char *text, size_t length)
{
	lines->line = realloc(lines->line, (lines->count + 1) * sizeof(*lines->line));
	CHECK(lines->line != NULL);
	lines->line[lines->count++] = strndup(text, length);
}

static void lines_add(struct lines *lines, const char *text)
{
	while (*text != 0) {
		size_t length = strcspn(text, "\n");

		if (length > 0)
			line_add(lines, text, length);
		text += length + (text[length] != 0);
	}
}

static void lines_sort(struct lines *lines)
{
	if (lines->count > 0)
		qsort(lines->line, lines->count, sizeof(*lines->line), line_compare);
}

static void lines_free(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->line[i]);
	free(lines->line);
	*lines = (struct lines){0};
}

static void lines_append_number(struct lines *lines, size_t number)
{
	for (size_t i = 0; i < lines->count; i++) {
		char *longer;

		CHECK(asprintf(&longer, "%s|%zu", lines->line[i], number) > 0);
		free(lines->line[i]);
		lines->line[i] = longer;
	}
}

static void lines_tally(struct lines *lines)
{
	struct lines counts = {0};

	lines_sort(lines);
	for (size_t i = 0, first = 0; i < lines->count; i++) {
		char *count;

		if (i + 1 < lines->count && strcmp(lines->line[i], lines->line[i + 1]) == 0)
			continue;
		CHECK(asprintf(&count, "%zu %s", i + 1 - first, lines->line[i]) > 0);
		line_add(&counts, count, strlen(count));
		free(count);
		first = i + 1;
	}
	lines_free(lines);
	*lines = counts;
}

static void lines_compare(const struct lines *got, const struct lines *wanted, const char *name,
			  uint32_t nodes)
{
	CHECK(got->count == wanted->count, "%s on %u nodes: %zu lines, not %zu", name, nodes,
	      got->count, wanted->count);
	for (size_t i = 0; i < got->count; i++)
		CHECK(strcmp(got->line[i], wanted->line[i]) == 0,
		      "%s on %u nodes: \"%.60s\", not \"%.60s\"", name, nodes, got->line[i],
		      wanted->line[i]);
}

/* --- Inputs and reference ------------------------------------------------------------------ */

static const char side_text[] = "line 3\nline 3\nof the side\n";
static char *texts[5];
static const char *const names[] = {"a.txt", "empty.txt", "no-newline.txt", "huge.txt",
				    "n\xff\xfe.txt"};

static void inputs_write(struct test *test)
{
	struct sim_random random = {1};
	char *at = texts[0] = malloc(40000);

	CHECK(at != NULL && (texts[3] = malloc(HUGE_LINE + 1)) != NULL);
	for (int i = 0; i < 1500; i++)
		at += sprintf(at, "line %u\n%s", (unsigned)sim_random_below(&random, 400),
			      i % 100 == 0 ? "\n" : "");
	texts[1] = strdup("");
	texts[2] = strdup("line 1\nline 2\nno newline");
	memset(texts[3], 'h', HUGE_LINE);
	texts[3][HUGE_LINE] = 0;
	texts[4] = strdup("line 1\nn\xff\n");
	CHECK(mkdir(test_path("in"), 0755) == 0);
	for (size_t i = 0; i < 5; i++) {
		char name[64];

		snprintf(name, sizeof(name), "in/%s", names[i]);
		test_write(test_path(name), texts[i], strlen(texts[i]));
	}
	test_write(test_path("side"), side_text, strlen(side_text));
	snprintf(test->uri, sizeof(test->uri), "file:%s", test_path("in/*"));
	snprintf(test->side, sizeof(test->side), "file:%s", test_path("side"));
}

static void reference_make(enum reference reference, struct lines *lines)
{
	for (size_t i = 0; i < 5 && reference != SIZES && reference != NOTHING; i++)
		lines_add(lines, texts[i]);
	switch (reference) {
	case LINES_SIDE_1:
		lines_append_number(lines, 1);
		break;
	case LINES_SIDE_ALL:
		lines_append_number(lines, lines->count);
		break;
	case COUNTS_BOTH: {
		struct lines others = {0};

		lines_add(&others, side_text);
		lines_tally(&others);
		lines_tally(lines);
		for (size_t i = 0; i < others.count; i++)
			line_add(lines, others.line[i], strlen(others.line[i]));
		lines_free(&others);
		break;
	}
	case COUNTS:
		lines_tally(lines);
		break;
	case SIZES:
		for (size_t i = 0; i < 5; i++) {
			char line[512];
			int length = snprintf(line, sizeof(line), "%s/%s %zu", test_path("in"),
					      names[i], strlen(texts[i]));

			line_add(lines, line, (size_t)length);
		}
		break;
	default:
		break;
	}
	lines_sort(lines);
}

/* --- Runs ---------------------------------------------------------------------------------- */

static void job_run(struct test *test, uint32_t nodes, const struct test_job *job, const char *name,
		    struct lines *lines)
{
	struct job_status status;
	size_t bytes;
	char *result;

	CHECK(nodes_run(&test->nodes[nodes - 1], job, &status) == 0, "%s: %s", name, status.error);
	CHECK(status.state == JOB_DONE, "%s on %u nodes: %s", name, nodes, status.error);
	result = test_read(test_path("result"), &bytes);
	lines_add(lines, result);
	lines_sort(lines);
	free(result);
}

static void flow_run(struct test *test, const struct flow *flow)
{
	struct test_job job;
	struct lines wanted = {0};

	test_write(test_path("flow.mr"), flow->text, strlen(flow->text));
	test_job_open(&job, test_path("flow.mr"), test->dirs, test->sandbox);
	test_job_input(&job, "text", test->uri);
	if (flow->side)
		test_job_input(&job, "side", test->side);
	test_job_output(&job, "result", test_path("result"));
	reference_make(flow->reference, &wanted);
	for (uint32_t nodes = 1; nodes <= NODES_MAX; nodes++) {
		struct lines got = {0};

		job_run(test, nodes, &job, flow->name, &got);
		lines_compare(&got, &wanted, flow->name, nodes);
		lines_free(&got);
	}
	lines_free(&wanted);
	test_job_close(&job);
}

/* No file matches: every kind of consumer ends, with nothing. */
static void empty_run(struct test *test, const struct flow *flow)
{
	struct test_job job;
	struct lines got = {0}, none = {0};

	test_write(test_path("flow.mr"), flow->text, strlen(flow->text));
	test_job_open(&job, test_path("flow.mr"), test->dirs, test->sandbox);
	test_job_input(&job, "text", "file:/nonexistent/*.txt");
	if (flow->side)
		test_job_input(&job, "side", "file:/nonexistent/*.txt");
	test_job_output(&job, "result", test_path("result"));
	for (uint32_t nodes = 1; nodes <= NODES_MAX; nodes += 2) {
		job_run(test, nodes, &job, flow->name, &got);
		lines_compare(&got, &none, flow->name, nodes);
	}
	test_job_close(&job);
}

int main(int argc, char **argv)
{
	struct test test = {0};

	CHECK(argc > 3, "usage: dataflow FUNCTIONS_DIR TEST_FUNCTIONS_DIR SANDBOX [handover]");
	test.dirs[0] = argv[1];
	test.dirs[1] = argv[2];
	test.sandbox = argv[3];
	inputs_write(&test);
	for (uint32_t nodes = 1; nodes <= NODES_MAX; nodes++) {
		const struct cluster_config config = {.nodes = nodes,
						      .workers = 1,
						      .sandbox = sandbox_backend(test.sandbox),
						      .handover = argc > 4,
						      .memory_bytes = nodes * 64ull * 1024 * 1024};

		nodes_open(&test.nodes[nodes - 1], &config, NULL);
	}
	for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
		flow_run(&test, &flows[i]);
		empty_run(&test, &flows[i]);
	}
	CHECK(nodes_handed(&test.nodes[NODES_MAX - 1]) == (argc > 4), "batches were to go as %s",
	      argc > 4 ? "hand-overs" : "frames");
	for (uint32_t nodes = 1; nodes <= NODES_MAX; nodes++)
		nodes_close(&test.nodes[nodes - 1]);
	for (size_t i = 0; i < 5; i++)
		free(texts[i]);
	return 0;
}
