/* Running the compilers of this machine. Only for the files toolchain*.c. */
#ifndef COMPILER_H
#define COMPILER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMPILER_ARGUMENTS_MAX 4096 /* of one command: sources, objects and what a user adds */

/* A command line that is being put together, with its own copies of all texts. */
struct compiler {
	char *arguments[COMPILER_ARGUMENTS_MAX + 1];
	uint32_t count;
	int rc; /* of what could not be added: -E2BIG, -ENOMEM */
};

/* Where <millrace_function.h>, <millrace/region.h> and the sources for programs are: in the build
 * tree this program lies in, else where it was installed: below the folder that bin/ is in, or
 * below the prefix of the build. */
struct compiler_sdk {
	char function_dir[PATH_MAX];
	char public_dir[PATH_MAX];
	char program_dir[PATH_MAX];
};

/* 0, or -ENOENT with error text. */
int compiler_sdk_find(struct compiler_sdk *sdk, char *error, size_t error_bytes);
/* The first of these programs, up to a NULL, that is on the PATH; or NULL. */
const char *compiler_find(const char *const *names);
/* Where a compiler's own headers lie, <stdarg.h> among them. 0 or -ENOENT. */
int compiler_include_dir(const char *name, char dir[PATH_MAX]);
/* Adds arguments up to a NULL. */
void compiler_add(struct compiler *compiler, const char *const *arguments);
void compiler_add_text(struct compiler *compiler, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Empties *compiler, which may be zero. */
void compiler_clear(struct compiler *compiler);
/* Prints it on standard error when show is set, and runs it. 0, -ENOEXEC when it ends with another
 * code than 0, or -errno: also of what could not be added. */
int compiler_run(struct compiler *compiler, bool show);

#endif
