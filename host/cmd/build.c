/* `millrace build`: functions from their sources, and a check that sandboxes will take them. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arguments.h"
#include "code_check.h"
#include "command_line.h"
#include "commands.h"
#include "toolchain.h"

#define STACK_BYTES_MAX (64u << 20) /* it is wiped before each run: more is surely a mistake */

static const char build_help[] =
    "Usage: millrace build [NAME.c | DIR]... [options]\n"
    "Compiles functions for the sandboxes: NAME.c to NAME.wasm, NAME.elf and NAME.so, beside it.\n"
    "In a folder, all sources that say MR_ENTRY; without arguments, those of this folder.\n"
    "\n"
    "  --kind KIND           wasm, image (native code that is confined: for the sandboxes process\n"
    "                        and kvm) or native (for a debugger); default: all\n"
    "  --out DIR             where results go\n"
    "  --libc on|off         with a libc or without: wasi-libc as wasm, musl as an image; "
    "default:\n"
    "                        with it where the source includes a header that only a libc has\n"
    "  --stack BYTES         of a wasm function or an image: plain bytes, KiB or MiB; default "
    "16KiB\n"
    "                        as wasm, 64KiB with a libc or as an image\n"
    "  --program NAME        the sources, of C or C++, are an ordinary program with main(): it\n"
    "                        becomes NAME.wasm, which runs in the sandbox wasm only. What\n"
    "                        follows -- goes to the compiler\n"
    "  --verbose             print the compilers' command lines\n"
    "  --help                this text\n"
    "\n"
    "Exit codes: 0 good, 2 wrong usage, 3 a function does not compile, or no sandbox would take "
    "it,\n"
    "4 a compiler or a file is missing.\n"
    "\n"
    "Examples:\n"
    "  millrace build shout --kind image && millrace test shout --sandbox process\n"
    "  millrace build --program cat cat.c -- -DNDEBUG\n";

/* What stands for a system below a program's libc is written against WASI's calls. */
#define PROGRAM_KIND "a program becomes wasm only: leave out --kind "

struct build {
	const struct command_line *line;
	struct toolchain_order order;
	bool kinds[TOOLCHAIN_KINDS];
	const char *program; /* NULL: sources are functions */
	uint32_t built;
};

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
			return command_line_failed(build->line, error, RUN_COMPOSITION);
		if (rc != 0)
			return command_line_failed(build->line, error,
						   rc == -EINVAL ? RUN_USAGE : RUN_CANNOT_START);
		if (code_check(kind, built, error, sizeof(error)) != 0)
			return command_line_failed(build->line, error, RUN_COMPOSITION);
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
		return command_line_failed(build->line, "the path of a folder is too long",
					   RUN_USAGE);
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
		return command_line_failed(build->line, pattern, RUN_CANNOT_START);
	}
	return code;
}

static int place_build(struct build *build, const char *place)
{
	struct stat status;
	char error[PATH_MAX];

	if (stat(place, &status) != 0) {
		snprintf(error, sizeof(error), "%.3000s: %s", place, strerror(errno));
		return command_line_failed(build->line, error, RUN_CANNOT_START);
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
		return command_line_wrong(build->line, "which sources? --program needs some", "");
	if (program.out_dir == NULL)
		program.out_dir = ".";
	rc = toolchain_build_program(&program, built, error, sizeof(error));
	if (rc != 0)
		return command_line_failed(build->line, error,
					   rc == -ENOEXEC ? RUN_COMPOSITION : RUN_CANNOT_START);
	if (code_check(TOOLCHAIN_WASM, built, error, sizeof(error)) != 0)
		return command_line_failed(build->line, error, RUN_COMPOSITION);
	printf("%s\n", built);
	return RUN_OK;
}

static bool kind_set(struct build *build, const char *kind)
{
	bool known = kind == NULL;

	for (int i = 0; i < TOOLCHAIN_KINDS; i++) {
		build->kinds[i] = kind == NULL || strcmp(kind, toolchain_kind_name(i)) == 0;
		known |= build->kinds[i];
	}
	return known;
}

static bool libc_set(struct build *build, const char *libc)
{
	if (libc == NULL)
		return true;
	build->order.libc = strcmp(libc, "on") == 0 ? TOOLCHAIN_LIBC_ON : TOOLCHAIN_LIBC_OFF;
	return strcmp(libc, "on") == 0 || strcmp(libc, "off") == 0;
}

static bool stack_set(struct build *build, const char *stack)
{
	uint64_t bytes;

	if (stack == NULL)
		return true;
	if (!argument_size(stack, &bytes) || bytes < 1024 || bytes > STACK_BYTES_MAX)
		return false;
	build->order.stack_bytes = (uint32_t)bytes;
	return true;
}

static bool program_allowed(const char *program)
{
	return program == NULL || (program[0] != 0 && strchr(program, '/') == NULL);
}

int command_build(int argc, char **argv)
{
	struct build build = {0};
	const char *kind = NULL, *libc = NULL, *stack = NULL;
	const struct command_option options[] = {
	    {"kind", &kind, NULL},
	    {"out", &build.order.out_dir, NULL},
	    {"libc", &libc, NULL},
	    {"program", &build.program, NULL},
	    {"stack", &stack, NULL},
	    {"verbose", NULL, &build.order.verbose},
	    {0},
	};
	const struct command_line line = {"build", build_help, NULL, 0, UINT32_MAX, options};
	struct command_operands places;
	int code;

	if (!command_line_read(&line, argc, argv, &places, &code))
		return code;
	build.line = &line;
	if (!kind_set(&build, kind))
		return command_line_wrong(&line, "--kind is wasm, image or native, not ", kind);
	if (!libc_set(&build, libc))
		return command_line_wrong(&line, "--libc is on or off, not ", libc);
	if (!stack_set(&build, stack))
		return command_line_wrong(&line, "--stack is 1KiB to 64MiB, not ", stack);
	if (!program_allowed(build.program))
		return command_line_wrong(&line, "--program is the name of a function, not ",
					  build.program);
	if (build.program != NULL && kind != NULL && !build.kinds[TOOLCHAIN_WASM])
		return command_line_wrong(&line, PROGRAM_KIND, kind);
	if (build.program != NULL)
		return program_build(&build, (int)places.count, places.values);
	if (places.count == 0)
		return place_build(&build, ".");
	code = RUN_OK;
	for (uint32_t i = 0; code == RUN_OK && i < places.count; i++)
		code = place_build(&build, places.values[i]);
	return code;
}
