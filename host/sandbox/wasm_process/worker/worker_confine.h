/* The walls around a worker process. */
#ifndef WORKER_CONFINE_H
#define WORKER_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

/* Every wall that this machine has, the filter for loading last: what is loaded is a stranger's,
 * and may run as it is. namespaces: it has its own. *walls: of enum wasm_worker_wall. 0 or -errno.
 */
int worker_confine(bool namespaces, uint32_t *walls);
/* Ends this process when the other end of that descriptor is closed, from now on. 0 or -errno. */
int worker_end_with(int life_fd);
/* No system calls but what a loader needs for a file that is open already, and those of the other
 * filter. What takes a path, and read(), is a SIGSYS, whose handler may answer. 0 or -errno. */
int worker_load_filter_install(void);
/* No system calls but waiting, waking and ending. 0 or -errno. */
int worker_filter_install(void);

#endif
