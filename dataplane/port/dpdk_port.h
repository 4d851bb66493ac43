/*
 * Inside of a DPDK port: what its files share.
 *
 * dpdk.c opens and closes, dpdk_driver.c knows the drivers, doorbell.c wakes
 * the owner, dpdk_pool.c makes the mbufs, dpdk_rx.c
 * and dpdk_tx.c are the packet path, dpdk_external.c lends it regions, dpdk_thread.c
 * makes its owner known to DPDK. A device may have several ports, one for each I/O core:
 * dpdk_queues.c gives them its queues, dpdk_steer.c has it sort frames, dpdk_spread.c sorts the
 * rest.
 */
#ifndef DPDK_PORT_H
#define DPDK_PORT_H

#include <stdatomic.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_spinlock.h>

#include "doorbell.h"
#include "dpdk_driver.h"
#include "dpdk_external.h"
#include "port.h"

#define DPDK_HEAD_BYTES 384 /* of a header mbuf: our headers and a message's head */

#define DPDK_NO_QUEUE UINT16_MAX /* for want of one: others poll for this port */

struct dpdk_spread;

/* What the ports of one device share. */
struct dpdk_device {
	uint16_t id; // of the ethdev
	uint16_t port_count;
	uint16_t rx_queues; // at most as many as ports
	uint16_t tx_queues;
	const struct dpdk_driver *driver;
	struct port_spread spread;
	atomic_uint open; // ports that are not closed
	struct dpdk_port *ports[MR_IO_CORES_MAX];
	struct {
		rte_spinlock_t lock;
	} __rte_cache_aligned tx_locks[MR_IO_CORES_MAX]; // of send queues that ports share
};

/* All of it is the owner's, but for what opening and closing does. */
struct dpdk_port {
	struct port port;
	uint16_t id;       // of the ethdev
	uint16_t rx_queue; // or DPDK_NO_QUEUE
	uint16_t tx_queue;
	rte_spinlock_t *tx_lock;    // NULL: nobody shares the send queue
	struct dpdk_spread *spread; // NULL: all that comes is for this port
	struct dpdk_device *device;
	uint32_t frame_bytes_max; // Ethernet header and MTU
	uint32_t data_bytes;      // room of one data mbuf: a whole frame fits
	uint32_t turns;           // of rx, between looks at the driver's statistics
	uint64_t statistics_tsc;  // when its owner, asleep, looks next
	uint64_t sent_before;     // counters.tx_frames at the last call of rx
	uint64_t rx_no_buffer;    // our own share of counters.drop_rx_no_buffer
	struct rte_mempool *rx_pool;
	struct rte_mempool *data_pool; // whole frames, copied
	struct rte_mempool *head_pool; // headers, and whole frames that are as short
	struct external external;
	struct doorbell doorbell;
	const struct dpdk_driver *driver;
};

extern const struct port_ops dpdk_port_ops;

/* The last port of a device stops it, and gives it and all pools back. */
void dpdk_port_close(struct port *port);

/* dpdk_queues.c: queues and pools for all ports of the device, whose abilities the first has. 0 or
 * -errno. */
int dpdk_queues_setup(struct dpdk_device *device, const struct port_spec *spec,
		      const struct rte_eth_dev_info *info);

/* dpdk_steer.c: has the started device sort frames by UDP port, as far as it can. */
void dpdk_steer(const struct dpdk_device *device);

/* dpdk_spread.c: rings between the ports of a device. 0 or -ENOMEM; freed by dpdk_spread_free(). */
int dpdk_spread_create(struct dpdk_device *device);
void dpdk_spread_free(struct dpdk_device *device);
/* As rte_eth_rx_burst(): what others polled for this port, and what it polls for itself, while what
 * it polls for others goes to them. */
uint16_t dpdk_spread_rx(struct dpdk_port *self, struct rte_mbuf **mbufs, uint16_t max);
/* Before the owner sleeps: true when frames wait, or were passed on so lately that other cores
 * count on more; else who passes some on rings the doorbell. */
bool dpdk_spread_arm(struct dpdk_spread *spread);

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

/* As rte_eth_tx_burst(). */
static inline uint16_t dpdk_tx_burst(struct dpdk_port *self, struct rte_mbuf **mbufs,
				     uint16_t count)
{
	uint16_t sent;

	if (likely(self->tx_lock == NULL))
		return rte_eth_tx_burst(self->id, self->tx_queue, mbufs, count);
	rte_spinlock_lock(self->tx_lock);
	sent = rte_eth_tx_burst(self->id, self->tx_queue, mbufs, count);
	rte_spinlock_unlock(self->tx_lock);
	self->port.counters.tx_shared++;
	return sent;
}

/* dpdk_thread.c: gives the calling thread the per-thread caches of mbufs that EAL's own threads
 * have, until it ends. Cheap when called again. */
void dpdk_thread_attach(void);

#endif
