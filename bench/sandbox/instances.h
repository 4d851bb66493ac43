/* Thousands of live wasm instances, of which any may be next, beside one alone. */
#ifndef INSTANCES_H
#define INSTANCES_H

#include "bench.h"
#include "samples.h"

void instances_run(struct bench *bench, uint32_t run, const char *cache_dir,
		   struct samples *samples);
void instances_bar_add(struct bench *bench);

#endif
