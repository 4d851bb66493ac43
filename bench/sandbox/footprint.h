/* Memory of a sandbox that waits for its next run, and of one that runs. */
#ifndef FOOTPRINT_H
#define FOOTPRINT_H

#include "bench.h"

/* BACKEND.memory.idle and .running, in KiB of this process and all below it. */
void footprint_run(struct bench *bench, uint32_t run, const char *backend, const char *cache_dir);

#endif
