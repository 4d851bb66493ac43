/*
 * Limits and peers that others wrote: run as programs of their own, on the same two cores and
 * links. Each takes one sample, or several; what is not installed says so. 0 or -errno with error
 * text.
 */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wiring.h"

struct peer_latency {
	double p50_us; /* one way */
	double p99_us;
};

/* Frames per second that dpdk-testpmd's rxonly counts from another's txonly, second by second;
 * *count is how many are wanted, and how many there are. */
int peer_testpmd(const struct wiring *wiring, uint32_t frame_bytes, double *frames_per_s,
		 uint32_t *count, char *error, size_t error_bytes);

/* iperf3: one TCP stream through the kernel and the lan's veth pair, in Gbit/s of payload. */
int peer_iperf3(const struct wiring_lan *lan, double *gbit_per_s, char *error, size_t error_bytes);

/* sockperf: one message to and fro through the kernel and the lan's veth pair. */
int peer_sockperf(const struct wiring_lan *lan, bool tcp, uint32_t bytes,
		  struct peer_latency *latency, char *error, size_t error_bytes);

enum peer_ucx_path { PEER_UCX_SHM, PEER_UCX_TCP };

/* ucx_perftest between two processes of this machine. It never touches what it sends. */
int peer_ucx_latency(enum peer_ucx_path path, uint32_t bytes, struct peer_latency *latency,
		     char *error, size_t error_bytes);
int peer_ucx_bandwidth(enum peer_ucx_path path, uint32_t bytes, double *gbit_per_s, char *error,
		       size_t error_bytes);

/* UCX over shared memory, its payload written and summed as words.h says (ucx_words.c): the
 * receiver has so many buffers in rotation. transports: those UCX chose, by their names. */
#define PEER_UCX_TRANSPORTS_MOST 63
#define PEER_UCX_TRANSPORTS_BYTES (PEER_UCX_TRANSPORTS_MOST + 1)
int peer_ucx_words(uint32_t buffers, double *gbit_per_s, char transports[PEER_UCX_TRANSPORTS_BYTES],
		   char *error, size_t error_bytes);

enum peer_memory_work {
	PEER_MEMORY_COPY,      /* memcpy from one buffer to another */
	PEER_MEMORY_WRITE_SUM, /* one core writes each word, another sums it: no transport at all */
};

/* This machine's memory, over the pieces of words.h in rotation. */
int peer_memory(enum peer_memory_work work, double *gbit_per_s, char *error, size_t error_bytes);

#endif
