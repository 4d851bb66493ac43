/* grep: lines found, their names, edges of the text, and patterns it refuses. */
#include "harness.h"
#include "test.h"

static struct harness_function grep;

/* Searches one text; the answer is the only item, or there is none when it is empty. */
static void grep_verify(const char *text, uint32_t len, const char *pattern, const char *answer)
{
	const struct harness_item texts[] = {{.name = "a.txt", .bytes = text, .len = len},
					     {.name = "b", .bytes = "nothing\n", .len = 8}};
	const struct harness_item patterns[] = {
	    {.bytes = pattern, .len = (uint32_t)strlen(pattern)}};
	const struct harness_set in[] = {{"text", texts, 1}, {"pattern", patterns, 1}};
	struct harness_run run;

	harness_invoke(&grep, in, 2, &run);
	CHECK(run.result.outcome == SANDBOX_OK, "%s", run.result.text);
	CHECK(run.out.item_count == (answer[0] != 0), "%s", pattern);
	if (answer[0] != 0) {
		CHECK(harness_items(&run)->bytes_len == strlen(answer), "%s in %s", pattern, text);
		CHECK(memcmp(harness_bytes(&run, harness_items(&run)), answer, strlen(answer)) == 0,
		      "%s in %s", pattern, text);
	}
	harness_release(&run);
}

static void string_verify(const char *text, const char *pattern, const char *answer)
{
	grep_verify(text, (uint32_t)strlen(text), pattern, answer);
}

static void pattern_refused(const struct harness_item *patterns, uint32_t count, const char *words)
{
	const struct harness_item text = {.name = "a", .bytes = "a\n", .len = 2};
	const struct harness_set in[] = {{"text", &text, 1}, {"pattern", patterns, count}};
	struct harness_run run;

	harness_invoke(&grep, in, 2, &run);
	CHECK(run.result.outcome == SANDBOX_FAILED);
	CHECK(strstr(run.result.text, words) != NULL, "%s", run.result.text);
	harness_release(&run);
}

int main(int argc, char **argv)
{
	const struct harness_item two_lines = {.bytes = "a\nb", .len = 3};
	char *dense = malloc(200001);

	harness_start();
	grep = (struct harness_function){.code = harness_prepare(argv[1], argv[2], "grep"),
					 .out = "lines",
					 .memory_base = 256 << 10,
					 .memory_factor = 2};
	string_verify("", "x", "");
	string_verify("one\ntwo\nthree\n", "t", "a.txt:two\na.txt:three\n");
	string_verify("one\ntwo\nthree", "three", "a.txt:three\n");
	string_verify("one\ntwo\nthree", "threes", "");
	string_verify("aab\nab\nb\n", "ab", "a.txt:aab\na.txt:ab\n");
	string_verify("xx xx xx\nx\n", "xx", "a.txt:xx xx xx\n");
	string_verify("one\n\ntwo\n", "", "a.txt:one\na.txt:\na.txt:two\n");
	string_verify("one\ntwo\n", "two\n", "a.txt:two\n");
	pattern_refused(&two_lines, 1, "more than one line");
	pattern_refused(NULL, 0, "must hold one item holds 0");
	/* Each of many short lines matches: more output than memory is an error, not a crash. */
	memset(dense, '\n', 200000);
	{
		const struct harness_item text = {
		    .name = "a-rather-long-name", .bytes = dense, .len = 200000};
		const struct harness_item pattern = {.bytes = "", .len = 0};
		const struct harness_set in[] = {{"text", &text, 1}, {"pattern", &pattern, 1}};
		struct harness_run run;

		harness_invoke(&grep, in, 2, &run);
		CHECK(run.result.outcome == SANDBOX_FAILED);
		CHECK(strstr(run.result.text, "raise `memory`") != NULL, "%s", run.result.text);
		harness_release(&run);
	}
	free(dense);
	sandbox_release(&grep.code);
	harness_stop();
	return 0;
}
