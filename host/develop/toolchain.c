/* Compiling functions: which compiler, which options, where the SDK lies. */
#include "toolchain.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"

#define STACK_BYTES 16384                         /* locals of a function that calls little */
#define STACK_BYTES_LIBC 65536                    /* printf() and its like keep buffers there */
#define STACK_BYTES_IMAGE 65536                   /* only what a run touches of it is memory */
#define MUSL_LIB_DIR "/usr/lib/x86_64-linux-musl" /* of Debian's musl-dev, as the headers */
#define MUSL_INCLUDE_DIR "/usr/include/x86_64-linux-musl"

static const struct {
	const char *name;
	const char *suffix;
} kinds[TOOLCHAIN_KINDS] = {
    [TOOLCHAIN_WASM] = {"wasm", ".wasm"},
    [TOOLCHAIN_IMAGE] = {"image", ".elf"},
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

/* What is being compiled. */
struct compiling {
	const struct toolchain_order *order;
	enum toolchain_kind kind;
	bool libc;
	const char *compiler;
	struct compiler_sdk sdk;
	struct compiler command;
};

static uint32_t stack_bytes(const struct compiling *c, uint32_t otherwise)
{
	return c->order->stack_bytes != 0 ? c->order->stack_bytes : otherwise;
}

static void wasm_arguments(struct compiling *c)
{
	/* Told -O3 itself, clang runs wasm-opt where there is one, which refuses bulk memory. Loops
	 * are for the compiler that makes native code of the module to unroll: in one that was
	 * unrolled before it finds neither checks to do once only, nor what fits a vector. */
	static const char *const common[] = {
	    "-Xclang",
	    "-O3",
	    "-fno-unroll-loops",
	    "-mbulk-memory",
	    "-Wl,--no-entry",
	    "-Wl,--stack-first",
	    "-Wl,--strip-all",
	    "-Wl,--export=__heap_base",
	    NULL,
	};
	static const char *const bare[] = {"--target=wasm32", "-nostdlib", "-ffreestanding", NULL};
	static const char *const with_libc[] = {"--target=wasm32-wasi", "-nostartfiles",
						"-ftls-model=local-exec", NULL};

	compiler_add(&c->command, c->libc ? with_libc : bare);
	compiler_add(&c->command, common);
	compiler_add_text(&c->command, "-Wl,-z,stack-size=%u",
			  stack_bytes(c, c->libc ? STACK_BYTES_LIBC : STACK_BYTES));
}

/* musl's headers instead of the system's. */
static int musl_arguments(struct compiling *c, char *error, size_t error_bytes)
{
	char own_headers[PATH_MAX];

	if (access(MUSL_LIB_DIR "/libc.a", R_OK) != 0 ||
	    compiler_include_dir(c->compiler, own_headers) != 0) {
		snprintf(error, error_bytes,
			 "%s needs a libc, and as an image that is musl, of which there is "
			 "no " MUSL_LIB_DIR
			 "/libc.a; on Debian: apt-get install musl-dev. Or leave "
			 "images out: --kind wasm",
			 c->order->source);
		return -ENOENT;
	}
	compiler_add(&c->command, (const char *const[]){"-nostdinc", "-isystem", MUSL_INCLUDE_DIR,
							"-isystem", own_headers, NULL});
	return 0;
}

static int image_arguments(struct compiling *c, char *error, size_t error_bytes)
{
	static const char *const arguments[] = {
	    "-DMR_IMAGE",
	    "-O3",
	    "-march=x86-64-v2",
	    "-nostdlib",
	    "-static",
	    "-fno-pie",
	    "-no-pie",
	    "-fno-stack-protector",
	    "-fstack-clash-protection",
	    "-fcf-protection=none",
	    "-fno-asynchronous-unwind-tables",
	    "-Wl,-z,separate-code,-z,norelro,-z,noexecstack,-z,max-page-size=4096",
	    "-Wl,--build-id=none,--strip-all",
	    NULL,
	};

	compiler_add(&c->command, arguments);
	compiler_add_text(&c->command, "-Wl,-z,stack-size=%u", stack_bytes(c, STACK_BYTES_IMAGE));
	compiler_add(&c->command, (const char *const[]){"-T", NULL});
	compiler_add_text(&c->command, "%s/millrace_function.ld", c->sdk.function_dir);
	if (c->libc)
		return musl_arguments(c, error, error_bytes);
	compiler_add(&c->command, (const char *const[]){"-ffreestanding", NULL});
	return 0;
}

static void native_arguments(struct compiling *c)
{
	static const char *const arguments[] = {
	    "-O1", "-g", "-fPIC", "-shared", "-fvisibility=hidden", NULL};

	compiler_add(&c->command, arguments);
}

/* What stands behind the source. */
static void libraries(struct compiling *c)
{
	static const char *const image[] = {"-lgcc", NULL};
	static const char *const image_libc[] = {"-L" MUSL_LIB_DIR, "-lc", "-lgcc", NULL};
	static const char *const native[] = {"-lm", NULL}; /* in the others' libcs it is inside */

	if (c->kind == TOOLCHAIN_IMAGE)
		compiler_add(&c->command, c->libc ? image_libc : image);
	else if (c->kind == TOOLCHAIN_NATIVE)
		compiler_add(&c->command, native);
}

/* --- Compiling ------------------------------------------------------------------------------- */

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

static int compiler_choose(struct compiling *c, char *error, size_t error_bytes)
{
	static const char *const wasm[] = {"clang-14", "clang", NULL};
	static const char *const native[] = {"gcc", "clang", "cc", NULL};

	c->compiler = compiler_find(c->kind == TOOLCHAIN_WASM ? wasm : native);
	if (c->compiler != NULL)
		return 0;
	snprintf(error, error_bytes, "no %s on the PATH; on Debian: apt-get install %s",
		 c->kind == TOOLCHAIN_WASM ? "clang" : "gcc, clang or cc",
		 c->kind == TOOLCHAIN_WASM ? "clang lld wasi-libc libclang-rt-dev-wasm32"
					   : "gcc libc6-dev");
	return -ENOENT;
}

static int libc_choose(struct compiling *c, char *error, size_t error_bytes)
{
	int rc = 0;

	c->libc = c->order->libc == TOOLCHAIN_LIBC_ON;
	if (c->order->libc == TOOLCHAIN_LIBC_AUTO)
		rc = source_wants_libc(c->order->source, &c->libc);
	if (rc != 0)
		snprintf(error, error_bytes, "%s: %s", c->order->source, strerror(-rc));
	return rc;
}

static int command_make(struct compiling *c, const char *making, char *error, size_t error_bytes)
{
	int rc = 0;

	compiler_add(&c->command,
		     (const char *const[]){c->compiler, "-std=gnu17", "-Wall", "-Wextra", NULL});
	if (c->kind == TOOLCHAIN_WASM)
		wasm_arguments(c);
	else if (c->kind == TOOLCHAIN_IMAGE)
		rc = image_arguments(c, error, error_bytes);
	else
		native_arguments(c);
	if (rc != 0)
		return rc;
	compiler_add_text(&c->command, "-I%s", c->sdk.function_dir);
	compiler_add_text(&c->command, "-I%s", c->sdk.public_dir);
	compiler_add(&c->command, (const char *const[]){"-o", making, c->order->source, NULL});
	libraries(c);
	return 0;
}

/* Into a file beside the result, which takes its place when it is whole. */
static int command_run(struct compiling *c, const char *built, char *error, size_t error_bytes)
{
	char making[PATH_MAX + 8];
	int rc;

	snprintf(making, sizeof(making), "%s.making", built);
	rc = command_make(c, making, error, error_bytes);
	if (rc != 0)
		return rc;
	rc = compiler_run(&c->command, c->order->verbose);
	if (rc == 0 && rename(making, built) != 0)
		rc = -errno;
	if (rc != 0) {
		unlink(making);
		snprintf(error, error_bytes, "%s: %s", c->order->source,
			 rc == -ENOEXEC ? "does not compile; the compiler says why above"
					: strerror(-rc));
	}
	return rc;
}

int toolchain_build(const struct toolchain_order *order, enum toolchain_kind kind,
		    char built[PATH_MAX], char *error, size_t error_bytes)
{
	struct compiling c = {.order = order, .kind = kind};
	int rc = path_build(order, kind, built, error, error_bytes);

	if (rc == 0)
		rc = compiler_choose(&c, error, error_bytes);
	if (rc == 0)
		rc = libc_choose(&c, error, error_bytes);
	if (rc == 0)
		rc = compiler_sdk_find(&c.sdk, error, error_bytes);
	if (rc == 0)
		rc = command_run(&c, built, error, error_bytes);
	compiler_clear(&c.command);
	return rc;
}
