/* The walls around a worker process. */
#ifndef WORKER_CONFINE_H
#define WORKER_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

/* Every wall that this machine has, the filter last; until then descriptors and system calls are
 * there. namespaces: it has its own. *walls: of enum wasm_worker_wall. 0 or -errno. */
int worker_confine(bool namespaces, uint32_t *walls);
/* Ends this process when the other end of that descriptor is closed, from now on. 0 or -errno. */
int worker_end_with(int life_fd);
/* No system calls but waiting, waking and ending. 0 or -errno. */
int worker_filter_install(void);

#endif
