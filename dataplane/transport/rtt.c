/*
 * Round trips to a peer: how long they take, and how long to wait for an answer.
 *
 * Every ACK is a sample, as packet numbers are never used twice. The timeout has a floor of
 * microseconds, for peers that poll; one that may sleep, because nothing was heard of it lately, is
 * given the time it said it may sleep; and one that answers later than that now and then (a host
 * with more threads than cores) gets a floor of its own, which rises with each timeout that proves
 * spurious, and decays. While the peer is heard of, timeouts are not doubled: what is missing was
 * lost, and half of the packets that would say so with it. One that is doubled is up to a quarter
 * shorter by chance: senders who lost to the same full queue must not meet there again.
 *
 * Sources: RFC 6298 (smoothing), RFC 9002 section 6.2.1 (max_ack_delay), RFC 8985 (reordering
 * window), RFC 4015 (more patience after a spurious timeout), Linux's linear timeouts of thin
 * streams (Documentation/networking/tcp-thin.rst).
 */
#include "calls.h"

void rtt_init(struct peer *peer)
{
	peer->flight.rtt = (struct rtt){.rto_ns = MR_RTO_US_INITIAL * NS_PER_US};
}

/* The least of the last one to two spans: a path may change for a longer one. */
static void base_note(struct rtt *rtt, uint64_t now_ns, uint64_t rtt_ns)
{
	if (now_ns >= rtt->base_until_ns) {
		rtt->base_last_ns = rtt->base_until_ns == 0 ? rtt_ns : rtt->base_now_ns;
		rtt->base_now_ns = rtt_ns;
		rtt->base_until_ns = now_ns + MR_RTT_BASE_MS * NS_PER_MS;
	}
	rtt->base_now_ns = min_u64(rtt->base_now_ns, rtt_ns);
}

uint64_t rtt_base_ns(const struct peer *peer)
{
	return min_u64(peer->flight.rtt.base_now_ns, peer->flight.rtt.base_last_ns);
}

static void floor_decay(struct rtt *rtt, uint64_t now_ns)
{
	for (; rtt->floor_ns > 0 && now_ns >= rtt->floor_until_ns; rtt->floor_ns /= 2)
		rtt->floor_until_ns += MR_RTO_FLOOR_MS * NS_PER_MS;
}

void rtt_sample(struct peer *peer, uint64_t rtt_ns)
{
	struct rtt *rtt = &peer->flight.rtt;
	uint64_t error_ns =
	    rtt_ns > rtt->smooth_ns ? rtt_ns - rtt->smooth_ns : rtt->smooth_ns - rtt_ns;

	if (rtt->smooth_ns == 0) {
		rtt->smooth_ns = rtt_ns;
		rtt->var_ns = rtt_ns / 2;
	} else {
		rtt->var_ns = (3 * rtt->var_ns + error_ns) / 4;
		rtt->smooth_ns = (7 * rtt->smooth_ns + rtt_ns) / 8;
	}
	rtt->last_ns = rtt_ns;
	base_note(rtt, peer->transport->now_ns, rtt_ns);
	floor_decay(rtt, peer->transport->now_ns);
	/* An answer is asked for so many times a round trip: a packet may wait for the next one. */
	rtt->rto_ns = rtt->smooth_ns + rtt->smooth_ns / MR_ANSWERS_PER_ROUND + 4 * rtt->var_ns;
	rtt->rto_ns = max_u64(rtt->rto_ns, max_u64(MR_RTO_US_MIN * NS_PER_US, rtt->floor_ns));
	rtt->rto_ns = min_u64(rtt->rto_ns, MR_RTO_US_MAX * NS_PER_US);
}

void rtt_patience(struct peer *peer)
{
	struct rtt *rtt = &peer->flight.rtt;

	rtt->floor_ns = 2 * rtt->rto_ns;
	rtt->floor_ns = min_u64(rtt->floor_ns, MR_RTO_FLOOR_US_MAX * NS_PER_US);
	rtt->floor_until_ns = peer->transport->now_ns + MR_RTO_FLOOR_MS * NS_PER_MS;
	rtt->rto_ns = max_u64(rtt->rto_ns, rtt->floor_ns);
}

uint64_t rtt_timeout_ns(const struct peer *peer, uint64_t sent_ns)
{
	const struct rtt *rtt = &peer->flight.rtt;
	uint32_t doublings = peer->flight.doublings;
	uint64_t timeout_ns = rtt->rto_ns;

	if (sent_ns > peer->heard_ns + MR_POLL_HOT_US * NS_PER_US)
		timeout_ns += peer->sleep_us * NS_PER_US;
	timeout_ns = min_u64(timeout_ns << doublings, peer_interval_max_ns(peer));
	if (doublings > 0)
		timeout_ns -= timeout_ns * peer->flight.jitter / 1024;
	return timeout_ns;
}

bool rtt_awake(const struct peer *peer)
{
	return peer->transport->now_ns - peer->heard_ns < MR_RTO_AWAKE_US * NS_PER_US;
}

uint64_t rtt_overtaken_ns(const struct peer *peer)
{
	const struct rtt *rtt = &peer->flight.rtt;
	uint64_t round_ns = max_u64(rtt->smooth_ns, rtt->last_ns);
	uint64_t window_ns = (peer->flight.reorder + 1ull) * rtt_base_ns(peer) / 4;

	return round_ns + min_u64(window_ns, rtt->smooth_ns);
}
