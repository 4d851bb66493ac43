/* `millrace new`: a folder to begin a function with. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "commands.h"
#include "run.h"
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

static int usage_wrong(const char *what, const char *argument)
{
	fprintf(stderr, "millrace new: %s%s\nTry 'millrace new --help'.\n", what, argument);
	return RUN_USAGE;
}

static int folder_make(const char *dir, const char *name)
{
	char error[MR_ERROR_BYTES_MAX];
	int rc = scaffold_make(dir, name, error, sizeof(error));

	if (rc != 0) {
		fprintf(stderr, "millrace new: %s\n", error);
		return rc == -EINVAL ? RUN_USAGE : RUN_CANNOT_START;
	}
	printf("%s/%s/%s.c     the function\n"
	       "%s/%s/%s.mr    its sets and limits, and a composition that runs it\n"
	       "%s/%s/test/    items it is given, and what it is to make of them\n",
	       dir, name, name, dir, name, name, dir, name);
	return RUN_OK;
}

int command_new(int argc, char **argv)
{
	static const struct option options[] = {
	    {"dir", required_argument, NULL, 'd'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	const char *dir = ".";
	int found;

	opterr = 0;
	optind = 0;
	while ((found = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (found) {
		case 'd':
			dir = optarg;
			break;
		case 'h':
			fputs(new_help, stdout);
			return RUN_OK;
		case ':':
			return usage_wrong("a value is needed by ", argv[optind - 1]);
		default:
			return usage_wrong("unknown option ", argv[optind - 1]);
		}
	}
	if (optind == argc)
		return usage_wrong("which function? NAME is missing", "");
	if (optind + 1 < argc)
		return usage_wrong("one NAME, not also ", argv[optind + 1]);
	return folder_make(dir, argv[optind]);
}
