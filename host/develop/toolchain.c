/* Compiling functions: which compiler, which options, where the SDK lies. */
#include "toolchain.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"

#define STACK_TEXT_BYTES 64
#define STACK_BYTES 16384      /* locals of a function that calls little */
#define STACK_BYTES_LIBC 65536 /* printf() and its like keep buffers there */

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

static void wasm_arguments(struct compiler *command, const struct toolchain_order *order, bool libc,
			   char stack[STACK_TEXT_BYTES])
{
	/* Told -O3 itself, clang runs wasm-opt where there is one, which refuses bulk memory. */
	static const char *const common[] = {
	    "-Xclang",           "-O3",
	    "-mbulk-memory",     "-Wl,--no-entry",
	    "-Wl,--stack-first", "-Wl,--export=__heap_base",
	    "-Wl,--strip-all",   NULL,
	};
	static const char *const bare[] = {"--target=wasm32", "-nostdlib", "-ffreestanding", NULL};
	static const char *const with_libc[] = {"--target=wasm32-wasi", "-nostartfiles",
						"-ftls-model=local-exec", NULL};
	uint32_t stack_bytes = libc ? STACK_BYTES_LIBC : STACK_BYTES;

	if (order->stack_bytes != 0)
		stack_bytes = order->stack_bytes;
	snprintf(stack, STACK_TEXT_BYTES, "-Wl,-z,stack-size=%u", stack_bytes);
	compiler_add(command, libc ? with_libc : bare);
	compiler_add(command, common);
	compiler_add(command, (const char *const[]){stack, NULL});
}

static void native_arguments(struct compiler *command)
{
	static const char *const arguments[] = {
	    "-O1", "-g", "-fPIC", "-shared", "-fvisibility=hidden", NULL};

	compiler_add(command, arguments);
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

static const char *compiler_of(enum toolchain_kind kind)
{
	static const char *const wasm[] = {"clang-14", "clang", NULL};
	static const char *const native[] = {"gcc", "clang", "cc", NULL};

	return compiler_find(kind == TOOLCHAIN_WASM ? wasm : native);
}

static int command_make(struct compiler *command, const struct toolchain_order *order,
			enum toolchain_kind kind, char stack[STACK_TEXT_BYTES], char *error,
			size_t error_bytes)
{
	const char *compiler = compiler_of(kind);
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
	compiler_add(command,
		     (const char *const[]){compiler, "-std=gnu17", "-Wall", "-Wextra", NULL});
	if (kind == TOOLCHAIN_WASM)
		wasm_arguments(command, order, libc, stack);
	else
		native_arguments(command);
	return 0;
}

int toolchain_build(const struct toolchain_order *order, enum toolchain_kind kind,
		    char built[PATH_MAX], char *error, size_t error_bytes)
{
	char function_dir[PATH_MAX + 2], public_dir[PATH_MAX + 2], making[PATH_MAX + 8];
	char stack[STACK_TEXT_BYTES];
	struct compiler command = {.count = 0};
	struct compiler_sdk sdk;
	int rc = path_build(order, kind, built, error, error_bytes);

	if (rc == 0)
		rc = command_make(&command, order, kind, stack, error, error_bytes);
	if (rc != 0)
		return rc;
	if (!compiler_sdk_find(&sdk)) {
		snprintf(error, error_bytes,
			 "millrace_function.h is neither beside this program nor in %s: build or "
			 "install Millrace whole",
			 sdk.function_dir);
		return -ENOENT;
	}
	snprintf(function_dir, sizeof(function_dir), "-I%s", sdk.function_dir);
	snprintf(public_dir, sizeof(public_dir), "-I%s", sdk.public_dir);
	snprintf(making, sizeof(making), "%s.making", built);
	compiler_add(&command, (const char *const[]){function_dir, public_dir, "-o", making,
						     order->source, NULL});
	rc = compiler_run(&command, order->verbose);
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
