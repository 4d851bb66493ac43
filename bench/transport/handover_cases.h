/* Hand-over between processes, as cases of the report. */
#ifndef HANDOVER_CASES_H
#define HANDOVER_CASES_H

#include "bench.h"

/* After the peers: UCX's figures are put beside. */
void handover_cases(struct bench *bench);

#endif
