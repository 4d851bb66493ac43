/* Reads the command line of a command by getopt_long(). */
#include "command_line.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>

#define FIRST 256 /* number of the first option: no letter has it */

int command_line_wrong(const struct command_line *line, const char *before, const char *behind)
{
	fprintf(stderr, "millrace %s: %s%s\nTry 'millrace %s --help'.\n", line->command, before,
		behind, line->command);
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

/* What getopt refused: optopt is the number of an option, or a letter, which none is. */
static int option_wrong(const struct command_line *line, int found, const char *argument)
{
	const char letter[] = {(char)optopt, 0};

	if (found == ':')
		return command_line_wrong(line, argument, " needs a value");
	if (optopt >= FIRST)
		return command_line_wrong(line, "no value is taken by ", argument);
	if (optopt != 0)
		return command_line_wrong(line, "unknown option -", letter);
	return command_line_wrong(line, "unknown or ambiguous option ", argument);
}

static int operands_check(const struct command_line *line, const struct command_operands *operands)
{
	if (operands->count < line->operands_min)
		return command_line_wrong(line, line->operand, " is missing");
	if (operands->count <= line->operands_max)
		return RUN_OK;
	return command_line_wrong(line,
				  line->operands_max == 0 ? "only options are taken, not "
							  : "one is enough, not also ",
				  operands->values[line->operands_max]);
}

bool command_line_read(const struct command_line *line, int argc, char **argv,
		       struct command_operands *operands, int *code)
{
	struct option options[COMMAND_OPTIONS_MAX + 2];
	const int help = FIRST + options_fill(line, options);
	int found;

	opterr = 0;
	optind = 0; /* the scan starts anew: argv is not main()'s */
	while ((found = getopt_long(argc, argv, ":", options, NULL)) != -1 && found != help) {
		const struct command_option *option;

		if (found < FIRST) {
			*code = option_wrong(line, found, argv[optind - 1]);
			return false;
		}
		option = &line->options[found - FIRST];
		if (option->value != NULL)
			*option->value = optarg;
		else
			*option->flag = true;
	}
	if (found == help) {
		fputs(line->help, stdout);
		*code = RUN_OK;
		return false;
	}
	*operands = (struct command_operands){argv + optind, (uint32_t)(argc - optind)};
	*code = operands_check(line, operands);
	return *code == RUN_OK;
}
