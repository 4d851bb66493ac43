/* Grouped sums by others, of a table like ours, on one thread: bench/operators/group_peers.py. */
#ifndef PEERS_H
#define PEERS_H

#include "report.h"

enum { PEERS = 3 };
extern const char *const peer_names[PEERS];

/* One sample, in GB/s of the summed column; skipped with the reason where it is not installed. 0 or
 * -errno. */
int peer_run(struct report *report, uint32_t peer, uint64_t column_bytes);

#endif
