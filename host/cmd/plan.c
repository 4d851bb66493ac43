/* `millrace plan`: what a composition becomes, without running it. */
#include <stdio.h>

#include "bundle.h"
#include "command_line.h"
#include "commands.h"

static const char plan_help[] =
    "Usage: millrace plan FILE.mr [--composition NAME]\n"
    "Checks a composition and prints its plan: vertices, and where their inputs come from.\n"
    "\n"
    "  --composition NAME    of the file's compositions; default: the last\n"
    "  --help                this text\n"
    "\n"
    "Exit codes: 0 good, 2 wrong usage, 3 error in the composition.\n"
    "\n"
    "Example:\n"
    "  millrace plan functions/wordcount/wordcount.mr\n";

static int plan_show(const struct command_line *line, const char *file, const char *composition)
{
	const struct locate_places places = {.composition_file = file};
	char error[4 * MR_ERROR_BYTES_MAX];
	struct bundle bundle;

	if (bundle_plan(&bundle, &places, composition, error, sizeof(error)) < 0)
		return command_line_failed(line, error, RUN_COMPOSITION);
	plan_print(bundle.plan, stdout);
	bundle_free(&bundle);
	return RUN_OK;
}

int command_plan(int argc, char **argv)
{
	const char *composition = NULL;
	const struct command_option options[] = {{"composition", &composition, NULL}, {0}};
	const struct command_line line = {"plan", plan_help, "FILE.mr", 1, 1, options};
	struct command_operands files;
	int code;

	if (!command_line_read(&line, argc, argv, &files, &code))
		return code;
	return plan_show(&line, files.values[0], composition);
}
