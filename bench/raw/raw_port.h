/*
 * A DPDK port as bare as DPDK allows, to find what it can do: one queue each way, mbufs of one
 * segment that hold a whole frame, allocated and freed in bulk from the cache of this lcore.
 */
#ifndef RAW_PORT_H
#define RAW_PORT_H

#include <stddef.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define RAW_BURST 32

struct raw_port {
	uint16_t id;
	uint16_t queue;
	struct rte_mempool
	    *pool; /* both ways, or net_af_xdp copies; begin with an Ethernet header */
};

/* One for each of the device's queues asked for. port_eal_start() first. 0 or -errno with error
 * text. */
int raw_ports_open(struct raw_port *const *ports, uint32_t count, const char *spec, uint32_t mtu,
		   char *error, size_t error_bytes);
/* Waits until the peer is there. 0 or -ETIMEDOUT. */
int raw_port_wait(const struct raw_port *port);
/* Any of a device's: the others are no good afterwards. */
void raw_port_close(struct raw_port *port);

#endif
