/* The raw limits of a port: bursts of frames and nothing above them. */
#ifndef RAW_WORKER_H
#define RAW_WORKER_H

#include "worker.h"

extern const struct worker_kind raw_worker_kind;

#endif
