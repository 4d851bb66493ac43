/* `millrace new`: a folder to begin a function with. */
#include <errno.h>
#include <stdio.h>

#include "command_line.h"
#include "commands.h"
#include "scaffold.h"

static const char new_help[] =
    "Usage: millrace new NAME [--dir DIR]\n"
    "Makes a folder NAME with a function's source, its composition and a test of it. All three\n"
    "work as they are; change them.\n"
    "\n"
    "  --dir DIR             where the folder goes; default: here\n"
    "  --help                this text\n"
    "\n"
    "Exit codes: 0 good, 2 wrong usage, 4 it cannot be written: the error says why.\n"
    "\n"
    "Example:\n"
    "  millrace new shout && millrace build shout && millrace test shout\n";

static int folder_make(const struct command_line *line, const char *dir, const char *name)
{
	char error[MR_ERROR_BYTES_MAX];
	int rc = scaffold_make(dir, name, error, sizeof(error));

	if (rc != 0)
		return command_line_failed(line, error,
					   rc == -EINVAL ? RUN_USAGE : RUN_CANNOT_START);
	printf("%s/%s/%s.c     the function\n"
	       "%s/%s/%s.mr    its sets and limits, and a composition that runs it\n"
	       "%s/%s/test/    items it is given, and what it is to make of them\n",
	       dir, name, name, dir, name, name, dir, name);
	return RUN_OK;
}

int command_new(int argc, char **argv)
{
	const char *dir = ".";
	const struct command_option options[] = {{"dir", &dir, NULL}, {0}};
	const struct command_line line = {"new", new_help, "NAME", 1, 1, options};
	struct command_operands names;
	int code;

	if (!command_line_read(&line, argc, argv, &names, &code))
		return code;
	return folder_make(&line, dir, names.values[0]);
}
