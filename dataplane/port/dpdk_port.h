/* Inside of a DPDK port, shared by its opening (dpdk.c) and its packet path (dpdk_io.c). */
#ifndef DPDK_PORT_H
#define DPDK_PORT_H

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "port.h"

#define DPDK_HEAD_BYTES 384 /* of a header mbuf: our headers and a message's head */

struct dpdk_port {
	struct port port;
	uint16_t id;              // of the ethdev
	uint32_t frame_bytes_max; // Ethernet header and MTU
	uint32_t data_bytes;      // room of one data mbuf: a whole frame fits
	uint32_t turns;           // of rx, between looks at the driver's statistics
	uint64_t rx_no_buffer;    // our own share of counters.drop_rx_no_buffer
	struct rte_mempool *rx_pool;
	struct rte_mempool *data_pool; // payload to send, or whole frames where they stay linear
	struct rte_mempool *head_pool; // headers to send; NULL where frames stay linear
};

extern const struct port_ops dpdk_port_ops;

/* Adds what the driver dropped to the port's counters. Owner only. */
void dpdk_port_statistics(struct dpdk_port *self);
/* Stops the device, gives it and the pools back. */
void dpdk_port_close(struct port *port);

#endif
