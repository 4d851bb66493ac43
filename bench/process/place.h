/* Where programs and functions that benchmarks need lie: beside the running program. */
#ifndef PLACE_H
#define PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file of the benchmarks': beside the program (installed), or in its folder there (in a build).
 * False: not there. */
bool place_find(const char *name, char path[PATH_MAX]);
/* Reads such a file whole; the caller frees it. NULL when it is not there or cannot be read. */
uint8_t *place_read(const char *name, size_t *bytes);

#endif
