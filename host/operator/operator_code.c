/* Takes an operator's code apart. */
#include "operator_code.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table_infer.h"

static const char *const format_names[] = {
    [OPERATOR_ARROW] = "arrow", [OPERATOR_CSV] = "csv",     [OPERATOR_TSV] = "tsv",
    [OPERATOR_JSONL] = "jsonl", [OPERATOR_BYTES] = "bytes",
};
#define FORMATS (sizeof(format_names) / sizeof(format_names[0]))

/* The next word of a line, which it ends by a zero; NULL when there is none. */
static char *word_cut(char **line)
{
	char *word = *line + strspn(*line, " ");
	size_t bytes = strcspn(word, " ");

	if (bytes == 0)
		return NULL;
	*line = word + bytes;
	if (**line != '\0')
		*(*line)++ = '\0';
	return word;
}

static int set_parse(char *line, struct operator_set *set, struct table_error *error)
{
	const char *name = word_cut(&line);
	const char *format = name != NULL ? word_cut(&line) : NULL;
	struct table_error inner;
	int rc;

	if (format == NULL || strlen(name) >= sizeof(set->name))
		return table_fail(error, -EINVAL, "this is not an operator's code");
	snprintf(set->name, sizeof(set->name), "%s", name);
	for (set->format = 0; set->format < FORMATS; set->format++)
		if (strcmp(format, format_names[set->format]) == 0)
			break;
	if (set->format == FORMATS)
		return table_fail(error, -EINVAL, "%s: there is no format \"%s\"", name, format);
	line += strspn(line, " ");
	if (*line == '\0')
		return 0;
	rc = table_given_parse(line, &set->columns, &inner);
	return rc < 0 ? table_fail(error, rc, "the columns of %s: %.900s", name, inner.text) : 0;
}

static int line_parse(struct operator_code *code, char *line, struct table_error *error)
{
	const char *word = word_cut(&line);

	if (word != NULL && strcmp(word, "in") == 0 && code->in_count < MR_SETS_MAX)
		return set_parse(line, &code->in[code->in_count++], error);
	if (word != NULL && strcmp(word, "out") == 0 && code->out.name[0] == '\0')
		return set_parse(line, &code->out, error);
	return table_fail(error, -EINVAL, "this is not an operator's code");
}

static int parse(struct operator_code *code, char *text, struct table_error *error)
{
	static const char steps[] = "steps\n";

	while (strncmp(text, steps, sizeof(steps) - 1) != 0) {
		char *end = strchr(text, '\n');
		int rc;

		if (end == NULL)
			return table_fail(error, -EINVAL, "this is not an operator's code");
		*end = '\0';
		rc = line_parse(code, text, error);
		if (rc < 0)
			return rc;
		text = end + 1;
	}
	if (code->in_count == 0 || code->out.name[0] == '\0')
		return table_fail(error, -EINVAL, "an operator has an input and an output");
	return operator_parse(text + sizeof(steps) - 1, NULL, &code->steps, error);
}

int operator_code_parse(const char *bytes, size_t count, struct operator_code **parsed,
			struct table_error *error)
{
	struct operator_code *code = calloc(1, sizeof(*code));
	char *text = strndup(bytes, count);
	int rc;

	if (code == NULL || text == NULL)
		rc = table_fail(error, -ENOMEM, "no memory");
	else if (strlen(text) != count)
		rc = table_fail(error, -EINVAL, "a zero byte in an operator's code");
	else
		rc = parse(code, text, error);
	free(text);
	if (rc < 0)
		operator_code_free(&code);
	*parsed = code;
	return rc;
}

void operator_code_free(struct operator_code **freed)
{
	struct operator_code *code = *freed;

	*freed = NULL;
	if (code == NULL)
		return;
	for (uint32_t i = 0; i < code->in_count; i++)
		table_schema_free(&code->in[i].columns);
	table_schema_free(&code->out.columns);
	operator_list_free(&code->steps);
	free(code);
}
