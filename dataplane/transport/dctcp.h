/*
 * DCTCP's answer to marks of congestion: the share of marked packets, smoothed, and how much of a
 * window it takes away. For the sender's window (congestion.c) and the receiver's credit
 * (credit.c).
 *
 * Source: RFC 8257, sections 3.3 and 3.4.
 */
#ifndef DCTCP_H
#define DCTCP_H

#include <stdint.h>

#define DCTCP_ONE 1024u /* alpha is in such parts */
#define DCTCP_SHIFT 4   /* its gain: 1/16 */

/* After a round of so many packets, of which so many came marked: at least one packet, and no more
 * marks count than packets. */
static inline uint32_t dctcp_alpha(uint32_t alpha, uint32_t marks, uint32_t packets)
{
	uint64_t share = marks < packets ? DCTCP_ONE * (uint64_t)marks / packets : DCTCP_ONE;

	return alpha - (alpha >> DCTCP_SHIFT) + (uint32_t)(share >> DCTCP_SHIFT);
}

static inline uint64_t dctcp_shrink(uint64_t bytes, uint32_t alpha)
{
	return bytes - bytes * alpha / (2 * DCTCP_ONE);
}

#endif
