/* What others' sandboxes take to start and end, where they are installed. */
#ifndef OTHERS_H
#define OTHERS_H

#include "bench.h"
#include "samples.h"

/* Run number run of peer.wasmtime, peer.firecracker and peer.dandelion. */
void others_run(struct bench *bench, uint32_t run, struct samples *samples);

#endif
