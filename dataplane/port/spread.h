/* Whose a received frame is, where several cores of a node have a queue each. Pure. */
#ifndef SPREAD_H
#define SPREAD_H

#include "port.h"

#define SPREAD_HEAD_BYTES 38 /* of a frame: Ethernet, IPv4, UDP up to its destination port */
#define SPREAD_ALL UINT32_MAX

static inline uint32_t spread_get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

/* The number of the queue, or SPREAD_ALL: a copy for each. bytes are there of the frame. */
static inline uint32_t spread_queue(const struct port_spread *spread, const uint8_t *frame,
				    uint32_t bytes)
{
	uint32_t type, queue;

	if (bytes < SPREAD_HEAD_BYTES)
		return 0;
	type = spread_get16(frame + 12);
	if (type == 0x0800 && frame[14] == 0x45 && frame[23] == 17) { /* IPv4, no options, UDP */
		queue = spread_get16(frame + 36) - spread->udp_port;
		return queue < spread->queues ? queue : 0;
	}
	return type == 0x0806 && frame[21] == 2 ? SPREAD_ALL : 0; /* an ARP reply */
}

#endif
