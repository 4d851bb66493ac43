/*
 * The folder of one run: sockets, DPDK's runtime files and texts lie in it, so that what is left to
 * take away is one thing, whoever dies and however.
 *
 * It is "millrace-bench-XXXXXX" in $TMPDIR, or in /tmp where that is not set or long, and holds a
 * file "owner", locked (flock) as long as its run lives: who gets the lock of another's has found a
 * dead one's.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stddef.h>

#define SCRATCH_PATH_BYTES 92 /* a socket's path has room for 107 bytes */

/* Removes what dead runs of this user left, and makes the folder of this one. Programs started
 * later put their DPDK runtime files there. 0 or -errno with error text. */
int scratch_open(char *error, size_t error_bytes);
/* Its path; "" when there is none. */
const char *scratch_root(void);
/* Makes a new folder in it. 0 or -errno; path is empty then. */
int scratch_folder(char path[SCRATCH_PATH_BYTES]);
/* Removes a folder and what is in it, or a file. */
void scratch_remove(const char *path);
/* Removes the run's folder. */
void scratch_close(void);

#endif
