/* The program `millrace`: finds the command and hands it its arguments. */
#include <stdio.h>
#include <string.h>

#include <millrace/millrace.h>

#include "commands.h"
#include "run.h"

static const char help[] =
    "Usage: millrace COMMAND [arguments]\n"
    "Runs compositions of pure functions over real input, and does their input and output.\n"
    "\n"
    "  run FILE.mr SET=URI...    run a composition\n"
    "  plan FILE.mr              check a composition and print its plan\n"
    "  new NAME                  begin a function: source, composition and test\n"
    "  build [NAME.c | DIR]      compile functions for the sandboxes\n"
    "  test [FILE.mr | DIR]      run functions on folders of items\n"
    "  top                       watch nodes at work\n"
    "  bench [NAME]              measure, beside limits and peers\n"
    "  keygen --out FILE         make the key of a node\n"
    "  table convert IN OUT      convert tables: Arrow, CSV, JSON lines\n"
    "  devices                   list what operators can run on beside the CPU\n"
    "  help [COMMAND]            this text, or that of a command\n"
    "  --version                 print the version\n"
    "\n"
    "Example:\n"
    "  millrace run functions/wordcount/wordcount.mr text=file:README.md\n";

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {{"run", command_run},        {"plan", command_plan},     {"new", command_new},
		{"build", command_build},    {"test", command_test},     {"top", command_top},
		{"bench", command_bench},    {"keygen", command_keygen}, {"table", command_table},
		{"devices", command_devices}};

static int command_find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) == 0)
			return (int)i;
	}
	return -1;
}

static int command_unknown(const char *name)
{
	fprintf(stderr,
		"millrace: unknown command \"%s\": run, plan, new, build, test, top, bench, "
		"keygen, table, devices or help\nTry "
		"'millrace "
		"--help'.\n",
		name);
	return RUN_USAGE;
}

static int help_show(const char *name)
{
	char *argv[] = {(char *)name, (char *)"--help", NULL};
	int command;

	if (name == NULL) {
		fputs(help, stdout);
		return RUN_OK;
	}
	command = command_find(name);
	return command < 0 ? command_unknown(name) : commands[command].run(2, argv);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	int command;

	if (name == NULL) {
		fputs(help, stderr);
		return RUN_USAGE;
	}
	if (strcmp(name, "--version") == 0) {
		printf("millrace %s\n", mr_version());
		return RUN_OK;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0)
		return help_show(argc > 2 ? argv[2] : NULL);
	command = command_find(name);
	return command < 0 ? command_unknown(name) : commands[command].run(argc - 1, argv + 1);
}
