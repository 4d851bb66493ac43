/* Running compilers: which there are, where the SDK lies, and what they said. */
#include "compiler.h"

#include <errno.h>
#include <libgen.h>
#include <spawn.h>
#include <stdarg.h>
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

/* Below a prefix that was installed to. */
static bool sdk_found_below(struct compiler_sdk *sdk, const char *prefix)
{
	snprintf(sdk->function_dir, PATH_MAX, "%s/" MR_INCLUDE_SUBDIR "/millrace/sdk", prefix);
	snprintf(sdk->public_dir, PATH_MAX, "%s/" MR_INCLUDE_SUBDIR, prefix);
	snprintf(sdk->program_dir, PATH_MAX, "%s/" MR_DATA_SUBDIR "/millrace/program", prefix);
	return sdk_found(sdk);
}

/* In the build tree whose top this program lies in. */
static bool sdk_found_beside(struct compiler_sdk *sdk, const char *dir)
{
	snprintf(sdk->function_dir, PATH_MAX, "%s/functions", dir);
	snprintf(sdk->public_dir, PATH_MAX, "%s/include", dir);
	snprintf(sdk->program_dir, PATH_MAX, "%s/functions", dir);
	return sdk_found(sdk);
}

int compiler_sdk_find(struct compiler_sdk *sdk, char *error, size_t error_bytes)
{
	char exe[PATH_MAX - 64];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n > 0) {
		char *slash;

		exe[n] = 0;
		if (sdk_found_beside(sdk, dirname(exe)))
			return 0;
		/* What was installed may have been moved as a whole. */
		slash = strrchr(exe, '/');
		if (slash != NULL) {
			*slash = 0;
			if (sdk_found_below(sdk, exe))
				return 0;
		}
	}
	if (sdk_found_below(sdk, MR_PREFIX))
		return 0;
	snprintf(error, error_bytes,
		 "millrace_function.h is neither beside this program nor in %s: build or install "
		 "Millrace whole",
		 sdk->function_dir);
	return -ENOENT;
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

int compiler_include_dir(const char *name, char dir[PATH_MAX])
{
	char command[64];
	FILE *said;
	bool found;

	snprintf(command, sizeof(command), "%s -print-file-name=include", name);
	said = popen(command, "r");
	if (said == NULL)
		return -errno;
	found = fgets(dir, PATH_MAX, said) != NULL;
	if (pclose(said) != 0 || !found)
		return -ENOENT;
	dir[strcspn(dir, "\n")] = 0;
	return 0;
}

/* --- Commands -------------------------------------------------------------------------------- */

void compiler_add_text(struct compiler *compiler, const char *format, ...)
{
	char *text;
	va_list values;
	int length;

	va_start(values, format);
	length = vasprintf(&text, format, values);
	va_end(values);
	if (length < 0) {
		compiler->rc = -ENOMEM;
	} else if (compiler->count == COMPILER_ARGUMENTS_MAX) {
		compiler->rc = -E2BIG;
		free(text);
	} else {
		compiler->arguments[compiler->count++] = text;
	}
}

void compiler_add(struct compiler *compiler, const char *const *arguments)
{
	for (; *arguments != NULL; arguments++)
		compiler_add_text(compiler, "%s", *arguments);
}

void compiler_clear(struct compiler *compiler)
{
	for (uint32_t i = 0; i < compiler->count; i++)
		free(compiler->arguments[i]);
	compiler->count = 0;
	compiler->rc = 0;
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

	if (compiler->rc != 0)
		return compiler->rc;
	if (show)
		compiler_show(compiler);
	compiler->arguments[compiler->count] = NULL;
	rc = posix_spawnp(&pid, compiler->arguments[0], NULL, NULL, compiler->arguments, environ);
	if (rc != 0)
		return -rc;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ENOEXEC;
}
