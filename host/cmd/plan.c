/* `millrace plan`: what a composition becomes, without running it. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bundle.h"
#include "commands.h"
#include "run.h"

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

static int usage_wrong(const char *what, const char *argument)
{
	fprintf(stderr, "millrace plan: %s%s\nTry 'millrace plan --help'.\n", what, argument);
	return RUN_USAGE;
}

static int plan_show(const char *file, const char *composition)
{
	const struct locate_places places = {.composition_file = file};
	char error[4 * MR_ERROR_BYTES_MAX];
	struct bundle bundle;

	if (bundle_plan(&bundle, &places, composition, error, sizeof(error)) < 0) {
		fprintf(stderr, "millrace plan: %s\n", error);
		return RUN_COMPOSITION;
	}
	plan_print(bundle.plan, stdout);
	bundle_free(&bundle);
	return RUN_OK;
}

int command_plan(int argc, char **argv)
{
	static const struct option options[] = {
	    {"composition", required_argument, NULL, 'c'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	const char *composition = NULL;
	int found;

	opterr = 0;
	optind = 0;
	while ((found = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (found) {
		case 'c':
			composition = optarg;
			break;
		case 'h':
			fputs(plan_help, stdout);
			return RUN_OK;
		case ':':
			return usage_wrong("a value is needed by ", argv[optind - 1]);
		default:
			return usage_wrong("unknown option ", argv[optind - 1]);
		}
	}
	if (optind == argc)
		return usage_wrong("which composition? FILE.mr is missing", "");
	if (optind + 1 < argc)
		return usage_wrong("one FILE.mr, not also ", argv[optind + 1]);
	return plan_show(argv[optind], composition);
}
