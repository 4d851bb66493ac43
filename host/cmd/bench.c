/* `millrace bench`: becomes the program that measures, which lies beside this one. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "run.h"

static const char program[] = "millrace-bench";

/* bench/ beside the running program: a build tree. */
static bool build_path(char path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;
	size_t room;

	if (n <= 0)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		return false;
	room = (size_t)(path + PATH_MAX - slash);
	return (size_t)snprintf(slash, room, "/bench/%s", program) < room;
}

int command_bench(int argc, char **argv)
{
	const char *installed = MR_LIBEXEC_DIR "/millrace-bench";
	char built[PATH_MAX];
	bool have_built = build_path(built);

	argv[0] = (char *)program;
	if (have_built)
		execv(built, argv);
	execv(installed, argv);
	fprintf(stderr,
		"millrace bench: %s cannot be started (%s); looked for\n  %s\n  %s\n"
		"Build it with scripts/build, or install it.\n",
		program, strerror(errno), have_built ? built : "(no build tree)", installed);
	return RUN_CANNOT_START;
}
