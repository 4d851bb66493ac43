/*
 * The doorbell of a DPDK port: a descriptor that becomes readable when its owner sleeps and a frame
 * comes.
 *
 * Behind it is an epoll set of what the driver has: the descriptor of a receive interrupt, or the
 * kernel's descriptor it receives on. Nothing is ever read from these. The set is edge-triggered
 * where a descriptor may stay readable, which must not keep anybody awake. A frame that came before
 * the set was last emptied rings no more; so the owner looks once more after each emptying that
 * found something, and after interrupts were asked for (doorbell_arm). While frames come nothing is
 * asked for, nor watched: then a frame costs no more than without a doorbell.
 *
 * A timer in the set wakes the owner for what no frame does: statistics, and regions that the
 * device is to give back. Owner only, but for opening and closing.
 *
 * Sources: epoll(7); DPDK's l3fwd-power, for the order of enabling interrupts and looking.
 */
#ifndef DOORBELL_H
#define DOORBELL_H

#include <stdbool.h>
#include <stdint.h>

#include "devargs.h"
#include "memif_rings.h"

struct dpdk_port;

/* How a driver lets a sleeper know of frames. */
enum doorbell_kind {
	DOORBELL_NONE,
	DOORBELL_INTERRUPT, /* rings once it is asked to: rte_eth_dev_rx_intr_enable() */
	DOORBELL_QUEUE,     /* the queue's own descriptor, which DPDK names */
	DOORBELL_SOCKET,    /* packet sockets that the driver keeps to itself */
	DOORBELL_MEMIF,     /* memif_rings.h */
	DOORBELL_OTHERS,    /* no queue: only the cores that pass frames on ring */
};

#define DOORBELL_SOCKETS_MAX 64 /* packet sockets of this process that are told apart */

struct doorbell {
	enum doorbell_kind kind; // NONE: there is none
	int epoll_fd;            // the port's wake_fd
	int timer_fd;
	int link_fd; // eventfd: the link came or went, or another core passed frames on; owner: ro
	bool asked;  // to ring; the next frame that is taken ends it
	uint32_t fd_count;
	int fds[DOORBELL_SOCKETS_MAX]; // QUEUE, SOCKET: watched while asked
	struct memif_rings memif;
	bool memif_up;        // a peer is there
	uint32_t memif_looks; // for its rings, in vain
};

/* The packet sockets (AF_PACKET, AF_XDP) that this process has open. */
struct doorbell_sockets {
	int fds[DOORBELL_SOCKETS_MAX];
	uint32_t count;
};

/* doorbell_sockets.c: lists them; none where /proc is not there. */
void doorbell_sockets_list(struct doorbell_sockets *sockets);
/* Takes away those that were open before. */
void doorbell_sockets_subtract(struct doorbell_sockets *sockets,
			       const struct doorbell_sockets *before);

/* After the device was started; sockets are those that opening it made. Without a doorbell, for
 * which reason ever, the port is as good and its owner sleeps for set times. */
void doorbell_open(struct dpdk_port *self, const struct port_spec *spec,
		   const struct doorbell_sockets *sockets);
/* Before the device is stopped. Nothing, without a doorbell. */
void doorbell_close(struct dpdk_port *self);
/* Before the owner sleeps: true when it is to look once more, and then to arm again. */
bool doorbell_arm(struct dpdk_port *self);
/* From any thread: frames wait for the port that its device does not know of. */
void doorbell_ring(const struct dpdk_port *self);
/* Now and then while the owner is awake: where what changes with the peer is now. */
void doorbell_look(struct dpdk_port *self);
/* The owner is awake, and frames come. */
void doorbell_disarm(struct dpdk_port *self);

#endif
