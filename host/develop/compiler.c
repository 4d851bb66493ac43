/* Running compilers: which there are, where the SDK lies, and what they said. */
#include "compiler.h"

#include <errno.h>
#include <libgen.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* --- Where things are ------------------------------------------------------------------------ */

static bool sdk_found(const struct compiler_sdk *sdk)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/millrace_function.h", sdk->function_dir);
	if (access(path, R_OK) != 0)
		return false;
	snprintf(path, sizeof(path), "%s/millrace/region.h", sdk->public_dir);
	return access(path, R_OK) == 0;
}

bool compiler_sdk_find(struct compiler_sdk *sdk)
{
	char exe[PATH_MAX - 16];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n > 0) {
		const char *dir;

		exe[n] = 0;
		dir = dirname(exe);
		snprintf(sdk->function_dir, PATH_MAX, "%s/functions", dir);
		snprintf(sdk->public_dir, PATH_MAX, "%s/include", dir);
		snprintf(sdk->program_dir, PATH_MAX, "%s/functions", dir);
		if (sdk_found(sdk))
			return true;
	}
	snprintf(sdk->function_dir, PATH_MAX, "%s/millrace/sdk", MR_INCLUDE_DIR);
	snprintf(sdk->public_dir, PATH_MAX, "%s", MR_INCLUDE_DIR);
	snprintf(sdk->program_dir, PATH_MAX, "%s", MR_PROGRAM_DIR);
	return sdk_found(sdk);
}

const char *compiler_find(const char *const *names)
{
	const char *path = getenv("PATH");

	for (; *names != NULL; names++) {
		char *copy = strdup(path != NULL ? path : "/usr/bin:/bin");
		char *rest = copy, *dir;
		bool found = false;

		while (!found && (dir = strsep(&rest, ":")) != NULL) {
			char file[PATH_MAX];

			snprintf(file, sizeof(file), "%s/%s", dir, *names);
			found = access(file, X_OK) == 0;
		}
		free(copy);
		if (found)
			return *names;
	}
	return NULL;
}

/* --- Commands -------------------------------------------------------------------------------- */

void compiler_add(struct compiler *compiler, const char *const *arguments)
{
	for (; *arguments != NULL; arguments++) {
		if (compiler->count == COMPILER_ARGUMENTS_MAX)
			compiler->overflown = true;
		else
			compiler->arguments[compiler->count++] = *arguments;
	}
}

static void compiler_show(const struct compiler *compiler)
{
	for (uint32_t i = 0; i < compiler->count; i++)
		fprintf(stderr, "%s%s", i > 0 ? " " : "", compiler->arguments[i]);
	fputc('\n', stderr);
}

int compiler_run(struct compiler *compiler, bool show)
{
	int status;
	pid_t pid;
	int rc;

	if (compiler->overflown)
		return -E2BIG;
	if (show)
		compiler_show(compiler);
	compiler->arguments[compiler->count] = NULL;
	rc = posix_spawnp(&pid, compiler->arguments[0], NULL, NULL,
			  (char *const *)(uintptr_t)compiler->arguments, environ);
	if (rc != 0)
		return -rc;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ENOEXEC;
}
