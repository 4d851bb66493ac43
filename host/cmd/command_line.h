/*
 * The command line of a command: which options there are and where their values go, and one way to
 * say what is wrong with it. A command that gives an option a meaning of its own checks the value
 * afterwards.
 */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "run.h"

#define COMMAND_OPTIONS_MAX 16 /* of one command: more do not fit its help on a screen */

/* `--name VALUE` where there is a value to set, else `--name`. */
struct command_option {
	const char *name;
	const char **value; /* the last one given stays */
	bool *flag;
};

struct command_line {
	const char *command; /* "new": of `millrace new` */
	const char *help;    /* for --help, which every command has */
	const char *operand; /* "NAME": what it takes beside options */
	uint32_t operands_min;
	uint32_t operands_max;
	const struct command_option *options; /* ends with one without a name */
};

/* What is left when options are read: argv is put in another order. What follows "--" is always an
 * operand. */
struct command_operands {
	char **values;
	uint32_t count;
};

/* Sets what the options say. False when there is nothing more to do: the help was printed, or what
 * is wrong; then *code is the exit code. */
bool command_line_read(const struct command_line *line, int argc, char **argv,
		       struct command_operands *operands, int *code);
/* Says what is wrong, with an argument before or behind it, and where help is: RUN_USAGE. */
int command_line_wrong(const struct command_line *line, const char *before, const char *behind);
/* Says why the command cannot go on: the outcome. */
int command_line_failed(const struct command_line *line, const char *error,
			enum run_outcome outcome);

#endif
