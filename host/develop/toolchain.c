/* Compiling functions: which compiler, which options, where the SDK lies. */
#include "toolchain.h"

#include <errno.h>
#include <libgen.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 40
#define STACK_BYTES 16384      /* locals of a function that calls little */
#define STACK_BYTES_LIBC 65536 /* printf() and its like keep buffers there */

extern char **environ;

static const struct {
	const char *name;
	const char *suffix;
} kinds[TOOLCHAIN_KINDS] = {
    [TOOLCHAIN_WASM] = {"wasm", ".wasm"},
    [TOOLCHAIN_NATIVE] = {"native", ".so"},
};

const char *toolchain_kind_name(enum toolchain_kind kind)
{
	return kinds[kind].name;
}

const char *toolchain_kind_suffix(enum toolchain_kind kind)
{
	return kinds[kind].suffix;
}

/* --- Where things are ------------------------------------------------------------------------ */

/* Where <millrace_function.h> and <millrace/region.h> are: in the build tree this program lies in,
 * else where it was installed. */
struct sdk {
	char function_dir[PATH_MAX];
	char public_dir[PATH_MAX];
};

static bool sdk_found(const struct sdk *sdk)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/millrace_function.h", sdk->function_dir);
	if (access(path, R_OK) != 0)
		return false;
	snprintf(path, sizeof(path), "%s/millrace/region.h", sdk->public_dir);
	return access(path, R_OK) == 0;
}

static bool sdk_find(struct sdk *sdk)
{
	char exe[PATH_MAX - 16];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n > 0) {
		const char *dir;

		exe[n] = 0;
		dir = dirname(exe);
		snprintf(sdk->function_dir, PATH_MAX, "%s/functions", dir);
		snprintf(sdk->public_dir, PATH_MAX, "%s/include", dir);
		if (sdk_found(sdk))
			return true;
	}
	snprintf(sdk->function_dir, PATH_MAX, "%s/millrace/sdk", MR_INCLUDE_DIR);
	snprintf(sdk->public_dir, PATH_MAX, "%s", MR_INCLUDE_DIR);
	return sdk_found(sdk);
}

/* The first of these programs that is on the PATH. */
static const char *program_find(const char *const *names)
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

/* --- What the source needs ------------------------------------------------------------------- */

static bool header_freestanding(const char *name)
{
	static const char *const freestanding[] = {
	    "float.h",  "iso646.h",  "limits.h", "stdalign.h",    "stdarg.h",
	    "stddef.h", "stdbool.h", "stdint.h", "stdnoreturn.h",
	};

	for (size_t i = 0; i < sizeof(freestanding) / sizeof(freestanding[0]); i++) {
		if (strcmp(name, freestanding[i]) == 0)
			return true;
	}
	return strncmp(name, "millrace", strlen("millrace")) == 0;
}

/* Does it include a header that only a libc has? */
static int source_wants_libc(const char *source, bool *wants)
{
	FILE *file = fopen(source, "r");
	char line[1024], name[256];

	*wants = false;
	if (file == NULL)
		return -errno;
	while (!*wants && fgets(line, sizeof(line), file) != NULL)
		*wants =
		    sscanf(line, " # include <%255[^>]>", name) == 1 && !header_freestanding(name);
	fclose(file);
	return 0;
}

/* --- The command ----------------------------------------------------------------------------- */

struct command {
	const char *arguments[ARGUMENTS_MAX];
	uint32_t count;
	char stack[64];
};

static void arguments_add(struct command *command, const char *const *arguments)
{
	for (; *arguments != NULL; arguments++)
		command->arguments[command->count++] = *arguments;
}

static void wasm_arguments(struct command *command, const struct toolchain_order *order, bool libc)
{
	static const char *const common[] = {
	    "-O3",
	    "-mbulk-memory",
	    "-Wl,--no-entry",
	    "-Wl,--stack-first",
	    "-Wl,--export=__heap_base",
	    "-Wl,--strip-all",
	    NULL,
	};
	static const char *const bare[] = {"--target=wasm32", "-nostdlib", "-ffreestanding", NULL};
	static const char *const with_libc[] = {"--target=wasm32-wasi", "-nostartfiles", NULL};
	uint32_t stack_bytes = libc ? STACK_BYTES_LIBC : STACK_BYTES;

	if (order->stack_bytes != 0)
		stack_bytes = order->stack_bytes;
	snprintf(command->stack, sizeof(command->stack), "-Wl,-z,stack-size=%u", stack_bytes);
	arguments_add(command, libc ? with_libc : bare);
	arguments_add(command, common);
	arguments_add(command, (const char *const[]){command->stack, NULL});
}

static void native_arguments(struct command *command)
{
	static const char *const arguments[] = {
	    "-O1", "-g", "-fPIC", "-shared", "-fvisibility=hidden", NULL};

	arguments_add(command, arguments);
}

static void command_show(const struct command *command)
{
	for (uint32_t i = 0; i < command->count; i++)
		fprintf(stderr, "%s%s", i > 0 ? " " : "", command->arguments[i]);
	fputc('\n', stderr);
}

/* 0, -ENOEXEC when it ends with another code than 0, or -errno. */
static int command_run(struct command *command)
{
	int status;
	pid_t pid;
	int rc;

	command->arguments[command->count] = NULL;
	rc = posix_spawnp(&pid, command->arguments[0], NULL, NULL,
			  (char *const *)(uintptr_t)command->arguments, environ);
	if (rc != 0)
		return -rc;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ENOEXEC;
}

/* NAME.wasm in the folder of what is built, of NAME.c. */
static int path_build(const struct toolchain_order *order, enum toolchain_kind kind,
		      char built[PATH_MAX], char *error, size_t error_bytes)
{
	char for_dir[PATH_MAX], for_name[PATH_MAX];
	const char *dir = order->out_dir;
	char *name, *dot;

	if (strlen(order->source) >= PATH_MAX)
		goto too_long;
	snprintf(for_dir, sizeof(for_dir), "%s", order->source);
	snprintf(for_name, sizeof(for_name), "%s", order->source);
	if (dir == NULL)
		dir = dirname(for_dir);
	name = basename(for_name);
	dot = strrchr(name, '.');
	if (dot == NULL || strcmp(dot, ".c") != 0) {
		snprintf(error, error_bytes, "%s: the source of a function is a NAME.c",
			 order->source);
		return -EINVAL;
	}
	*dot = 0;
	if (snprintf(built, PATH_MAX, "%s/%s%s", dir, name, kinds[kind].suffix) < PATH_MAX)
		return 0;
too_long:
	snprintf(error, error_bytes, "%s: the path is too long", order->source);
	return -ENAMETOOLONG;
}

static const char *compiler_find(enum toolchain_kind kind)
{
	static const char *const wasm[] = {"clang-14", "clang", NULL};
	static const char *const native[] = {"gcc", "clang", "cc", NULL};

	return program_find(kind == TOOLCHAIN_WASM ? wasm : native);
}

static int command_make(struct command *command, const struct toolchain_order *order,
			enum toolchain_kind kind, char *error, size_t error_bytes)
{
	const char *compiler = compiler_find(kind);
	bool libc = order->libc == TOOLCHAIN_LIBC_ON;
	int rc = 0;

	if (compiler == NULL) {
		snprintf(error, error_bytes, "no %s on the PATH; on Debian: apt-get install %s",
			 kind == TOOLCHAIN_WASM ? "clang" : "gcc, clang or cc",
			 kind == TOOLCHAIN_WASM ? "clang lld wasi-libc libclang-rt-dev-wasm32"
						: "gcc libc6-dev");
		return -ENOENT;
	}
	if (order->libc == TOOLCHAIN_LIBC_AUTO)
		rc = source_wants_libc(order->source, &libc);
	if (rc != 0) {
		snprintf(error, error_bytes, "%s: %s", order->source, strerror(-rc));
		return rc;
	}
	arguments_add(command,
		      (const char *const[]){compiler, "-std=gnu17", "-Wall", "-Wextra", NULL});
	if (kind == TOOLCHAIN_WASM)
		wasm_arguments(command, order, libc);
	else
		native_arguments(command);
	return 0;
}

int toolchain_build(const struct toolchain_order *order, enum toolchain_kind kind,
		    char built[PATH_MAX], char *error, size_t error_bytes)
{
	char function_dir[PATH_MAX + 2], public_dir[PATH_MAX + 2], making[PATH_MAX + 8];
	struct command command = {.count = 0};
	struct sdk sdk;
	int rc = path_build(order, kind, built, error, error_bytes);

	if (rc == 0)
		rc = command_make(&command, order, kind, error, error_bytes);
	if (rc != 0)
		return rc;
	if (!sdk_find(&sdk)) {
		snprintf(error, error_bytes,
			 "millrace_function.h is neither beside this program nor in %s: build or "
			 "install Millrace whole",
			 sdk.function_dir);
		return -ENOENT;
	}
	snprintf(function_dir, sizeof(function_dir), "-I%s", sdk.function_dir);
	snprintf(public_dir, sizeof(public_dir), "-I%s", sdk.public_dir);
	snprintf(making, sizeof(making), "%s.making", built);
	arguments_add(&command, (const char *const[]){function_dir, public_dir, "-o", making,
						      order->source, NULL});
	if (order->verbose)
		command_show(&command);
	rc = command_run(&command);
	if (rc == 0 && rename(making, built) != 0)
		rc = -errno;
	if (rc != 0) {
		unlink(making);
		snprintf(error, error_bytes, "%s: %s", order->source,
			 rc == -ENOEXEC ? "does not compile; the compiler says why above"
					: strerror(-rc));
	}
	return rc;
}
