/*
 * A queue before a link of limited rate: tail drop, and marks above a threshold.
 *
 * It holds no frames: what is queued is what the link still has to send, so that a frame's time of
 * leaving is known when it comes.
 */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct sim_queue {
	uint64_t free_ns;     /* when the link has sent all it was given */
	uint32_t rate_mbps;   /* 0: no limit, and nothing is ever queued */
	uint32_t limit_bytes; /* what is queued when a frame comes, with the frame, is no more */
	uint32_t mark_bytes;  /* queued before a frame that gets a mark; 0: none does */
};

enum sim_verdict { SIM_PASS, SIM_MARK, SIM_DROP };

uint64_t sim_queue_bytes(const struct sim_queue *queue, uint64_t now_ns);
/* How many bytes more fit. */
uint64_t sim_queue_room(const struct sim_queue *queue, uint64_t now_ns);
/* When so few bytes are queued that a frame of that size fits. */
uint64_t sim_queue_room_time(const struct sim_queue *queue, uint32_t bytes);
/* Queues a frame, unless it is dropped; *out_ns is when its last bit has left the link. */
enum sim_verdict sim_queue_push(struct sim_queue *queue, uint64_t now_ns, uint32_t bytes,
				uint64_t *out_ns);

/* Says "congestion experienced" in an IPv4 packet that allows it (RFC 3168), and keeps its checksum
 * right (RFC 1624). False when the frame holds no such packet. */
bool sim_frame_mark(uint8_t *frame, uint32_t bytes);

#endif
