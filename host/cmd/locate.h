/*
 * Where the code of a function lies: NAME.wasm, NAME.elf or NAME.so, as the sandbox takes it.
 *
 * Looked for in this order: the folders asked for; the composition's own folder; functions/ beside
 * the running program (the build tree) and the installation's folder, in each of these two first in
 * the subfolder called as the composition's folder is, then directly, then in any other subfolder.
 */
#ifndef LOCATE_H
#define LOCATE_H

#include <stddef.h>

struct locate_places {
	const char *composition_file;
	const char *const *dirs; /* searched first */
	size_t dir_count;
};

/* Path of the code in path (PATH_MAX bytes): in the first place that has any, with the first of the
 * suffixes (one, or two) that is there. 0; -ENOENT with error text listing all places. */
int locate_function(const struct locate_places *places, const char *function,
		    const char *const suffixes[2], char *path, char *error, size_t error_bytes);

#endif
