/* The kinds of workers that there are. */
#include <stddef.h>

#include "link_worker.h"
#include "raw_worker.h"
#include "worker.h"

const struct worker_kind *const worker_kinds[] = {
    &raw_worker_kind,
    &raw_ring_worker_kind,
    &link_worker_kind,
    &link_ring_worker_kind,
    &raw_cores_worker_kind,
    &link_cores_worker_kind,
    NULL,
};
