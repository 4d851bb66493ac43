/*
 * Congestion: how much may be in flight to a peer.
 *
 * Three signs, in the order in which they come: ECN marks, a round trip that is longer than the
 * shortest one by more than a target, loss. Marks shrink the window by the smoothed part of packets
 * that had one, once per round trip; delay by how far it is above the target; loss by CUBIC's
 * factor, where it is more than links lose by themselves (a queue that is full loses more, and is
 * heard of by delay or marks before). Without any the window doubles each round trip until the
 * first sign, then grows by a chunk.
 *
 * Of the delays of one round trip the least counts, less what the frames may have waited at either
 * host: a host that was busy or asleep is not a queue in the network, and more threads than cores
 * are not congestion.
 *
 * Sources: RFC 8257 (DCTCP), Kumar et al., "Swift" (SIGCOMM'20), RFC 5681 (slow start), RFC 9438
 * (factor 0.7), Cardwell et al., draft-cardwell-iccrg-bbr-congestion-control-02 section 3.4.1
 * (loss under 2 % is none), RFC 7661 (a window that was long not used says little).
 */
#include "calls.h"
#include "dctcp.h"

/* Two chunks: the second shows that the first is lost. */
static uint64_t least_bytes(const struct peer *peer)
{
	return 2 * path_chunk_bytes(peer);
}

void congestion_init(struct peer *peer)
{
	peer->flight.congestion = (struct congestion){
	    .window_bytes = MR_FLIGHT_BYTES_INITIAL,
	    .threshold_bytes = MR_FLIGHT_BYTES_MAX,
	    .alpha = DCTCP_ONE,
	    .loss_first = peer->flight.next,
	};
}

static void round_begin(struct peer *peer)
{
	struct congestion *congestion = &peer->flight.congestion;

	congestion->round_first = peer->flight.heard + 1;
	congestion->round_end = peer->flight.next;
	congestion->round_marks = 0;
	congestion->round_delay_ns = UINT64_MAX;
}

void congestion_reset(struct peer *peer)
{
	peer->flight.congestion.marks = 0;
	round_begin(peer);
}

void congestion_resume(struct peer *peer)
{
	struct congestion *congestion = &peer->flight.congestion;
	uint64_t now_ns = peer->transport->now_ns;

	if (now_ns - peer->heard_ns > MR_FLIGHT_IDLE_MS * NS_PER_MS)
		congestion->window_bytes =
		    min_u64(congestion->window_bytes, MR_FLIGHT_BYTES_INITIAL);
}

static void shrink_to(struct peer *peer, uint64_t bytes)
{
	struct congestion *congestion = &peer->flight.congestion;

	congestion->window_bytes = max_u64(bytes, least_bytes(peer));
	congestion->threshold_bytes = congestion->window_bytes;
}

/* Of the latest packets, one to two times MR_LOSS_PACKETS, so many were lost. */
static void loss_count(struct congestion *congestion, uint32_t number)
{
	uint32_t packets = number - congestion->loss_first;

	if (packets > 2 * MR_LOSS_PACKETS) {
		congestion->losses =
		    (uint32_t)((uint64_t)congestion->losses * MR_LOSS_PACKETS / packets);
		congestion->loss_first = number - MR_LOSS_PACKETS;
	}
	congestion->losses++;
}

static bool loss_is_much(const struct congestion *congestion, uint32_t number)
{
	return congestion->losses * MR_LOSS_SHARE > number - congestion->loss_first;
}

bool congestion_suspected(struct peer *peer, uint32_t number)
{
	struct congestion *congestion = &peer->flight.congestion;

	loss_count(congestion, number);
	return loss_is_much(congestion, number);
}

bool congestion_loses(const struct peer *peer)
{
	return loss_is_much(&peer->flight.congestion, peer->flight.next);
}

void congestion_lost(struct peer *peer)
{
	shrink_to(peer, peer->flight.congestion.window_bytes * 7 / 10);
}

void congestion_collapse(struct peer *peer)
{
	struct congestion *congestion = &peer->flight.congestion;

	/* The next timeout of a row says nothing new: RFC 5681 section 3.1. */
	if (peer->flight.backoff <= 1)
		congestion->threshold_bytes =
		    max_u64(congestion->window_bytes * 7 / 10, least_bytes(peer));
	congestion->window_bytes = least_bytes(peer);
}

void congestion_restore(struct peer *peer, uint64_t window_bytes)
{
	struct congestion *congestion = &peer->flight.congestion;

	congestion->window_bytes = max_u64(congestion->window_bytes, window_bytes);
	congestion->threshold_bytes =
	    max_u64(congestion->threshold_bytes, congestion->window_bytes);
}

/* The window grows only while it is what holds the sender back. */
void congestion_arrived(struct peer *peer, uint64_t bytes)
{
	struct congestion *congestion = &peer->flight.congestion;

	if (peer->flight.bytes < congestion->window_bytes / 2)
		return;
	if (congestion->window_bytes < congestion->threshold_bytes)
		congestion->window_bytes += bytes;
	else
		congestion->window_bytes +=
		    bytes * path_chunk_bytes(peer) / congestion->window_bytes;
	congestion->window_bytes = min_u64(congestion->window_bytes, MR_FLIGHT_BYTES_MAX);
}

/* --- Signs, once per round trip -------------------------------------------------------------- */

static uint64_t target_ns(const struct peer *peer)
{
	uint32_t queues_us = peer->transport->config.delay_us_target;

	return rtt_base_ns(peer) + (queues_us != 0 ? queues_us : MR_DELAY_US_TARGET) * NS_PER_US;
}

/* Swift's decrease, bounded by half: as far as the delay is above the target. */
static uint64_t delay_excess(const struct peer *peer, uint64_t bytes)
{
	uint64_t delay_ns = peer->flight.congestion.round_delay_ns;
	uint64_t excess_ns = delay_ns - target_ns(peer);

	return min_u64(bytes / 2,
		       bytes * 8 / 10 * (excess_ns / NS_PER_US) / (delay_ns / NS_PER_US));
}

static void round_over(struct peer *peer)
{
	struct congestion *congestion = &peer->flight.congestion;
	uint64_t bytes = congestion->window_bytes;

	congestion->alpha = dctcp_alpha(congestion->alpha, congestion->round_marks,
					peer->flight.heard - congestion->round_first + 1);
	if (congestion->round_marks > 0) {
		peer->transport->counters.slowed_by_marks++;
		shrink_to(peer, dctcp_shrink(bytes, congestion->alpha));
	} else if (congestion->round_delay_ns != UINT64_MAX &&
		   congestion->round_delay_ns > target_ns(peer)) {
		peer->transport->counters.slowed_by_delay++;
		shrink_to(peer, bytes - delay_excess(peer, bytes));
	}
	round_begin(peer);
}

void congestion_heard(struct peer *peer, uint32_t marks, uint64_t rtt_ns, uint32_t delay_us)
{
	struct congestion *congestion = &peer->flight.congestion;
	uint64_t host_ns = delay_us * NS_PER_US + peer->transport->waited_ns;

	if (packet_ahead(marks, congestion->marks) > 0) {
		congestion->round_marks += marks - congestion->marks;
		congestion->marks = marks;
	}
	if (rtt_ns > 0)
		congestion->round_delay_ns =
		    min_u64(congestion->round_delay_ns, rtt_ns > host_ns ? rtt_ns - host_ns : 0);
	if (packet_ahead(peer->flight.heard, congestion->round_end) >= 0)
		round_over(peer);
}
