/*
 * Inside of a DPDK port: what its files share.
 *
 * dpdk.c opens and closes, dpdk_driver.c knows the drivers, doorbell.c wakes
 * the owner, dpdk_pool.c makes the mbufs, dpdk_rx.c
 * and dpdk_tx.c are the packet path, dpdk_external.c lends it regions, dpdk_thread.c
 * makes its owner known to DPDK.
 */
#ifndef DPDK_PORT_H
#define DPDK_PORT_H

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "doorbell.h"
#include "dpdk_driver.h"
#include "dpdk_external.h"
#include "port.h"

#define DPDK_HEAD_BYTES 384 /* of a header mbuf: our headers and a message's head */

/* All of it is the owner's, but for what opening and closing does. */
struct dpdk_port {
	struct port port;
	uint16_t id;              // of the ethdev
	uint32_t frame_bytes_max; // Ethernet header and MTU
	uint32_t data_bytes;      // room of one data mbuf: a whole frame fits
	uint32_t turns;           // of rx, between looks at the driver's statistics
	uint64_t statistics_tsc;  // when its owner, asleep, looks next
	uint64_t rx_no_buffer;    // our own share of counters.drop_rx_no_buffer
	struct rte_mempool *rx_pool;
	struct rte_mempool *data_pool; // whole frames, copied
	struct rte_mempool *head_pool; // headers, and whole frames that are as short
	struct external external;
	struct doorbell doorbell;
	const struct dpdk_driver *driver;
};

extern const struct port_ops dpdk_port_ops;

/* Stops the device, gives it and the pools back. */
void dpdk_port_close(struct port *port);

/* dpdk_pool.c: 0 or -ENOMEM. The frames are those of the device's queues. */
int dpdk_pools_create(struct dpdk_port *self, uint16_t rx_frames, uint16_t tx_frames);
/* After the device was closed. A pool that a driver still holds mbufs of stays: freeing it would
 * be worse than keeping it. */
void dpdk_pools_free(struct dpdk_port *self);

/* dpdk_rx.c */
uint32_t dpdk_rx(struct port *port, struct port_rx *frames, uint32_t max);
void dpdk_rx_release(struct port *port, struct port_rx *frames, uint32_t count);
/* Adds what the driver dropped to the port's counters. */
void dpdk_port_statistics(struct dpdk_port *self);

/* dpdk_tx.c */
uint32_t dpdk_tx(struct port *port, const struct port_tx *frames, uint32_t count);
/* Once nothing is left to send: has the device give back regions it has sent from long ago. */
void dpdk_tx_recall(struct dpdk_port *self);

/* dpdk_thread.c: gives the calling thread the per-thread caches of mbufs that EAL's own threads
 * have, until it ends. Cheap when called again. */
void dpdk_thread_attach(void);

#endif
