/*
 * Same-host hand-over between two processes: small messages to and fro, and large ones whose every
 * byte one process writes and the other sums, beside writing and summing with nothing between.
 */
#ifndef HANDOVER_RUN_H
#define HANDOVER_RUN_H

#include <stddef.h>

struct handover_figures {
	double p50_us; /* of a 32-byte message, one way */
	double p99_us;
	double gbit_per_s;       /* of 1 MiB messages, over 256 MiB in rotation */
	double alone_gbit_per_s; /* the same memory and processes, without messages */
};

/* One run. 0 or -errno with error text. */
int handover_run(struct handover_figures *figures, char *error, size_t error_bytes);

#endif
