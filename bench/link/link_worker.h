/* The product's transport over a port, as workers: between two processes, or on rings of one. */
#ifndef LINK_WORKER_H
#define LINK_WORKER_H

#include "worker.h"

extern const struct worker_kind link_worker_kind;      /* "link": a DPDK port */
extern const struct worker_kind link_ring_worker_kind; /* "link-ring": threads of one process */

extern const struct worker_kind link_cores_worker_kind; /* "link-cores": several queues of one */

#endif
