/* Incast and all-to-all on the simulated rack: what two cores can't carry in real time. */
#ifndef BENCH_RACK_H
#define BENCH_RACK_H

#include "bench.h"

void rack_run(struct bench *bench);

#endif
