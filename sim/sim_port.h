/* Ports over the simulated network, so that a node's packet path runs in virtual time. */
#ifndef SIM_PORT_H
#define SIM_PORT_H

#include "network.h"
#include "port.h"

/* The port of an endpoint. Its MAC is 02:4d:52:01:00:endpoint. The network outlives it.
 * 0, -EINVAL or -ENOMEM. */
int sim_port_open(struct sim_network *network, uint32_t endpoint, struct port **port);

#endif
