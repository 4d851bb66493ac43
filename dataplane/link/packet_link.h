/*
 * The link: carries frames between a transport and a port, in bursts.
 *
 * The shell of one I/O core's packet path, for nodes, benchmarks and tests alike: it owns the
 * buffers of a burst, keeps what the port has no room for, shows frames to a tap, and injects loss
 * when asked to; with a seal, what goes out and comes in is sealed. One thread, the owner of port
 * and transport, calls it. No allocation after link_create().
 */
#ifndef PACKET_LINK_H
#define PACKET_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "port.h"
#include "seal.h"
#include "transport.h"

struct link;

/* Shown every frame that came in or goes out, unsealed, before it is handled; must not block. */
struct link_tap {
	/* false: it had no room for this one. */
	bool (*frame)(struct link_tap *tap, uint64_t now_ns, bool out,
		      const struct port_piece *pieces, uint32_t piece_count);
};

struct link_config {
	struct port *port; /* both outlive the link */
	struct transport *transport;
	uint32_t drop_ppm; /* of received frames, dropped on purpose */
	uint64_t seed;     /* of these drops */
	/* NULL: frames are clear. Outlives the link; the transport's overhead_bytes is then
	 * SEAL_OVERHEAD_BYTES, and ip and udp_port are the transport's. */
	struct seal *seal;
	uint32_t ip;
	uint16_t udp_port;
};

/* What takes events: called after every few frames, and may answer offers at once. A body without
 * an offer (event.body) is good until it returns. */
struct link_user {
	void (*pump)(void *opaque);
	void *opaque;
};

#define LINK_COUNTERS(X)                                                       \
	X(drop_fault)  /* received frames dropped on purpose */                \
	X(held)        /* frames that waited because the port was full */      \
	X(held_copied) /* of these, with a body in no region: it was copied */ \
	X(tapped)      /* frames shown to a tap that took them */              \
	X(tap_missed)  /* frames it had no room for; they went their way */

struct link_counters {
#define LINK_COUNTER_FIELD(name) uint64_t name;
	LINK_COUNTERS(LINK_COUNTER_FIELD)
#undef LINK_COUNTER_FIELD
};

/* 0 or -ENOMEM. */
int link_create(struct link **link, const struct link_config *config);
/* Drops frames that still wait, and releases those received. Nulls *link; *link may be NULL. */
void link_destroy(struct link **link);
/* NULL takes it away. */
void link_set_tap(struct link *link, struct link_tap *tap);

/* Gives received frames to the transport, a few bursts at most; true when there were any. After a
 * packet or two of small messages it keeps the others of a burst for the next call: so their
 * answers, which link_send() puts into as few packets, are on their way while the rest is taken. */
bool link_receive(struct link *link, uint64_t now_ns, const struct link_user *user);
/* Sends what the transport has until it or the port's room ends; true when a frame was sent. The
 * owner of a body is its struct region, of which a reference is kept where the port or the link
 * needs it longer, or NULL: then the body is copied. */
bool link_send(struct link *link, uint64_t now_ns);
/* Runs the timers that are due, the transport's too, and says when to be called next; UINT64_MAX:
 * never. */
void link_tick(struct link *link, uint64_t now_ns);
uint64_t link_deadline(const struct link *link);
/* Do frames wait for the port to have room? Then link_send() is to be called again soon. */
bool link_blocked(const struct link *link);

const struct link_counters *link_counters(const struct link *link);

#endif
