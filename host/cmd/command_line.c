/* Reads the command line of a command by getopt_long(). */
#include "command_line.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>

#define FIRST 256 /* number of the first option: no letter has it */

int command_line_wrong(const struct command_line *line, const char *what, const char *argument)
{
	fprintf(stderr, "millrace %s: %s%s\nTry 'millrace %s --help'.\n", line->command, what,
		argument, line->command);
	return RUN_USAGE;
}

int command_line_failed(const struct command_line *line, const char *error,
			enum run_outcome outcome)
{
	fprintf(stderr, "millrace %s: %s\n", line->command, error);
	return outcome;
}

/* The options as getopt has them, --help the last; their number. */
static int options_fill(const struct command_line *line, struct option *options)
{
	int count = 0;

	for (; line->options[count].name != NULL; count++) {
		assert(count < COMMAND_OPTIONS_MAX);
		options[count] = (struct option){
		    line->options[count].name,
		    line->options[count].value != NULL ? required_argument : no_argument, NULL,
		    FIRST + count};
	}
	options[count] = (struct option){"help", no_argument, NULL, FIRST + count};
	options[count + 1] = (struct option){0};
	return count;
}

/* What getopt refused: optopt is the option's number, or the letter that is none. */
static int option_wrong(const struct command_line *line, const struct option *options, bool valued,
			const char *argument)
{
	char what[128];
	const char letter[] = {(char)optopt, 0};

	if (optopt >= FIRST) {
		snprintf(what, sizeof(what), "--%s %s", options[optopt - FIRST].name,
			 valued ? "needs a value" : "takes no value");
		return command_line_wrong(line, what, "");
	}
	if (optopt != 0)
		return command_line_wrong(line, "unknown option -", letter);
	return command_line_wrong(line, "unknown or ambiguous option ", argument);
}

static int operands_wrong(const struct command_line *line, const struct command_operands *operands)
{
	char what[128];

	if (operands->count < line->operands_min) {
		snprintf(what, sizeof(what), "%s is missing", line->operand);
		return command_line_wrong(line, what, "");
	}
	if (line->operands_max == 0)
		return command_line_wrong(line, "only options are taken, not ",
					  operands->values[0]);
	snprintf(what, sizeof(what), "one %s, not also ", line->operand);
	return command_line_wrong(line, what, operands->values[line->operands_max]);
}

bool command_line_read(const struct command_line *line, int argc, char **argv,
		       struct command_operands *operands, int *code)
{
	struct option options[COMMAND_OPTIONS_MAX + 2];
	const int help = FIRST + options_fill(line, options);
	int found;

	opterr = 0;
	optind = 0;
	while ((found = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (found == help) {
			fputs(line->help, stdout);
			*code = RUN_OK;
			return false;
		}
		if (found < FIRST) {
			*code = option_wrong(line, options, found == ':', argv[optind - 1]);
			return false;
		}
		if (line->options[found - FIRST].value != NULL)
			*line->options[found - FIRST].value = optarg;
		else
			*line->options[found - FIRST].flag = true;
	}
	*operands = (struct command_operands){argv + optind, (uint32_t)(argc - optind)};
	if (operands->count >= line->operands_min && operands->count <= line->operands_max)
		return true;
	*code = operands_wrong(line, operands);
	return false;
}
