/* The argument of --sim: faults of the network, and of the invocations that run on it. */
#ifndef SIMULATE_H
#define SIMULATE_H

#include "network.h"
#include "node.h"

/* "SEED[,loss=P][,dup=P][,reorder=P][,corrupt=P][,delay_us=N]...[,fail=P][,repeat=P]".
 * Probabilities are 0 to 1. 0, or -EINVAL with error text. */
int simulate_parse(const char *text, struct sim_config *config, struct node_faults *faults,
		   char *error, size_t error_bytes);

#endif
