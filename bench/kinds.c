/* The kinds of workers that there are. */
#include <stddef.h>

#include "raw_worker.h"
#include "worker.h"

const struct worker_kind *const worker_kinds[] = {&raw_worker_kind, NULL};
