/* `millrace build`: functions from their sources, and a check that sandboxes will take them. */
#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arguments.h"
#include "code_check.h"
#include "commands.h"
#include "run.h"
#include "toolchain.h"

#define STACK_BYTES_MAX (64u << 20) /* it is wiped before each run: more is surely a mistake */

static const char build_help[] =
    "Usage: millrace build [NAME.c | DIR]... [options]\n"
    "Compiles functions for the sandboxes: NAME.c to NAME.wasm and NAME.so, beside it. In a "
    "folder,\n"
    "all sources that say MR_ENTRY; without arguments, those of this folder.\n"
    "\n"
    "  --kind KIND           wasm or native; default: both\n"
    "  --out DIR             where results go\n"
    "  --libc on|off         compile to wasm with wasi-libc or without; default: with it where "
    "the\n"
    "                        source includes a header that only a libc has\n"
    "  --stack BYTES         of a wasm function: plain bytes, KiB or MiB; default 16KiB, with a\n"
    "                        libc 64KiB\n"
    "  --program NAME        the sources, of C or C++, are an ordinary program with main(): it\n"
    "                        becomes NAME.wasm. What follows -- goes to the compiler\n"
    "  --verbose             print the compilers' command lines\n"
    "  --help                this text\n"
    "\n"
    "Exit codes: 0 good, 2 wrong usage, 3 a function does not compile, or no sandbox would take "
    "it,\n"
    "4 a compiler or a file is missing.\n"
    "\n"
    "Examples:\n"
    "  millrace build shout --kind wasm\n"
    "  millrace build --program cat cat.c -- -DNDEBUG\n";

struct build {
	struct toolchain_order order;
	bool kinds[TOOLCHAIN_KINDS];
	const char *program; /* NULL: sources are functions */
	uint32_t built;
};

static int usage_wrong(const char *what, const char *argument)
{
	fprintf(stderr, "millrace build: %s%s\nTry 'millrace build --help'.\n", what, argument);
	return RUN_USAGE;
}

static int failed(const char *error, enum run_outcome outcome)
{
	fprintf(stderr, "millrace build: %s\n", error);
	return outcome;
}

static int source_build(struct build *build, const char *source)
{
	char error[2 * MR_ERROR_BYTES_MAX];
	char built[PATH_MAX];

	build->order.source = source;
	for (int kind = 0; kind < TOOLCHAIN_KINDS; kind++) {
		int rc;

		if (!build->kinds[kind])
			continue;
		rc = toolchain_build(&build->order, kind, built, error, sizeof(error));
		if (rc == -ENOEXEC)
			return failed(error, RUN_COMPOSITION);
		if (rc != 0)
			return failed(error, rc == -EINVAL ? RUN_USAGE : RUN_CANNOT_START);
		if (code_check(toolchain_kind_name(kind), built, error, sizeof(error)) != 0)
			return failed(error, RUN_COMPOSITION);
		printf("%s\n", built);
		build->built++;
	}
	return RUN_OK;
}

/* Is it the source of a function, rather than a part of one? */
static bool source_has_entry(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[1024];
	bool found = false;

	while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL)
		found = strncmp(line, "MR_ENTRY(", strlen("MR_ENTRY(")) == 0;
	if (file != NULL)
		fclose(file);
	return found;
}

static int folder_build(struct build *build, const char *dir)
{
	char pattern[PATH_MAX];
	uint32_t before = build->built;
	int code = RUN_OK;
	glob_t sources;

	if (snprintf(pattern, sizeof(pattern), "%s/*.c", dir) >= (int)sizeof(pattern))
		return failed("the path of a folder is too long", RUN_USAGE);
	if (glob(pattern, 0, NULL, &sources) == 0) {
		for (size_t i = 0; code == RUN_OK && i < sources.gl_pathc; i++) {
			if (source_has_entry(sources.gl_pathv[i]))
				code = source_build(build, sources.gl_pathv[i]);
		}
		globfree(&sources);
	}
	if (code == RUN_OK && build->built == before) {
		snprintf(pattern, sizeof(pattern),
			 "%.3000s: no source in it has a line MR_ENTRY(...); begin one with "
			 "'millrace new NAME'",
			 dir);
		return failed(pattern, RUN_CANNOT_START);
	}
	return code;
}

static int place_build(struct build *build, const char *place)
{
	struct stat status;
	char error[PATH_MAX];

	if (stat(place, &status) != 0) {
		snprintf(error, sizeof(error), "%.3000s: %s", place, strerror(errno));
		return failed(error, RUN_CANNOT_START);
	}
	return S_ISDIR(status.st_mode) ? folder_build(build, place) : source_build(build, place);
}

/* Of argv, those before "--" are sources, those behind it the compiler's. */
static int program_build(const struct build *build, int argc, char **argv)
{
	struct toolchain_program program = {.name = build->program,
					    .sources = (const char *const *)argv,
					    .out_dir = build->order.out_dir,
					    .stack_bytes = build->order.stack_bytes,
					    .verbose = build->order.verbose};
	char error[2 * MR_ERROR_BYTES_MAX], built[PATH_MAX];
	int rc;

	while (program.source_count < (size_t)argc && argv[program.source_count][0] != '-')
		program.source_count++;
	program.arguments = program.sources + program.source_count;
	program.argument_count = (size_t)argc - program.source_count;
	if (program.source_count == 0)
		return usage_wrong("which sources? --program needs some", "");
	if (program.out_dir == NULL)
		program.out_dir = ".";
	rc = toolchain_build_program(&program, built, error, sizeof(error));
	if (rc != 0)
		return failed(error, rc == -ENOEXEC ? RUN_COMPOSITION : RUN_CANNOT_START);
	if (code_check("wasm", built, error, sizeof(error)) != 0)
		return failed(error, RUN_COMPOSITION);
	printf("%s\n", built);
	return RUN_OK;
}

/* NULL, or what the option allows when the value is none of that. */
static const char *option_set(struct build *build, int option, const char *value)
{
	uint64_t bytes;

	switch (option) {
	case 'k':
		for (int kind = 0; kind < TOOLCHAIN_KINDS; kind++) {
			build->kinds[kind] = strcmp(value, toolchain_kind_name(kind)) == 0;
		}
		return build->kinds[TOOLCHAIN_WASM] || build->kinds[TOOLCHAIN_NATIVE]
			   ? NULL
			   : "--kind is wasm or native, not ";
	case 'l':
		build->order.libc =
		    strcmp(value, "on") == 0 ? TOOLCHAIN_LIBC_ON : TOOLCHAIN_LIBC_OFF;
		return strcmp(value, "on") == 0 || strcmp(value, "off") == 0
			   ? NULL
			   : "--libc is on or off, not ";
	case 's':
		if (!argument_size(value, &bytes) || bytes < 1024 || bytes > STACK_BYTES_MAX)
			return "--stack is 1KiB to 64MiB, not ";
		build->order.stack_bytes = (uint32_t)bytes;
		return NULL;
	case 'o':
		build->order.out_dir = value;
		return NULL;
	case 'p':
		build->program = value;
		return value[0] != 0 && strchr(value, '/') == NULL
			   ? NULL
			   : "--program is the name of a function, not ";
	default:
		build->order.verbose = true;
		return NULL;
	}
}

int command_build(int argc, char **argv)
{
	static const struct option options[] = {
	    {"kind", required_argument, NULL, 'k'},    {"out", required_argument, NULL, 'o'},
	    {"libc", required_argument, NULL, 'l'},    {"stack", required_argument, NULL, 's'},
	    {"program", required_argument, NULL, 'p'}, {"verbose", no_argument, NULL, 'v'},
	    {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
	};
	struct build build = {.kinds = {[TOOLCHAIN_WASM] = true, [TOOLCHAIN_NATIVE] = true}};
	const char *allowed;
	int code = RUN_OK;
	int found;

	opterr = 0;
	optind = 0;
	while ((found = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (found == 'h') {
			fputs(build_help, stdout);
			return RUN_OK;
		}
		if (found == ':')
			return usage_wrong("a value is needed by ", argv[optind - 1]);
		if (found == '?')
			return usage_wrong("unknown option ", argv[optind - 1]);
		allowed = option_set(&build, found, optarg);
		if (allowed != NULL)
			return usage_wrong(allowed, optarg);
	}
	if (build.program != NULL)
		return program_build(&build, argc - optind, argv + optind);
	if (optind == argc)
		return place_build(&build, ".");
	for (; code == RUN_OK && optind < argc; optind++)
		code = place_build(&build, argv[optind]);
	return code;
}
