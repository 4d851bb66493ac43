/* The raw limits of a port: bursts of frames and nothing above them. */
#ifndef RAW_WORKER_H
#define RAW_WORKER_H

#include "worker.h"

extern const struct worker_kind raw_worker_kind;      /* "raw": a DPDK port, two processes */
extern const struct worker_kind raw_ring_worker_kind; /* "raw-ring": the in-process port */

extern const struct worker_kind raw_cores_worker_kind; /* "raw-cores": several queues of one */

#endif
