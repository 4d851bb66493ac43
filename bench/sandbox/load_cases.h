/* The cases of a node under load: 128x128 matmuls, each backend alone and all mixed. */
#ifndef LOAD_CASES_H
#define LOAD_CASES_H

#include "bench.h"
#include "samples.h"

/* Run number run of all that is wanted of them. */
void load_cases_run(struct bench *bench, uint32_t run, const char *cache_dir,
		    struct samples *samples);
void load_bars_add(struct bench *bench);

#endif
