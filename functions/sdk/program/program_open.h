/* Open files and folders of a program. Only for program_descriptors.c, program_paths.c and
 * program_wasi.c, which answer WASI's calls: each is defined under the name by which wasi-libc
 * would import it. Source: WASI snapshot preview 1, as <wasi/api.h> gives it. */
#ifndef PROGRAM_OPEN_H
#define PROGRAM_OPEN_H

#include <wasi/api.h>

#include "program.h"

#define PROGRAM_ROOT_FD 3
#define PROGRAM_TIME_BEGIN_NS \
	946684800000000000ull /* 2000-01-01: no date before it was built surprises */

#define WASI(name) __imported_wasi_snapshot_preview1_##name

struct program_open {
	bool used;
	bool append;
	struct program_node node;
	uint64_t offset;
};

/* NULL: none, or 0, 1 or 2, which are in no table. */
struct program_open *program_open_find(int32_t fd);
/* A place for one more, and its number; NULL when there is none. */
struct program_open *program_open_new(int32_t *fd);
/* What can be read there; no bytes of a folder. */
struct mr_bytes program_open_bytes(const struct program_open *file);

#endif
