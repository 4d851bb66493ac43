/* From a wasm module to native code in the cache: wasm2c, the rewriter, clang or gcc. */
#include "wasm_compile.h"

#include <cpuid.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <millrace/hash.h>

#include "backend.h"
#include "cache.h"
#include "tool.h"
#include "wasm_rewrite.h"

static const char module_text[] =
#include "wasm_module.h.inc"
    ;
static const char runtime_text[] =
#include "wasm_rt.h.inc"
    ;

#define LOG_BYTES 4096

/* The compilers, the one to take first in front: what clang makes of wasm2c's text runs faster. It
 * may take no loop for one that ends because it does nothing. */
struct compiler {
	const char *name;
	const char *version_argument;
	const char *own_argument;
};
static const struct compiler compilers[] = {{"clang", "-dumpversion", "-fno-finite-loops"},
					    {"gcc", "-dumpfullversion", "-fwrapv"}};
#define COMPILER_COUNT (sizeof(compilers) / sizeof(compilers[0]))

/*
 * -march=native: the processor's features are part of the cache's key. -ffp-contract=off: no fused
 * multiply-add behind wasm's back. Symbols are hidden but for the shim's, all bound at load: a
 * guest may be stopped anywhere, but not inside the dynamic loader.
 */
static const char *const compile_arguments[] = {
    "-std=gnu11",
    "-O3",
    "-march=native",
    "-fPIC",
    "-shared",
    "-w",
    "-fvisibility=hidden",
    "-fno-stack-protector",
    "-fstack-clash-protection",
    "-fno-math-errno",
    "-ffp-contract=off",
    "-fwrapv",
    "-fno-strict-aliasing",
    "-fno-semantic-interposition",
    "-fno-asynchronous-unwind-tables",
    "-Wl,-z,now",
    "-Wl,-z,noexecstack",
    "-I.",
    "-o",
    "guest.so",
    "guest.c",
    "-lm",
};
#define COMPILE_ARGUMENT_COUNT (sizeof(compile_arguments) / sizeof(compile_arguments[0]))
static const char *const wasm2c_argv[] = {
    "wasm2c", "--no-debug-names", "-n", WASM_REWRITE_NAME, "module.wasm", "-o", "generated.c", NULL,
};

/* This wasm2c aborts on SIMD, and does not know how to be asked to refuse it. */
static const char *const validate_argv[] = {"wasm-validate", "--disable-simd", "module.wasm", NULL};

static const struct tool_limits limits = {.seconds = SANDBOX_COMPILE_SECONDS_MAX,
					  .memory_bytes = SANDBOX_COMPILE_MEMORY_BYTES,
					  .file_bytes = SANDBOX_COMPILE_OUTPUT_BYTES};

static int tool_missing(const char *tool, char *error, size_t error_bytes)
{
	if (strncmp(tool, "wasm", 4) == 0)
		return backend_error(error, error_bytes, -ENOENT,
				     "%s is not installed, which turns wasm into C: apt-get "
				     "install wabt",
				     tool);
	return backend_error(error, error_bytes, -ENOENT,
			     "neither clang nor gcc is installed, one of which turns wasm into "
			     "native code: apt-get install clang");
}

/* Does the log have one of these words? NULL ends them. */
static bool log_says(const char *log, const char *const words[])
{
	for (; *words != NULL; words++)
		if (strstr(log, *words) != NULL)
			return true;
	return false;
}

/* A tool that reached one of its limits: 0 if it was none of them. A limit ends wasm2c and clang
 * themselves, but of gcc and the linker one of their programs: its parent says by which signal. */
static int limit_error(const char *tool, const struct tool_result *result, const char *log,
		       char *error, size_t error_bytes)
{
	static const char *const memory[] = {"out of memory", "memory exhausted", "bad_alloc",
					     "Cannot allocate memory", NULL};
	static const char *const output[] = {"File size limit exceeded", "File too large", NULL};
	static const char *const time[] = {"CPU time limit exceeded", NULL};
	const int signo = WIFSIGNALED(result->status) ? WTERMSIG(result->status) : 0;

	if (result->timed_out || signo == SIGXCPU || log_says(log, time))
		return backend_error(error, error_bytes, -ETIMEDOUT,
				     "%s took more than %d s over this module: it is too large or "
				     "made to be slow",
				     tool, SANDBOX_COMPILE_SECONDS_MAX);
	if (log_says(log, memory))
		return backend_error(error, error_bytes, -ENOMEM,
				     "%s needs more than %llu MiB of memory for this module: it is "
				     "too large, or made to be",
				     tool, SANDBOX_COMPILE_MEMORY_BYTES >> 20);
	if (signo == SIGXFSZ || log_says(log, output))
		return backend_error(error, error_bytes, -EFBIG,
				     "%s writes more than %llu MiB for this module: it is too "
				     "large, or made to be",
				     tool, SANDBOX_COMPILE_OUTPUT_BYTES >> 20);
	return 0;
}

/* Runs one tool of the chain and puts what goes wrong into words. */
static int tool_step(const char *const argv[], const char *folder, char *error, size_t error_bytes)
{
	struct tool_result result;
	char log[LOG_BYTES];
	int rc = tool_run(argv, folder, &limits, log, sizeof(log), &result);

	if (rc == -ENOENT)
		return tool_missing(argv[0], error, error_bytes);
	if (rc < 0)
		return backend_error(error, error_bytes, rc, "cannot run %s: %s", argv[0],
				     strerror(-rc));
	if (!result.timed_out && WIFEXITED(result.status) && WEXITSTATUS(result.status) == 0)
		return 0;
	rc = limit_error(argv[0], &result, log, error, error_bytes);
	if (rc < 0)
		return rc;
	if (strstr(log, "No space left") != NULL)
		return backend_error(error, error_bytes, -ENOSPC,
				     "no space left for the code cache while compiling in %s; free "
				     "some, or choose a cache directory on another disk",
				     folder);
	if (strstr(log, "0xfd") != NULL && argv == validate_argv)
		return backend_error(error, error_bytes, -ENOEXEC,
				     "the wasm module is not accepted: it uses SIMD, which is not "
				     "supported: compile it without -msimd128 (%.200s)",
				     log);
	return backend_error(error, error_bytes, -ENOEXEC, "%s %s this module: %.700s", argv[0],
			     WIFSIGNALED(result.status) ? "crashed over" : "does not accept",
			     result.log_bytes > 0         ? log
			     : WIFSIGNALED(result.status) ? "it is nested too deeply, or made to be"
							  : "it gave no reason");
}

/* What -march=native may depend on. Leaf 1 EBX is left out: it differs from core to core. */
static void cpu_describe(uint32_t features[16])
{
	uint32_t a, b, c, d;

	memset(features, 0, 16 * sizeof(*features));
	if (__get_cpuid(1, &a, &b, &c, &d)) {
		features[0] = a;
		features[1] = c;
		features[2] = d;
	}
	for (uint32_t leaf = 0; leaf < 2; leaf++)
		if (__get_cpuid_count(7, leaf, &a, &b, &c, &d)) {
			features[3 + leaf * 4] = leaf == 0 ? 0 : a;
			features[4 + leaf * 4] = b;
			features[5 + leaf * 4] = c;
			features[6 + leaf * 4] = d;
		}
	if (__get_cpuid_count(0x80000001, 0, &a, &b, &c, &d)) {
		features[11] = c;
		features[12] = d;
	}
}

/* What turns modules into native code here. */
struct toolchain {
	const struct compiler *compiler;
	uint64_t hash; // of everything but the module that decides what comes out
};

/* Appends what a tool says to be its version. 0 or -errno, -ENOENT when it is not installed. */
static int version_append(const char *tool, const char *argument, char *text, size_t *n)
{
	const char *const argv[] = {tool, argument, NULL};
	struct tool_result result;
	const int rc = tool_run(argv, NULL, &limits, text + *n, 256, &result);

	if (rc == 0)
		*n += result.log_bytes;
	return rc;
}

static int toolchain_ask(struct toolchain *toolchain, char *error, size_t error_bytes)
{
	char text[2 * 256 + 32 * 64 + sizeof(uint32_t) * 16 + 64] = "";
	const char *tool = "wasm2c";
	size_t n = 0;
	int rc = version_append(tool, "--version", text, &n);

	for (size_t i = 0; rc == 0 && i < COMPILER_COUNT; i++) {
		toolchain->compiler = &compilers[i];
		tool = compilers[i].name;
		rc = version_append(tool, compilers[i].version_argument, text, &n);
		if (rc != -ENOENT || i + 1 == COMPILER_COUNT)
			break;
		rc = 0;
	}
	if (rc == -ENOENT)
		return tool_missing(tool, error, error_bytes);
	if (rc < 0)
		return backend_error(error, error_bytes, rc, "cannot run %s: %s", tool,
				     strerror(-rc));
	n += (size_t)snprintf(text + n, 128, "%s %s ", tool, toolchain->compiler->own_argument);
	for (size_t i = 0; i < COMPILE_ARGUMENT_COUNT; i++)
		n += (size_t)snprintf(text + n, 64, "%s ", compile_arguments[i]);
	n = (n + 3) & ~(size_t)3;
	cpu_describe((uint32_t *)(void *)(text + n));
	n += 16 * sizeof(uint32_t);
	toolchain->hash = mr_hash64(text, n) ^ mr_hash64(runtime_text, sizeof(runtime_text)) * 3 ^
			  mr_hash64(module_text, sizeof(module_text)) * 5;
	return 0;
}

/* Asked once per process. */
static int toolchain_find(struct toolchain *toolchain, char *error, size_t error_bytes)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct toolchain known; // under lock
	int rc = 0;

	pthread_mutex_lock(&lock);
	if (known.hash == 0)
		rc = toolchain_ask(&known, error, error_bytes);
	*toolchain = known;
	pthread_mutex_unlock(&lock);
	return rc;
}

int wasm_cache_name(uint64_t code_hash, char name[64], char *error, size_t error_bytes)
{
	struct toolchain toolchain;
	const int rc = toolchain_find(&toolchain, error, error_bytes);

	snprintf(name, 64, "wasm-%016llx-%016llx.so", (unsigned long long)code_hash,
		 (unsigned long long)toolchain.hash);
	return rc;
}

/* generated.c to guest.c. */
static int text_rewrite(const char *folder, const struct wasm_facts *facts)
{
	char path[CACHE_PATH_BYTES + 16];
	FILE *in, *out;
	int rc;

	snprintf(path, sizeof(path), "%s/generated.c", folder);
	in = fopen(path, "re");
	if (in == NULL)
		return -errno;
	snprintf(path, sizeof(path), "%s/guest.c", folder);
	out = fopen(path, "we");
	if (out == NULL) {
		rc = -errno;
		goto out_in;
	}
	rc = wasm_rewrite(in, out, facts);
	if (fclose(out) != 0 && rc == 0)
		rc = -errno;
out_in:
	fclose(in);
	return rc;
}

static int module_write(const uint8_t *module, size_t bytes, const char *folder)
{
	uint8_t *stripped = malloc(bytes);
	int rc;

	if (stripped == NULL)
		return -ENOMEM;
	rc = file_write(folder, "module.wasm", stripped, wasm_strip(module, bytes, stripped));
	free(stripped);
	if (rc == 0)
		rc = file_write(folder, "wasm_module.h", module_text, sizeof(module_text) - 1);
	if (rc == 0)
		rc = file_write(folder, "wasm-rt.h", runtime_text, sizeof(runtime_text) - 1);
	return rc;
}

/* guest.c to guest.so. */
static int text_compile(const char *folder, char *error, size_t error_bytes)
{
	const char *argv[COMPILE_ARGUMENT_COUNT + 3];
	struct toolchain toolchain;
	const int rc = toolchain_find(&toolchain, error, error_bytes);

	if (rc < 0)
		return rc;
	argv[0] = toolchain.compiler->name;
	argv[1] = toolchain.compiler->own_argument;
	memcpy(argv + 2, compile_arguments, sizeof(compile_arguments));
	argv[COMPILE_ARGUMENT_COUNT + 2] = NULL;
	return tool_step(argv, folder, error, error_bytes);
}

int wasm_compile(const uint8_t *module, size_t bytes, const struct wasm_facts *facts,
		 const char *cache_dir, const char *name, char *error, size_t error_bytes)
{
	char folder[CACHE_PATH_BYTES];
	uint8_t *object = NULL;
	size_t object_bytes;
	int rc = cache_build_begin(cache_dir, folder, error, error_bytes);

	if (rc < 0)
		return rc;
	rc = module_write(module, bytes, folder);
	if (rc < 0)
		goto out_words;
	rc = tool_step(validate_argv, folder, error, error_bytes);
	if (rc < 0)
		goto out;
	rc = tool_step(wasm2c_argv, folder, error, error_bytes);
	if (rc < 0)
		goto out;
	rc = text_rewrite(folder, facts);
	if (rc < 0)
		goto out_words;
	rc = text_compile(folder, error, error_bytes);
	if (rc < 0)
		goto out;
	rc = file_read(folder, "guest.so", &object, &object_bytes);
	if (rc < 0)
		goto out_words;
	rc =
	    cache_publish(cache_dir, name, object, object_bytes, module, bytes, error, error_bytes);
	goto out;
out_words:
	if (rc == -ENOTSUP)
		backend_error(error, error_bytes, rc,
			      "the C text of the installed wasm2c is not as version 1.0.32 writes "
			      "it");
	else
		backend_error(error, error_bytes, rc, "compiling in %s: %s", folder, strerror(-rc));
out:
	free(object);
	cache_build_end(folder);
	return rc;
}
