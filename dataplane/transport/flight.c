/*
 * Packets in flight to a peer: which are lost, how long to wait, how many there may be.
 *
 * Every DATA packet has a number of its own, retransmissions too, and a place in a ring, in the
 * order of sending. ACK names the highest number seen. Each packet is judged once, oldest first:
 * arrived, overtaken (lost), or too old (lost). So a lost packet is found whichever message it is
 * of, a retransmission is never mistaken for its original, and the work is O(1) per packet.
 *
 * Sources: RFC 6298 (timer), RFC 9002 section 6.1 (loss by packet number), RFC 5681 (slow start and
 * congestion avoidance), with CUBIC's factor 0.7 (RFC 9438).
 */
#include "state.h"

#define WINDOW_BYTES_MIN (2 * peer->transport->chunk_bytes)

static struct flight_packet *packet_at(struct peer *peer, uint32_t number)
{
	return &peer->packets[number % MR_FLIGHT_PACKETS];
}

void flight_init(struct peer *peer, uint32_t first_packet)
{
	peer->flight = (struct flight){
	    .next = first_packet,
	    .rto_ns = MR_RTO_US_INITIAL * NS_PER_US,
	    .window_bytes = MR_FLIGHT_BYTES_INITIAL,
	    .threshold_bytes = MR_FLIGHT_BYTES_MAX,
	};
	flight_reset(peer);
}

void flight_reset(struct peer *peer)
{
	struct flight *flight = &peer->flight;

	flight->oldest = flight->next;
	flight->recovery = flight->next;
	flight->heard = flight->next - 1;
	flight->backoff = 0;
	flight->bytes = 0;
}

bool flight_room(const struct peer *peer)
{
	const struct flight *flight = &peer->flight;

	return flight->bytes < flight->window_bytes &&
	       flight->next - flight->oldest < MR_FLIGHT_PACKETS;
}

uint32_t flight_send(struct peer *peer, uint32_t message, uint32_t chunk, uint32_t bytes)
{
	struct flight *flight = &peer->flight;

	*packet_at(peer, flight->next) = (struct flight_packet){
	    .sent_ns = peer->transport->now_ns,
	    .message = message,
	    .chunk = chunk,
	};
	flight->bytes += bytes;
	return flight->next++;
}

static void sample(struct flight *flight, uint64_t rtt_ns)
{
	uint64_t error =
	    rtt_ns > flight->srtt_ns ? rtt_ns - flight->srtt_ns : flight->srtt_ns - rtt_ns;

	if (flight->srtt_ns == 0) {
		flight->srtt_ns = rtt_ns;
		flight->rttvar_ns = rtt_ns / 2;
	} else {
		flight->rttvar_ns = (3 * flight->rttvar_ns + error) / 4;
		flight->srtt_ns = (7 * flight->srtt_ns + rtt_ns) / 8;
	}
	flight->srtt_ns = max_u64(flight->srtt_ns, 1);
	flight->rto_ns = flight->srtt_ns + 4 * flight->rttvar_ns;
	flight->rto_ns = max_u64(flight->rto_ns, MR_RTO_US_MIN * NS_PER_US);
	flight->rto_ns = min_u64(flight->rto_ns, MR_RTO_US_MAX * NS_PER_US);
}

/* All chunks of a message but its last are as long as its path carried when it was cut. */
static void carried(struct peer *peer, const struct flight_packet *packet)
{
	uint32_t chunk_bytes = peer->path.rounds > 0 ? chunk_length(peer, packet) : 0;

	if (chunk_bytes > 0)
		path_carried(peer, chunk_bytes);
}

bool flight_heard(struct peer *peer, uint32_t packet, uint32_t ce, uint32_t delay_us)
{
	struct flight *flight = &peer->flight;

	if (packet_ahead(packet, flight->next) >= 0)
		return false;
	if (packet_ahead(packet, flight->heard) <= 0)
		return true;
	flight->heard = packet;
	flight->backoff = 0;
	if (flight->next - packet > MR_FLIGHT_PACKETS)
		return true;
	sample(flight, peer->transport->now_ns - packet_at(peer, packet)->sent_ns);
	carried(peer, packet_at(peer, packet));
	return true;
}

/* The window grows only while it is what holds the sender back. */
void flight_arrived(struct peer *peer, uint64_t bytes)
{
	struct flight *flight = &peer->flight;
	bool limited = flight->bytes >= flight->window_bytes / 2;

	flight->bytes -= bytes;
	if (!limited)
		return;
	if (flight->window_bytes < flight->threshold_bytes)
		flight->window_bytes += bytes;
	else
		flight->window_bytes += bytes * peer->transport->chunk_bytes / flight->window_bytes;
	flight->window_bytes = min_u64(flight->window_bytes, MR_FLIGHT_BYTES_MAX);
}

static uint64_t timeout_ns(const struct peer *peer)
{
	uint64_t timeout = peer->flight.rto_ns << peer->flight.backoff;

	return min_u64(timeout, peer_interval_max_ns(peer));
}

/* One reduction for all that was lost of one window. */
static void shrink(struct peer *peer)
{
	struct flight *flight = &peer->flight;

	flight->threshold_bytes = max_u64(flight->window_bytes * 7 / 10, WINDOW_BYTES_MIN);
	flight->window_bytes = flight->threshold_bytes;
	flight->recovery = flight->next;
}

static void lose(struct peer *peer, uint32_t number)
{
	if (chunk_lost(peer, packet_at(peer, number)) &&
	    packet_ahead(number, peer->flight.recovery) >= 0)
		shrink(peer);
}

void flight_judge(struct peer *peer)
{
	struct transport *t = peer->transport;
	struct flight *flight = &peer->flight;
	uint64_t patience_ns = flight->srtt_ns + flight->srtt_ns / 8;

	for (; flight->oldest != flight->next; flight->oldest++) {
		const struct flight_packet *packet = packet_at(peer, flight->oldest);
		int32_t overtaken = packet_ahead(flight->heard, flight->oldest);
		uint64_t due_ns;

		if (!chunk_in_flight(peer, packet))
			continue;
		due_ns = packet->sent_ns + (overtaken >= 0 ? patience_ns : timeout_ns(peer));
		if (overtaken < MR_REORDER_PACKETS && (overtaken < 0 || t->now_ns < due_ns)) {
			timer_set(&t->timers, &peer->retry, due_ns);
			return;
		}
		lose(peer, flight->oldest);
	}
	timer_cancel(&t->timers, &peer->retry);
}

void flight_timeout(struct peer *peer)
{
	struct transport *t = peer->transport;
	struct flight *flight = &peer->flight;
	uint64_t timeout = timeout_ns(peer);
	bool fired = false;

	flight_judge(peer);
	for (; flight->oldest != flight->next; flight->oldest++) {
		const struct flight_packet *packet = packet_at(peer, flight->oldest);

		if (!chunk_in_flight(peer, packet))
			continue;
		if (t->now_ns < packet->sent_ns + timeout)
			break;
		lose(peer, flight->oldest);
		fired = true;
	}
	if (fired) {
		t->counters.timeouts++;
		flight->window_bytes = WINDOW_BYTES_MIN;
		if (timeout < peer_interval_max_ns(peer))
			flight->backoff++;
		if (flight->backoff > 1)
			hop_suspect(t, peer->hop);
		if (flight->backoff >= MR_PATH_SUSPECT_TIMEOUTS)
			path_suspect(peer);
	}
	flight_judge(peer);
}
