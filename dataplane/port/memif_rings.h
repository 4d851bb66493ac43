/*
 * The rings of a memif port, in a mapping of our own: for what the driver does not do with them.
 *
 * Both ends share the memory that the rings lie in. This maps it once more, as the driver takes its
 * own mapping away at any moment, on DPDK's interrupt thread, when the peer goes; what is mapped
 * here may then be the memory of a peer that is no more, which harms nobody.
 *
 * The doorbell is an eventfd for each ring, which the driver makes, and leaves masked. Whether a
 * ring's sender writes it is a flag at the head of the ring. The driver masks it when it connects,
 * obeys it when it sends, and has no operation to change it: the owner does, as it sleeps and
 * wakes. What an awake owner has of the rings is in memif_ahead.h.
 *
 * Source: the memif protocol, version 2.0 (libmemif's memif.h; DPDK's guides/nics/memif.rst):
 * region 0 is a memfd that begins with the rings, client to server first.
 */
#ifndef MEMIF_RINGS_H
#define MEMIF_RINGS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

#define MEMIF_EVENTS_MAX 16        /* eventfds of memif ports that this process may have */
#define MEMIF_BUFFER_BYTES_MIN 192 /* of a slot: headers, and a short message */

struct memif_descriptor {
	uint16_t flags;
	uint16_t region;
	uint32_t bytes;
	uint32_t offset; /* of its buffer in that region */
	uint32_t metadata;
};

/* Counters wrap; a slot is one of them modulo the number of slots. The server's say what it has
 * read or written; so does the client's of what it sends, while of what it receives it says up to
 * where there is room: as many slots ahead of what it has read as there are. */
struct memif_ring {
	uint32_t cookie;
	_Atomic uint16_t flags; // receiver: wo, sender: ro
	_Atomic uint16_t head;  // client: wo, server: ro
	uint8_t head_line[56];
	_Atomic uint16_t tail; // server: wo, client: ro
	uint8_t tail_line[62];
	struct memif_descriptor descriptors[];
};

_Static_assert(sizeof(struct memif_descriptor) == 16 && offsetof(struct memif_ring, tail) == 64 &&
		   sizeof(struct memif_ring) == 128,
	       "as they lie in shared memory");

struct memif_way {
	struct memif_ring *ring;
	const uint8_t *buffers; // of slot 0, the next ones follow; NULL: they lie otherwise
	uint32_t buffer_bytes;  // MEMIF_BUFFER_BYTES_MIN at least
};

struct memif_rings {
	bool server;       // it receives what the client sends
	uint16_t rx_queue; // of the port
	uint16_t tx_queue;
	uint16_t queues;    // of the device
	int region_fd;      // the driver's; looked at, never used for more
	ino_t region_inode; // of the region that is mapped; 0: none is
	void *region;
	size_t region_bytes;
	uint32_t slots;      // of each ring
	struct memif_way rx; // its ring is NULL: no rings are found
	struct memif_way tx;
	bool copied; // both ways have buffers for their slots: drivers copy, and lend no memory
	uint32_t event_count;
	int events[MEMIF_EVENTS_MAX]; // the eventfds: those of our rings, and maybe of others
};

/* Maps the rings of a port that is connected: true when it did, with events set. Without them
 * (nothing is connected; or there are several regions, and nobody says whose is whose) rx.ring is
 * NULL. */
bool memif_rings_find(struct memif_rings *rings);
/* Is what is mapped still the driver's? */
bool memif_rings_current(const struct memif_rings *rings);
/* The peer is to ring, or not, for frames it sends from now on. */
void memif_rings_ask(struct memif_rings *rings, bool ring);
void memif_rings_forget(struct memif_rings *rings);

#endif
