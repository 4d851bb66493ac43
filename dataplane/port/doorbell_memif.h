/*
 * The doorbell of a memif port: an eventfd for each ring, which the driver makes, and leaves
 * masked.
 *
 * Whether a ring's sender writes the eventfd is a flag at the head of the ring, in memory that both
 * ends share. The driver masks it when it connects, obeys it when it sends, and has no operation to
 * change it. So this maps the same memory once more, finds our receive ring in it, and unmasks and
 * masks it as the owner sleeps and wakes. A mapping of our own, as the driver takes its own away at
 * any moment, on DPDK's interrupt thread, when the peer goes.
 *
 * Source: the memif protocol, version 2.0 (libmemif's memif.h; DPDK's guides/nics/memif.rst):
 * region 0 is a memfd that begins with the rings, client to server first.
 */
#ifndef DOORBELL_MEMIF_H
#define DOORBELL_MEMIF_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/types.h>

#define MEMIF_EVENTS_MAX 16 /* eventfds of memif ports that this process may have */

struct memif_ring;

struct doorbell_memif {
	bool server;        // it receives what the client sends
	uint16_t queue;     // whose receive ring it is
	uint16_t queues;    // of the port
	int region_fd;      // the driver's; looked at, never used for more
	ino_t region_inode; // of the region that is mapped; 0: none is
	void *region;
	size_t region_bytes;
	struct memif_ring *ring; // our receive ring in it
	uint32_t event_count;
	int events[MEMIF_EVENTS_MAX]; // the eventfds: those of our rings, and maybe of others
};

/* Maps the ring of a port that is connected: true when it is another than before, with events set.
 * Without one (nothing is connected; or there are several regions, and nobody says whose is whose)
 * bell->ring is NULL. */
bool doorbell_memif_find(struct doorbell_memif *bell);
/* Is what is mapped still the driver's? */
bool doorbell_memif_current(const struct doorbell_memif *bell);
/* The peer is to ring, or not, for frames it sends from now on. */
void doorbell_memif_ask(struct doorbell_memif *bell, bool ring);
void doorbell_memif_forget(struct doorbell_memif *bell);

#endif
