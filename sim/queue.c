/* A queue before a link of limited rate. */
#include "queue.h"

#define NS_BITS_PER_MBIT 1000ull /* a megabit per second is a bit each 1000 ns */

#define ETHERNET_BYTES 14
#define IP_BYTES_MIN 20
#define IP_TOS 1
#define IP_CHECKSUM 10
#define ECN_MASK 3
#define ECN_NOT_ECT 0
#define ECN_CE 3

static uint64_t link_ns(const struct sim_queue *queue, uint64_t bytes)
{
	return bytes * 8 * NS_BITS_PER_MBIT / queue->rate_mbps;
}

uint64_t sim_queue_bytes(const struct sim_queue *queue, uint64_t now_ns)
{
	if (queue->free_ns <= now_ns)
		return 0;
	return (queue->free_ns - now_ns) * queue->rate_mbps / (8 * NS_BITS_PER_MBIT);
}

uint64_t sim_queue_room(const struct sim_queue *queue, uint64_t now_ns)
{
	uint64_t queued = sim_queue_bytes(queue, now_ns);

	if (queue->rate_mbps == 0)
		return queue->limit_bytes;
	return queued < queue->limit_bytes ? queue->limit_bytes - queued : 0;
}

uint64_t sim_queue_room_time(const struct sim_queue *queue, uint32_t bytes)
{
	uint64_t ns;

	if (queue->rate_mbps == 0)
		return 0;
	ns = link_ns(queue, bytes < queue->limit_bytes ? queue->limit_bytes - bytes : 0);
	return queue->free_ns > ns ? queue->free_ns - ns : 0;
}

enum sim_verdict sim_queue_push(struct sim_queue *queue, uint64_t now_ns, uint32_t bytes,
				uint64_t *out_ns)
{
	uint64_t queued = sim_queue_bytes(queue, now_ns);

	*out_ns = now_ns;
	if (queue->rate_mbps == 0)
		return SIM_PASS;
	if (queued + bytes > queue->limit_bytes)
		return SIM_DROP;
	if (queue->free_ns > now_ns)
		*out_ns = queue->free_ns;
	*out_ns += link_ns(queue, bytes);
	queue->free_ns = *out_ns;
	return queue->mark_bytes > 0 && queued > queue->mark_bytes ? SIM_MARK : SIM_PASS;
}

bool sim_frame_mark(uint8_t *frame, uint32_t bytes)
{
	uint8_t *ip = frame + ETHERNET_BYTES;
	uint32_t sum;
	uint8_t tos;

	if (bytes < ETHERNET_BYTES + IP_BYTES_MIN || frame[12] != 8 || frame[13] != 0 ||
	    ip[0] >> 4 != 4 || (ip[IP_TOS] & ECN_MASK) == ECN_NOT_ECT)
		return false;
	tos = ip[IP_TOS];
	ip[IP_TOS] |= ECN_CE;
	/* HC' = ~(~HC + ~m + m'); both words have the first byte of the header above the TOS. */
	sum = (uint16_t) ~(ip[IP_CHECKSUM] << 8 | ip[IP_CHECKSUM + 1]);
	sum += (uint16_t) ~(ip[0] << 8 | tos);
	sum += (uint32_t)(ip[0] << 8 | ip[IP_TOS]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (uint16_t)~sum;
	ip[IP_CHECKSUM] = (uint8_t)(sum >> 8);
	ip[IP_CHECKSUM + 1] = (uint8_t)sum;
	return true;
}
