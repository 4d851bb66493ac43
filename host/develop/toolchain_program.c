/* Compiling programs: each source to an object, and with what answers their libc to a module. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"
#include "toolchain.h"

#define STACK_BYTES (256u << 10) /* programs keep buffers there; wiped before each run */
#define DIR_BYTES 64

static const char *const own_sources[] = {
    "program_descriptors.c", "program_files.c", "program_main.c",
    "program_paths.c",       "program_posix.c", "program_wasi.c",
};

#define OWN_COUNT (sizeof(own_sources) / sizeof(own_sources[0]))

/* What is being built, in a folder of its own. */
struct building {
	const struct toolchain_program *program;
	struct compiler_sdk sdk;
	const char *c;
	const char *cpp;     /* NULL: none of its sources wants it */
	char dir[DIR_BYTES]; /* of objects */
	char (*objects)[DIR_BYTES + 32];
	size_t object_count;
	struct compiler command;
};

static bool source_is_cpp(const char *source)
{
	const char *dot = strrchr(source, '.');

	return dot != NULL &&
	       (strcmp(dot, ".cc") == 0 || strcmp(dot, ".cpp") == 0 || strcmp(dot, ".cxx") == 0);
}

static int compilers_find(struct building *building, char *error, size_t error_bytes)
{
	static const char *const c[] = {"clang-14", "clang", NULL};
	static const char *const cpp[] = {"clang++-14", "clang++", NULL};
	bool wanted = false;

	for (size_t i = 0; i < building->program->source_count; i++)
		wanted |= source_is_cpp(building->program->sources[i]);
	building->c = compiler_find(c);
	building->cpp = wanted ? compiler_find(cpp) : NULL;
	if (building->c != NULL && (building->cpp != NULL || !wanted))
		return 0;
	snprintf(error, error_bytes,
		 "no clang on the PATH; on Debian: apt-get install clang lld wasi-libc "
		 "libclang-rt-dev-wasm32%s",
		 wanted ? " libc++-14-dev-wasm32 libc++abi-14-dev-wasm32" : "");
	return -ENOENT;
}

static void common_add(struct building *building, const char *compiler)
{
	static const char *const arguments[] = {
	    "--target=wasm32-wasi",    "-mbulk-memory",           "-fno-exceptions",
	    "-ftls-model=local-exec", /* of errno; clang 14 crashes on any other */
	    "-Qunused-arguments",      "-D_WASI_EMULATED_SIGNAL", "-D_WASI_EMULATED_PROCESS_CLOCKS",
	    "-D_WASI_EMULATED_GETPID", "-D_WASI_EMULATED_MMAN",   NULL,
	};

	compiler_clear(&building->command);
	compiler_add(&building->command, (const char *const[]){compiler, NULL});
	compiler_add(&building->command, arguments);
}

static void user_arguments_add(struct building *building)
{
	for (size_t i = 0; i < building->program->argument_count; i++)
		compiler_add_text(&building->command, "%s", building->program->arguments[i]);
}

static int object_build(struct building *building, const char *source, bool own)
{
	const char *compiler = source_is_cpp(source) ? building->cpp : building->c;
	char *object = building->objects[building->object_count++];

	snprintf(object, sizeof(*building->objects), "%s/%zu.o", building->dir,
		 building->object_count);
	common_add(building, compiler);
	/* Not for the linking: clang would run wasm-opt then, if it is there, which refuses. */
	compiler_add_text(&building->command, "-O3");
	compiler_add_text(&building->command, "-fno-unroll-loops"); /* as functions are */
	if (own) {
		compiler_add_text(&building->command, "-std=gnu17");
		compiler_add_text(&building->command, "-I%s", building->sdk.function_dir);
		compiler_add_text(&building->command, "-I%s", building->sdk.public_dir);
	} else {
		user_arguments_add(building);
	}
	compiler_add(&building->command, (const char *const[]){"-c", "-o", object, source, NULL});
	return compiler_run(&building->command, building->program->verbose);
}

static int objects_build(struct building *building, char *error, size_t error_bytes)
{
	const struct toolchain_program *program = building->program;
	char source[PATH_MAX + 32];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < program->source_count; i++) {
		rc = object_build(building, program->sources[i], false);
		if (rc != 0)
			snprintf(error, error_bytes, "%s: %s", program->sources[i],
				 rc == -ENOEXEC ? "does not compile; the compiler says why above"
						: strerror(-rc));
	}
	for (size_t i = 0; rc == 0 && i < OWN_COUNT; i++) {
		snprintf(source, sizeof(source), "%s/%s", building->sdk.program_dir,
			 own_sources[i]);
		rc = object_build(building, source, true);
		if (rc != 0)
			snprintf(error, error_bytes, "%s: does not compile: is wasi-libc there?",
				 source);
	}
	return rc;
}

static int module_link(struct building *building, const char *built, char *error,
		       size_t error_bytes)
{
	static const char *const flags[] = {
	    "-nostartfiles",
	    "-Wl,--no-entry",
	    "-Wl,--stack-first",
	    "-Wl,--export=__heap_base",
	    "-Wl,--strip-all",
	    "-lwasi-emulated-signal",
	    "-lwasi-emulated-mman",
	    "-lwasi-emulated-getpid",
	    "-lwasi-emulated-process-clocks",
	    NULL,
	};
	uint32_t stack_bytes = building->program->stack_bytes;
	char making[PATH_MAX + 8];
	int rc;

	snprintf(making, sizeof(making), "%s.making", built);
	common_add(building, building->cpp != NULL ? building->cpp : building->c);
	user_arguments_add(building);
	compiler_add_text(&building->command, "-Wl,-z,stack-size=%u",
			  stack_bytes != 0 ? stack_bytes : STACK_BYTES);
	compiler_add(&building->command, (const char *const[]){"-o", making, NULL});
	for (size_t i = 0; i < building->object_count; i++)
		compiler_add_text(&building->command, "%s", building->objects[i]);
	compiler_add(&building->command, flags);
	rc = compiler_run(&building->command, building->program->verbose);
	if (rc == 0 && rename(making, built) != 0)
		rc = -errno;
	if (rc != 0) {
		unlink(making);
		snprintf(error, error_bytes, "%s: %s", built,
			 rc == -ENOEXEC ? "does not link; the linker says why above"
					: strerror(-rc));
	}
	return rc;
}

static int entry_remove(const char *path, const struct stat *status, int type, struct FTW *at)
{
	return remove(path);
}

static int program_build(struct building *building, const char *built, char *error,
			 size_t error_bytes)
{
	int rc = compilers_find(building, error, error_bytes);

	if (rc == 0)
		rc = compiler_sdk_find(&building->sdk, error, error_bytes);
	if (rc != 0)
		return rc;
	snprintf(building->dir, sizeof(building->dir), "/tmp/millrace-build-XXXXXX");
	if (mkdtemp(building->dir) == NULL) {
		rc = -errno;
		snprintf(error, error_bytes, "a folder in /tmp: %s", strerror(-rc));
		return rc;
	}
	rc = objects_build(building, error, error_bytes);
	if (rc == 0)
		rc = module_link(building, built, error, error_bytes);
	nftw(building->dir, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
	return rc;
}

int toolchain_build_program(const struct toolchain_program *program, char built[PATH_MAX],
			    char *error, size_t error_bytes)
{
	struct building *building;
	int rc;

	if (snprintf(built, PATH_MAX, "%s/%s.wasm", program->out_dir, program->name) >= PATH_MAX) {
		snprintf(error, error_bytes, "%s: the path is too long", program->out_dir);
		return -ENAMETOOLONG;
	}
	building = calloc(1, sizeof(*building));
	if (building != NULL)
		building->objects =
		    calloc(program->source_count + OWN_COUNT, sizeof(*building->objects));
	if (building == NULL || building->objects == NULL) {
		free(building);
		snprintf(error, error_bytes, "out of memory");
		return -ENOMEM;
	}
	building->program = program;
	rc = program_build(building, built, error, error_bytes);
	compiler_clear(&building->command);
	free(building->objects);
	free(building);
	return rc;
}
