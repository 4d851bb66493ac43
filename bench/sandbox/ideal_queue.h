/* A queue before servers that lose nothing: what open-loop latencies are held against. */
#ifndef IDEAL_QUEUE_H
#define IDEAL_QUEUE_H

#include <stdint.h>

#define IDEAL_SERVERS_MAX 64

/* First come, first served, by whichever of the servers is free first: latency_ns[i] from
 * arrival_ns[i] (ascending) until service_ns[i] of a server have passed. With arrivals from a
 * Poisson process and one service time it is M/D/c (Kendall's notation). */
void ideal_queue(const uint64_t *arrival_ns, const uint64_t *service_ns, uint32_t count,
		 uint32_t servers, uint64_t *latency_ns);

#endif
