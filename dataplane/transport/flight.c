/*
 * Packets in flight to a peer: which are lost, and when to stop waiting for news.
 *
 * Every DATA packet has a number of its own, retransmissions too, and a place in a ring, in the
 * order of sending. ACK names the highest number seen. Each packet is judged once, oldest first:
 * arrived, overtaken (lost), or too old (lost). So a lost packet is found whichever message it is
 * of, a retransmission is never mistaken for its original, and the work is O(1) per packet.
 *
 * The first timeout sends the newest packet again, no more: if the peer lives, its answer shows
 * what is lost, without a guess. Only the next one takes all for lost. A retransmission that the
 * peer tells was a duplicate was spurious: what it changed is undone, and more patience shown. How
 * long to wait is in rtt.c, how much may be in flight in congestion.c.
 *
 * Sources: RFC 9002 section 6.1 (loss by packet number), RFC 8985 (RACK: time instead of order
 * where packets overtake; probes for tail loss), RFC 2883, 3708 and 4015 (duplicates told, and
 * spurious timeouts undone).
 */
#include "calls.h"

static struct flight_packet *packet_at(struct peer *peer, uint32_t number)
{
	return &peer->packets[number % MR_FLIGHT_PACKETS];
}

void flight_init(struct peer *peer, uint32_t first_packet)
{
	peer->flight = (struct flight){.next = first_packet};
	rtt_init(peer);
	congestion_init(peer);
	flight_reset(peer);
}

void flight_reset(struct peer *peer)
{
	struct flight *flight = &peer->flight;

	flight->oldest = flight->next;
	flight->recovery = flight->next;
	flight->heard = flight->next - 1;
	flight->backoff = 0;
	flight->doublings = 0;
	flight->again = 0;
	flight->told = false; /* a new life of the peer counts duplicates from none */
	flight->undo_bytes = 0;
	flight->timeout_ns = 0;
	flight->unanswered_ns = 0;
	flight->stalled = false;
	flight->bytes = 0;
	congestion_reset(peer);
}

uint32_t flight_send(struct peer *peer, uint32_t message, uint32_t chunk, uint32_t bytes,
		     bool again)
{
	struct flight *flight = &peer->flight;

	*packet_at(peer, flight->next) = (struct flight_packet){
	    .sent_ns = peer->transport->now_ns,
	    .message = message,
	    .chunk = chunk,
	};
	if (flight->bytes == 0) {
		congestion_resume(peer);
		flight->again = 0;
	}
	flight->again += again;
	flight->bytes += bytes;
	return flight->next++;
}

/* An answer is wanted four times a round trip, so that timeouts see that the peer lives and the
 * window moves on evenly; of what was lost, to see soon that it came; of the last packet there is
 * room for; and of each while the window is small: of few answers, loss leaves none. */
bool flight_asks(struct peer *peer, uint32_t bytes, bool again)
{
	struct flight *flight = &peer->flight;
	uint64_t now_ns = peer->transport->now_ns;

	flight->unasked += bytes;
	if (!again && flight_room(peer) &&
	    flight->congestion.window_bytes > MR_FLIGHT_BYTES_INITIAL &&
	    flight->unasked < flight->congestion.window_bytes / MR_ANSWERS_PER_ROUND &&
	    now_ns - flight->asked_ns < flight->rtt.smooth_ns / MR_ANSWERS_PER_ROUND)
		return false;
	flight->unasked = 0;
	flight->asked_ns = now_ns;
	return true;
}

/* The peer had what so many packets brought again: the last shrinking was for nothing. */
static void spurious(struct peer *peer, uint32_t packets, bool late)
{
	struct flight *flight = &peer->flight;

	peer->transport->counters.spurious_retransmits += packets;
	flight->again -= packets;
	if (late)
		rtt_patience(peer);
	if (flight->undo_bytes == 0)
		return;
	congestion_restore(peer, flight->undo_bytes);
	flight->undo_bytes = 0;
	if (!flight->timed_out && flight->reorder < MR_REORDER_STEPS_MAX)
		flight->reorder++;
	flight->timed_out = false;
}

/* A network may double packets as well: no more are ours than we sent again. Nor was it impatience
 * when an answer was lost: then the next one is not late, or it names a packet that came long ago;
 * where much is lost, the second is likelier than a peer that answers late. */
static void duplicates_note(struct peer *peer, uint16_t duplicates, bool late)
{
	struct flight *flight = &peer->flight;
	int16_t more = (int16_t)(duplicates - flight->duplicates);

	if (flight->told && more > 0 && flight->again > 0)
		spurious(peer, (uint32_t)min_u64((uint64_t)more, flight->again), late);
	if (!flight->told || more > 0)
		flight->duplicates = duplicates;
	flight->told = true;
}

void flight_heard(struct peer *peer, const struct wire_echo *echo)
{
	struct flight *flight = &peer->flight;
	uint32_t packet = echo->packet;
	uint64_t rtt_ns = 0;

	if (packet_ahead(packet, flight->heard) <= 0) {
		duplicates_note(peer, echo->duplicates, false);
		return;
	}
	if (flight->next - packet <= MR_FLIGHT_PACKETS)
		rtt_ns = max_u64(peer->transport->now_ns - packet_at(peer, packet)->sent_ns, 1);
	duplicates_note(peer, echo->duplicates,
			rtt_ns > flight->rtt.rto_ns && !congestion_loses(peer));
	flight->heard = packet;
	flight->backoff = 0;
	flight->doublings = 0;
	flight->timeout_ns = 0;
	flight->unanswered_ns = 0;
	if (packet_ahead(packet, flight->recovery) >= 0)
		flight->undo_bytes = 0; /* what shrank the window was real */
	if (rtt_ns > 0)
		rtt_sample(peer, rtt_ns);
	congestion_heard(peer, echo->ce, rtt_ns, echo->delay_us);
}

void flight_arrived(struct peer *peer, uint64_t bytes)
{
	congestion_arrived(peer, bytes);
	peer->flight.bytes -= bytes;
}

/* --- Judging --------------------------------------------------------------------------------- */

/* Before the window shrinks for the first time in this recovery. */
static void remember(struct flight *flight)
{
	if (flight->undo_bytes == 0)
		flight->undo_bytes = flight->congestion.window_bytes;
}

static void lose(struct peer *peer, uint32_t number)
{
	struct flight *flight = &peer->flight;

	if (!chunk_lost(peer, packet_at(peer, number)) || !congestion_suspected(peer, number) ||
	    packet_ahead(number, flight->recovery) < 0)
		return;
	remember(flight);
	congestion_lost(peer);
	flight->recovery = flight->next;
}

/* The next timeout of a row takes its full time after the last one, however long before that the
 * packet was sent: RFC 6298 (5.6). Else each packet in flight would double it. */
static uint64_t timeout_due_ns(const struct peer *peer, const struct flight_packet *packet)
{
	return max_u64(packet->sent_ns, peer->flight.timeout_ns) +
	       rtt_timeout_ns(peer, packet->sent_ns);
}

/* Was it overtaken by enough, or for long enough? Where packets have been seen to overtake, only
 * time counts. due_ns is when it will have been, or when its timeout is. */
static bool judge_lost(const struct peer *peer, const struct flight_packet *packet, uint32_t number,
		       uint64_t *due_ns)
{
	const struct flight *flight = &peer->flight;
	int32_t overtaken = packet_ahead(flight->heard, number);

	if (overtaken < 0) {
		*due_ns = timeout_due_ns(peer, packet);
		return false;
	}
	*due_ns = packet->sent_ns + rtt_overtaken_ns(peer);
	if (flight->reorder == 0 && overtaken >= MR_REORDER_PACKETS)
		return true;
	return peer->transport->now_ns >= *due_ns;
}

static void judge(struct peer *peer)
{
	struct transport *t = peer->transport;
	struct flight *flight = &peer->flight;

	if (flight->bytes == 0)
		flight->oldest = flight->next;
	for (; flight->oldest != flight->next; flight->oldest++) {
		const struct flight_packet *packet = packet_at(peer, flight->oldest);
		uint64_t due_ns;

		if (!chunk_in_flight(peer, packet))
			continue;
		if (!judge_lost(peer, packet, flight->oldest, &due_ns)) {
			timer_set(&t->timers, &peer->retry, due_ns);
			return;
		}
		lose(peer, flight->oldest);
	}
	timer_stop(&t->timers, &peer->retry);
}

/* While the timer is set it is the oldest packet's; else nothing was in flight before. */
void flight_arm(struct peer *peer)
{
	if (!timer_is_set(&peer->retry))
		timer_set(&peer->transport->timers, &peer->retry,
			  timeout_due_ns(peer, packet_at(peer, peer->flight.next - 1)));
}

void flight_judge(struct peer *peer)
{
	judge(peer);
	stall_end(peer);
}

/* --- Timeouts -------------------------------------------------------------------------------- */

/* The newest packet goes again: nothing shrinks, and the answer says what is lost. */
static void probe_tail(struct peer *peer)
{
	struct flight *flight = &peer->flight;

	for (uint32_t number = flight->next; number != flight->oldest; number--) {
		const struct flight_packet *packet = packet_at(peer, number - 1);

		if (!chunk_in_flight(peer, packet))
			continue;
		peer->transport->counters.tail_probes++;
		chunk_lost(peer, packet);
		return;
	}
}

static void lose_old(struct peer *peer, uint64_t sent_ns_max)
{
	struct flight *flight = &peer->flight;

	remember(flight);
	flight->timed_out = true;
	for (; flight->oldest != flight->next; flight->oldest++) {
		const struct flight_packet *packet = packet_at(peer, flight->oldest);

		if (!chunk_in_flight(peer, packet))
			continue;
		if (packet->sent_ns > sent_ns_max)
			break;
		chunk_lost(peer, packet);
	}
	flight->recovery = flight->next;
	congestion_collapse(peer);
}

void flight_timeout(struct peer *peer)
{
	struct transport *t = peer->transport;
	struct flight *flight = &peer->flight;
	const struct flight_packet *oldest;

	flight_judge(peer);
	if (flight->oldest == flight->next)
		return;
	oldest = packet_at(peer, flight->oldest);
	if (packet_ahead(flight->heard, flight->oldest) >= 0 ||
	    t->now_ns < timeout_due_ns(peer, oldest))
		return;
	COUNT_PEER(peer, timeouts, 1);
	if (flight->backoff == 0)
		probe_tail(peer);
	else
		lose_old(peer, t->now_ns - rtt_timeout_ns(peer, oldest->sent_ns));
	stall_waited(peer, rtt_timeout_ns(peer, oldest->sent_ns));
	/* Counted on where the timeout grows no more: that none is answered is a sign by itself. */
	if (flight->backoff < MR_RTO_DOUBLINGS_MAX)
		flight->backoff++;
	if (flight->doublings < MR_RTO_DOUBLINGS_MAX && !rtt_awake(peer))
		flight->doublings++;
	flight->jitter = (uint8_t)random_next(t);
	flight->timeout_ns = t->now_ns;
	if (flight->backoff > 2)
		hop_suspect(t, peer->hop);
	if (flight->backoff >= MR_PATH_SUSPECT_TIMEOUTS)
		path_suspect(peer);
	flight_judge(peer);
}
