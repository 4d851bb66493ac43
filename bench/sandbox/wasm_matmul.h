/* What wasm costs inside a function: a matmul in two orders of its loops, beside scalar code. */
#ifndef WASM_MATMUL_H
#define WASM_MATMUL_H

#include "bench.h"
#include "samples.h"

/* Cases wasm.matmul.128.rows and .columns; samples and scalar are room to work in. */
void wasm_matmul_run(struct bench *bench, uint32_t run, const char *cache_dir,
		     struct samples *samples, struct samples *scalar);
void wasm_matmul_bars_add(struct bench *bench);

#endif
