/* docs/composition.md says the truth: blocks of ```mr are planned, blocks of ```mr-error are
 * refused, and a block of ```error after one is what is printed; ```plan shows the first plan. */
#include <errno.h>

#include "compose.h"

#include "test.h"

struct block {
	char kind[16];
	char *text;
	uint32_t line;
};

static char *file_read(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text;
	size_t bytes = 0;
	FILE *out;
	int c;

	CHECK(file != NULL, "%s: %s", path, strerror(errno));
	out = open_memstream(&text, &bytes);
	CHECK(out != NULL, "no memory");
	while ((c = getc(file)) != EOF)
		fputc(c, out);
	fclose(out);
	fclose(file);
	return text;
}

/* Cuts the next block out of text, which it changes; false at the end. */
static bool block_next(char **text, uint32_t *line, struct block *block)
{
	bool inside = false;

	while (**text != '\0') {
		char *start = *text;
		char *end = strchr(start, '\n');

		CHECK(end != NULL, "the last line has no end");
		*text = end + 1;
		++*line;
		if (strncmp(start, "```", 3) != 0)
			continue;
		if (inside) {
			*start = '\0';
			return true;
		}
		inside = true;
		snprintf(block->kind, sizeof(block->kind), "%.*s", (int)(end - start - 3),
			 start + 3);
		block->text = end + 1;
		block->line = *line;
	}
	CHECK(!inside, "line %u: the block is not closed", block->line);
	return false;
}

/* What planning a block prints: its plan, or its error. */
static char *block_plan(const struct block *block, int expected)
{
	struct compose_error error;
	struct plan *plan;
	char text[COMPOSE_ERROR_TEXT_BYTES_MAX] = "";
	char *shown;
	size_t bytes;
	FILE *out;
	int rc;

	rc = compose_plan("example.mr", block->text, strlen(block->text), NULL, &plan, &error);
	if (rc < 0)
		compose_error_print(&error, text, sizeof(text));
	CHECK(rc == expected, "line %u: rc %d\n%s", block->line, rc, text);
	out = open_memstream(&shown, &bytes);
	CHECK(out != NULL, "no memory");
	if (rc < 0)
		fprintf(out, "%s\n", text);
	else
		plan_print(plan, out);
	fclose(out);
	plan_free(&plan);
	return shown;
}

int main(int argc, char **argv)
{
	char *shown_error = NULL;
	char *shown_plan = NULL;
	struct block block;
	uint32_t plans = 0;
	uint32_t errors = 0;
	uint32_t line = 0;
	char *text;
	char *at;

	CHECK(argc == 2, "usage: %s FILE.md", argv[0]);
	text = file_read(argv[1]);
	at = text;
	while (block_next(&at, &line, &block)) {
		if (strcmp(block.kind, "mr") == 0) {
			char *shown = block_plan(&block, 0);

			if (plans++ == 0)
				shown_plan = shown;
			else
				free(shown);
		} else if (strcmp(block.kind, "mr-error") == 0) {
			free(shown_error);
			shown_error = block_plan(&block, -EINVAL);
			errors++;
		} else if (strcmp(block.kind, "error") == 0) {
			CHECK(shown_error != NULL && strcmp(block.text, shown_error) == 0,
			      "line %u: printed is\n%s", block.line, shown_error);
		} else if (strcmp(block.kind, "plan") == 0) {
			CHECK(shown_plan != NULL && strcmp(block.text, shown_plan) == 0,
			      "line %u: printed is\n%s", block.line, shown_plan);
		} else {
			CHECK(strcmp(block.kind, "ebnf") == 0, "line %u: what is a block of '%s'?",
			      block.line, block.kind);
		}
	}
	CHECK(plans > 0 && errors > 0, "%u plans and %u errors", plans, errors);
	printf("%u plans, %u errors\n", plans, errors);
	free(shown_error);
	free(shown_plan);
	free(text);
	return 0;
}
