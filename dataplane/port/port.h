/*
 * Ports: where Ethernet frames go in and out. One interface, three kinds behind it: any DPDK 22.11
 * port by its devargs, the in-process ring port, and (registered from above) simulated ones.
 *
 * A port is polled by one thread, its owner. Sent frames are gathered from pieces; a port that
 * cannot scatter gets one linear copy, counted. No logging, system call or allocation in rx and tx,
 * but for what the driver does, and every 16384th rx for its statistics and its peer's coming.
 */
#ifndef PORT_H
#define PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "region.h"

struct port;

/* Bytes of a frame to send. Without a region they are copied before port_tx() returns. With one,
 * which is frozen and holds them, the port may send them from where they lie, and keeps a reference
 * of its own until the device is done with them. */
struct port_piece {
	const void *data;
	uint32_t bytes;
	struct region *region; /* or NULL */
};

/* A frame to send: its pieces in order. The one that lies in a region is the last, if any is to go
 * without a copy. */
struct port_tx {
	struct port_piece pieces[MR_PORT_SEGMENTS_MAX];
	uint32_t piece_count;
};

/* A received frame, contiguous; belongs to the caller until port_rx_release(). */
struct port_rx {
	const uint8_t *data;
	uint32_t bytes;
	void *opaque;
};

/* Whose bytes a port can send from where they lie. */
enum port_external {
	PORT_EXTERNAL_NONE,
	PORT_EXTERNAL_HEAP, /* of regions whose memory is region_provider_dpdk()'s */
	PORT_EXTERNAL_PAGE, /* of those, what does not cross from one page of memory into another */
	PORT_EXTERNAL_ANY,  /* of any region */
};

struct port_abilities {
	uint8_t mac[6];
	uint32_t mtu;       /* bytes of an IP packet */
	bool multi_segment; /* frames leave in several pieces (probed, not only reported) */
	bool doorbell;      /* wake_fd becomes readable when a frame waits for a sleeper */
	enum port_external external;
	uint32_t external_bytes_min; /* shorter bodies are copied, which is cheaper */
	bool memory; /* frames go from memory to memory of this host: no wire flips a bit */
	char driver[32];
};

#define PORT_COUNTERS(X)                                                                        \
	X(rx_frames)                                                                            \
	X(rx_bytes)                                                                             \
	X(tx_frames)                                                                            \
	X(tx_bytes)                                                                             \
	X(tx_external)   /* frames whose body went from its region without a copy */            \
	X(tx_linearised) /* frames copied although their body lies in a region: it is short, or \
			  * the port cannot scatter, or cannot read that memory */              \
	X(tx_copied)     /* frames copied because their pieces lie in no region */              \
	X(tx_nudges)     /* frames to ourselves, so that the device gives regions back */       \
	X(tx_full)       /* tx calls that could not send all */                                 \
	X(tx_shared)     /* tx calls through a queue of the device that several cores share */  \
	X(rx_linearised) /* frames that came in several pieces, copied into one */              \
	X(rx_spread)     /* frames polled here and passed on to the core they are for */        \
	X(drop_tx_oversize)                                                                     \
	X(drop_tx_short)     /* less than an Ethernet header */                                 \
	X(drop_tx_no_port)   /* ring: no open port has the destination address */               \
	X(drop_tx_no_buffer) /* ring: a copy of a broadcast found a queue full */               \
	X(drop_tx_error)     /* the driver took frames and could not send them */               \
	X(drop_rx_oversize)                                                                     \
	X(drop_rx_checksum)  /* the device found a checksum wrong */                            \
	X(drop_rx_no_buffer) /* came faster than they were taken */                             \
	X(drop_rx_spread)    /* that core had no room for them */                               \
	X(drop_rx_error)

struct port_counters {
#define PORT_COUNTER_FIELD(name) uint64_t name;
	PORT_COUNTERS(PORT_COUNTER_FIELD)
#undef PORT_COUNTER_FIELD
};

struct port_ops {
	uint32_t (*rx)(struct port *port, struct port_rx *frames, uint32_t max);
	void (*rx_release)(struct port *port, struct port_rx *frames, uint32_t count);
	uint32_t (*tx)(struct port *port, const struct port_tx *frames, uint32_t count);
	/* Before the owner sleeps: true when a frame already waits, else the doorbell is armed.
	 * Clears what an earlier ring left in wake_fd. */
	bool (*arm)(struct port *port);
	void (*close)(struct port *port);
};

/* Implementations embed this as their first member. */
struct port {
	const struct port_ops *ops;
	struct port_abilities abilities;
	struct port_counters counters; // owner: rw, others: ro (relaxed, for display)
	int wake_fd;                   // eventfd or interrupt descriptor, -1 without doorbell
};

/* Owner only. Number of frames received / accepted for sending (the rest: try again). A frame that
 * can never be sent is counted as dropped and reported as accepted. */
static inline uint32_t port_rx(struct port *port, struct port_rx *frames, uint32_t max)
{
	return port->ops->rx(port, frames, max);
}
static inline void port_rx_release(struct port *port, struct port_rx *frames, uint32_t count)
{
	port->ops->rx_release(port, frames, count);
}
static inline uint32_t port_tx(struct port *port, const struct port_tx *frames, uint32_t count)
{
	return port->ops->tx(port, frames, count);
}
static inline bool port_arm(struct port *port)
{
	return port->ops->arm(port);
}
/* All received frames must have been released. Nulls *port; *port may be NULL. */
void port_close(struct port **port);

/*
 * Several queues of one device, each a port polled by a thread of its own. Frames of UDP go to the
 * queue numbered by how far their destination port is above udp_port; ARP replies, which do not say
 * who asked, to each queue; everything else to the first. All have the same MAC; what the device
 * counts as a whole is among the counters of the first.
 */
struct port_spread {
	uint16_t queues;   /* 1 to MR_IO_CORES_MAX; 1: all frames come here */
	uint16_t udp_port; /* of the first */
};

/* --- The in-process ring port (ring.c): needs no EAL, root or huge pages ------------------------
 */

struct ring_switch; /* joins the ring ports of one process, as a learning switch would */

int ring_switch_create(struct ring_switch **sw, uint32_t ports, uint32_t mtu);
/* The same, with ports of up to that many queues. */
int ring_switch_create_queues(struct ring_switch **sw, uint32_t ports, uint32_t queues,
			      uint32_t mtu);
/* All its ports must be closed. Nulls *sw. */
void ring_switch_destroy(struct ring_switch **sw);
/* Port number index; -EBUSY while it is open. Its MAC is 02:4d:52:00:00:index. */
int ring_port_open(struct ring_switch *sw, uint32_t index, struct port **port);
/* All queues of port number index: spread->queues of them are written. */
int ring_queues_open(struct ring_switch *sw, uint32_t index, const struct port_spread *spread,
		     struct port **queues);

/* --- DPDK ports (dpdk.c, eal.c)
 * ------------------------------------------------------------------- */

struct port_eal_config {
	const char *const *specs; /* every port this process will open: decides PCI, huge pages */
	uint32_t spec_count;
	uint64_t memory_bytes; /* data memory the DPDK heap must be able to provide, mbufs beside */
	uint32_t queues;       /* of each of these ports; 0 is 1 */
};

/* Starts EAL once per process, quietly: with no root and no huge pages when there are none (says so
 * in note, what was degraded and why; empty when nothing was). 0 or -errno with error text. */
int port_eal_start(const struct port_eal_config *config, char *note, size_t note_bytes, char *error,
		   size_t error_bytes);
/*
 * Opens a DPDK port: devargs ("net_af_packet0,iface=eth0"), a PCI address, or the short form, the
 * name of a Linux interface (af_packet); ",mtu=N" among the devargs is the port's MTU, where it is
 * not to be the driver's. Knows its abilities, clears stale memif and vhost sockets.
 * port_eal_start() first. 0 or -errno with error text saying what to do.
 */
int port_dpdk_open(const char *spec, struct port **port, char *error, size_t error_bytes);
/*
 * The same with spread->queues ports on one device, closed in any order: the last one stops it.
 * Where the device has fewer queues, some ports get their frames from those that poll one, or send
 * through the queue of another; what the peer at the other end of a memory port (memif, vhost) has
 * must be the same number. 0 or -errno with error text; -ENOTSUP where it cannot be.
 */
int port_dpdk_open_queues(const char *spec, const struct port_spread *spread, struct port **ports,
			  char *error, size_t error_bytes);
/* Does that port send from where data lies only if it lies in the DPDK heap? Then that is the place
 * for a node's memory, where huge pages allow it. False for what is no port at all. */
bool port_dpdk_wants_heap(const char *spec);
/* One block of the DPDK heap. */
int region_provider_dpdk(struct region_provider *provider, uint64_t bytes);

/* --- Polling modes (poll.c), pure
 * ---------------------------------------------------------------- */

enum port_poll_mode {
	PORT_POLL_ADAPTIVE,  /* hot while frames come, then asleep */
	PORT_POLL_ALWAYS,    /* never asleep: a core of its own */
	PORT_POLL_INTERRUPT, /* asleep whenever nothing is there */
};

#define PORT_POLL_WORDS "always, adaptive or interrupt"

const char *port_poll_name(enum port_poll_mode mode);
/* One of PORT_POLL_WORDS; false when text is none. */
bool port_poll_parse(const char *text, enum port_poll_mode *mode);

/* Begins zeroed, but for the mode. */
struct port_poll {
	enum port_poll_mode mode;
	uint64_t last_work_ns;
	uint32_t sleep_us;
};

/* After a turn of the loop: did it do work? Returns how long to sleep, in microseconds: 0 means
 * poll again at once; with doorbell, UINT32_MAX means until a descriptor wakes us. */
uint32_t port_poll_next(struct port_poll *poll, bool worked, bool doorbell, uint64_t now_ns);
/* How long a frame may wait until an idle owner takes it, which its senders must know
 * (transport_config.sleep_us). */
uint32_t port_poll_wait_us(enum port_poll_mode mode, bool doorbell);

#endif
