/* Running the compilers of this machine. Only for the files toolchain*.c. */
#ifndef COMPILER_H
#define COMPILER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMPILER_ARGUMENTS_MAX 4096 /* of one command: sources, objects and what a user adds */

/* A command line that is being put together; the texts stay the caller's. */
struct compiler {
	const char *arguments[COMPILER_ARGUMENTS_MAX + 1];
	uint32_t count;
	bool overflown; /* more were added than there is room for */
};

/* Where <millrace_function.h>, <millrace/region.h> and the sources for programs are: in the build
 * tree this program lies in, else where it was installed. */
struct compiler_sdk {
	char function_dir[PATH_MAX];
	char public_dir[PATH_MAX];
	char program_dir[PATH_MAX];
};

bool compiler_sdk_find(struct compiler_sdk *sdk);
/* The first of these programs, up to a NULL, that is on the PATH; or NULL. */
const char *compiler_find(const char *const *names);
/* Adds arguments up to a NULL. */
void compiler_add(struct compiler *compiler, const char *const *arguments);
/* Prints it on standard error when show is set, and runs it. 0, -ENOEXEC when it ends with another
 * code than 0, -E2BIG when it has too many arguments, or -errno. */
int compiler_run(struct compiler *compiler, bool show);

#endif
