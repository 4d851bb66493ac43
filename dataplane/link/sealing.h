/* The sealed link: frames of the transport into sealed ones, and back. Only for link.c. */
#ifndef SEALING_H
#define SEALING_H

#include "packet_link.h"

#define SEALING_OWN 4                               /* handshake frames in one burst */
#define SEALING_BURST (MR_PORT_BURST - SEALING_OWN) /* the transport's frames in one burst */

struct sealing;

/* 0 or -ENOMEM; is freed with free(). */
int sealing_create(struct sealing **sealing, const struct link_config *config);
/* Seals up to SEALING_BURST frames into rooms of its own, and adds what the seal has to send;
 * ARP stays as it is. Returns how many frames there are now, at most MR_PORT_BURST. */
uint32_t sealing_seal(struct sealing *sealing, uint64_t now_ns, struct transport_frame *frames,
		      uint32_t count);
/* Opens frames into rooms of its own, good until the next call; leaves out what is not to be seen.
 * Returns how many remain. */
uint32_t sealing_open(struct sealing *sealing, uint64_t now_ns, struct transport_rx *frames,
		      uint32_t count);

#endif
