/* The peers of the transport, as cases of the report. */
#ifndef TRANSPORT_PEERS_H
#define TRANSPORT_PEERS_H

#include "bench.h"

/* testpmd beside the raw cases of each port, when these were measured. */
void peers_testpmd(struct bench *bench, uint32_t kind, uint32_t mtu);
/* The kernel, UCX and memory: cases of their own. */
void peers_run(struct bench *bench);

#endif
