/*
 * Small messages toward a peer: several in a packet, each acknowledged by its number.
 *
 * They need no offer: one packet brings them, and the answer may ride on a packet that goes back
 * anyway. What waits when a packet is made shares it; nothing waits for company. Their packets are
 * in flight like those of chunks, so that loss, round trips and congestion are judged alike.
 *
 * Messages lie in a ring by an index that goes on for ever; the number on the wire is how far that
 * is from the session's first.
 */
#include <errno.h>

#include "calls.h"
#include "copy.h"
#include "probe.h"

#define IN_PACKET (MR_FLIGHT_PACKETS - 1) /* of a packet's number: its place in the ring */

static struct small_message *small_at(struct peer *peer, uint64_t index)
{
	return &peer->small[index % MR_MESSAGES_OUT_MAX];
}

static uint32_t number_of(const struct lane_out *lane, uint64_t index)
{
	return (uint32_t)(index - lane->base);
}

/* The message of a number that may be behind or ahead of those not yet known to be there. */
static uint64_t index_of(const struct lane_out *lane, uint32_t number)
{
	return lane->oldest +
	       (uint64_t)(int64_t)packet_ahead(number, number_of(lane, lane->oldest));
}

static uint32_t wire_bytes(const struct small_message *message)
{
	return WIRE_SMALL_BYTES + message->head_bytes + message->body_bytes;
}

static uint8_t *head_of(struct peer *peer, uint64_t index)
{
	struct small_message *message = small_at(peer, index);

	return message->head_bytes <= SMALL_HEAD_BYTES
		   ? message->head
		   : peer->small_heads[index % MR_MESSAGES_OUT_MAX];
}

/* --- Beginning and end ----------------------------------------------------------------------- */

bool lane_takes(const struct peer *peer, uint32_t flow, uint64_t bytes)
{
	uint32_t most = peer->transport->config.small_bytes_max;

	/* Whatever else rides along, it fits into a packet as long as the path is known to carry.
	 */
	return bytes <= most && (peer->transport->config.offered_flows >> flow & 1) == 0 &&
	       bytes + LANE_HEADERS_BYTES <= peer->path.bytes &&
	       (flow == 0 || peer->out_flow_chunked[flow] == 0);
}

int lane_send(struct peer *peer, uint32_t flow, const void *head, uint32_t head_bytes,
	      const void *body, uint32_t body_bytes, uint64_t cookie)
{
	struct lane_out *lane = &peer->lane_out;
	struct small_message *message = small_at(peer, lane->next);

	if (lane->next - lane->shown >= MR_MESSAGES_OUT_MAX)
		return -EAGAIN;
	message->body = body;
	message->cookie = cookie;
	message->queued_ns = peer->transport->now_ns;
	message->flow_seq = peer->out_flow_seq[flow]++;
	message->body_bytes = (uint16_t)body_bytes;
	message->head_bytes = (uint16_t)head_bytes;
	message->flow = (uint8_t)flow;
	message->state = SMALL_WAITS;
	message->reason = TRANSPORT_OK;
	PROBE_MESSAGE_SEND(peer->transport->config.node, peer->node, number_of(lane, lane->next),
			   body_bytes, flow);
	copy_few(head_of(peer, lane->next), head, head_bytes);
	if (lane->oldest == lane->next++)
		peer_owe(peer);
	return 0;
}

static void ended_list(struct peer *peer)
{
	struct lane_out *lane = &peer->lane_out;

	if (lane->listed || lane->shown == lane->oldest)
		return;
	lane->listed = true;
	TAILQ_INSERT_TAIL(&peer->transport->lanes_ended, peer, lane_link);
}

void lane_end_show(struct transport *t, struct transport_event *event)
{
	struct peer *peer = TAILQ_FIRST(&t->lanes_ended);
	struct lane_out *lane = &peer->lane_out;
	const struct small_message *message = small_at(peer, lane->shown++);

	event_clear(event);
	event->kind = message->state == SMALL_ARRIVED ? TRANSPORT_SENT : TRANSPORT_FAILED;
	event->node = peer->node;
	event->flow = message->flow;
	event->cookie = message->cookie;
	event->body_bytes = message->body_bytes;
	event->reason = message->reason;
	if (lane->shown == lane->oldest) {
		lane->listed = false;
		TAILQ_REMOVE(&t->lanes_ended, peer, lane_link);
	}
}

void lane_fail_all(struct peer *peer, enum transport_reason reason)
{
	struct lane_out *lane = &peer->lane_out;

	if (lane->oldest != lane->next)
		peer_settle(peer);
	for (; lane->oldest != lane->next; lane->oldest++) {
		struct small_message *message = small_at(peer, lane->oldest);

		if (message->state == SMALL_ARRIVED) {
			COUNT_PEER(peer, messages_out, 1);
			continue;
		}
		message->state = SMALL_FAILED;
		message->reason = (uint8_t)reason;
		COUNT_PEER(peer, messages_failed, 1);
		PROBE_MESSAGE_FAILED(peer->transport->config.node, peer->node,
				     number_of(lane, lane->oldest), message->body_bytes, reason);
	}
	lane->sent = lane->next;
	lane->base = lane->next;
	lane->lost = 0;
	memset(lane->lost_map, 0, sizeof(lane->lost_map));
	ended_list(peer);
}

/* --- Packets --------------------------------------------------------------------------------- */

/* A packet that is being filled. */
struct filling {
	uint8_t *body;
	uint32_t used;
	uint32_t limit;
	uint32_t flight_bytes;
	uint64_t first; /* index of its first message, */
	uint64_t last;  /* and of its last */
};

static bool small_write(struct peer *peer, uint64_t index, struct filling *filling)
{
	struct small_message *message = small_at(peer, index);
	const struct wire_small wire = {
	    .number = number_of(&peer->lane_out, index),
	    .flow_seq = message->flow_seq,
	    .body_bytes = message->body_bytes,
	    .flow = message->flow,
	    .head_bytes = message->head_bytes,
	};
	uint8_t *at = filling->body + filling->used;

	if (filling->used + wire_bytes(message) > filling->limit)
		return false;
	wire_write_small(at, &wire);
	at += WIRE_SMALL_BYTES;
	copy_few(at, head_of(peer, index), message->head_bytes);
	copy_few(at + message->head_bytes, message->body, message->body_bytes);
	message->state = SMALL_IN_FLIGHT;
	message->packet = peer->flight.next;
	if (filling->flight_bytes == 0)
		filling->first = index;
	filling->last = index;
	filling->used += wire_bytes(message);
	filling->flight_bytes += wire_bytes(message);
	return true;
}

static void fill_lost(struct peer *peer, struct filling *filling)
{
	struct lane_out *lane = &peer->lane_out;

	while (lane->lost > 0) {
		uint64_t index = map_first(lane->lost_map, max_u64(lane->lost_from, lane->oldest));

		lane->lost_from = index;
		if (!small_write(peer, index, filling))
			return;
		map_clear(lane->lost_map, (uint32_t)index);
		lane->lost--;
		COUNT_PEER(peer, retransmits, 1);
		PROBE_MESSAGE_RETRANSMIT(peer->transport->config.node, peer->node,
					 number_of(lane, index), 0);
	}
}

static void fill_fresh(struct peer *peer, struct filling *filling)
{
	struct lane_out *lane = &peer->lane_out;
	uint64_t bytes = 0;

	while (lane->sent != lane->next && small_write(peer, lane->sent, filling))
		bytes += small_at(peer, lane->sent++)->body_bytes;
	COUNT_PEER(peer, bytes_out, bytes);
}

void lane_output(struct peer *peer, struct transport_frame *frame)
{
	struct filling filling = {
	    .body = frame->head + NET_HEAD_BYTES + WIRE_HEADER_BYTES,
	    .limit = peer->path.bytes - NET_IP_BYTES - NET_UDP_BYTES - WIRE_HEADER_BYTES,
	};
	bool again = peer->lane_out.lost > 0;
	uint32_t packet;

	filling.used = acknowledge_echo(peer, filling.body);
	if (peer->ack_count == 0)
		peer->control &= (uint8_t)~CONTROL_ACK;
	fill_lost(peer, &filling);
	if (peer->lane_out.lost == 0)
		fill_fresh(peer, &filling);
	packet = flight_send(peer, number_of(&peer->lane_out, filling.first),
			     FLIGHT_LANE | (uint32_t)(filling.last - filling.first + 1),
			     filling.flight_bytes, again);
	output_packet(peer, WIRE_SMALL, peer->out_session, packet, filling.used, frame);
}

/* --- In flight ------------------------------------------------------------------------------- */

/* The first message at or behind index that last went in that packet; end when there is none. */
static uint64_t carried_next(struct peer *peer, const struct flight_packet *packet, uint64_t index,
			     uint64_t end)
{
	uint32_t place = (uint32_t)(packet - peer->packets);

	for (; index < end; index++) {
		const struct small_message *message = small_at(peer, index);

		if (message->state == SMALL_IN_FLIGHT && (message->packet & IN_PACKET) == place)
			break;
	}
	return index;
}

/* Which messages a packet carried: from what is still of interest to the end. */
static uint64_t carried_span(struct peer *peer, const struct flight_packet *packet, uint64_t *end)
{
	const struct lane_out *lane = &peer->lane_out;
	uint64_t first = index_of(lane, packet->message);

	*end = first + (packet->chunk & ~FLIGHT_LANE);
	return max_u64(first, lane->oldest);
}

bool lane_in_flight(struct peer *peer, const struct flight_packet *packet)
{
	uint64_t end;
	uint64_t index = carried_span(peer, packet, &end);

	return carried_next(peer, packet, index, end) < end;
}

void lane_lost(struct peer *peer, const struct flight_packet *packet)
{
	struct lane_out *lane = &peer->lane_out;
	uint64_t end;
	uint64_t index = carried_span(peer, packet, &end);

	while ((index = carried_next(peer, packet, index, end)) < end) {
		struct small_message *message = small_at(peer, index);

		message->state = SMALL_WAITS;
		if (lane->lost++ == 0 || index < lane->lost_from)
			lane->lost_from = index;
		map_set(lane->lost_map, (uint32_t)index++);
		peer->flight.bytes -= wire_bytes(message);
	}
}

/* --- Answers --------------------------------------------------------------------------------- */

/* Returns the bytes that thereby leave the flight. */
static uint32_t small_arrived(struct peer *peer, uint64_t index)
{
	struct small_message *message = small_at(peer, index);
	uint32_t bytes = message->state == SMALL_IN_FLIGHT ? wire_bytes(message) : 0;

	if (message->state == SMALL_WAITS) {
		map_clear(peer->lane_out.lost_map, (uint32_t)index);
		peer->lane_out.lost--;
	}
	message->state = SMALL_ARRIVED;
	return bytes;
}

/* Messages one after the other that are alike, and have arrived: the first of them. */
struct arrived_run {
	const struct small_message *first;
	uint32_t count;
};

static void run_count(struct peer *peer, const struct arrived_run *run)
{
	if (run->count > 0)
		stats_sent(peer->transport, run->first->body_bytes, run->first->queued_ns,
			   run->count);
}

static void run_join(struct peer *peer, struct arrived_run *run,
		     const struct small_message *message)
{
	if (run->count > 0 && (run->first->body_bytes != message->body_bytes ||
			       run->first->queued_ns != message->queued_ns)) {
		run_count(peer, run);
		run->count = 0;
	}
	if (run->count++ == 0)
		run->first = message;
}

static uint32_t cumulative_apply(struct peer *peer, uint64_t end)
{
	struct lane_out *lane = &peer->lane_out;
	struct arrived_run run = {.count = 0};
	uint32_t bytes = 0;

	if (lane->oldest == end)
		return 0;
	COUNT_PEER(peer, messages_out, end - lane->oldest);
	for (; lane->oldest != end; lane->oldest++) {
		const struct small_message *message = small_at(peer, lane->oldest);

		bytes += small_arrived(peer, lane->oldest);
		run_join(peer, &run, message);
		PROBE_MESSAGE_SENT(peer->transport->config.node, peer->node,
				   number_of(lane, lane->oldest), message->body_bytes,
				   peer->transport->now_ns - message->queued_ns);
	}
	run_count(peer, &run);
	ended_list(peer);
	if (lane->oldest == lane->next)
		peer_settle(peer);
	return bytes;
}

static uint32_t small_bits_apply(struct peer *peer, const struct wire_echo *echo,
				 const uint64_t *words)
{
	struct bitmap_walk walk = bitmap_walk(words, echo->words, echo->lane);
	struct lane_out *lane = &peer->lane_out;
	uint32_t bytes = 0;
	uint32_t number;

	while (bitmap_next(&walk, &number)) {
		uint64_t index = index_of(lane, number);

		if (index - lane->oldest < lane->sent - lane->oldest)
			bytes += small_arrived(peer, index);
	}
	return bytes;
}

bool lane_was_sent(const struct peer *peer, uint32_t number)
{
	const struct lane_out *lane = &peer->lane_out;
	int32_t ahead = packet_ahead(number, number_of(lane, lane->oldest));

	return ahead <= 0 || (uint64_t)ahead <= lane->sent - lane->oldest;
}

void lane_heard(struct peer *peer, const struct wire_echo *echo, const uint64_t *words)
{
	struct lane_out *lane = &peer->lane_out;
	int32_t ahead = packet_ahead(echo->lane, number_of(lane, lane->oldest));
	uint32_t bytes = 0;

	if (ahead > 0)
		bytes = cumulative_apply(peer, lane->oldest + (uint32_t)ahead);
	if (echo->words > 0)
		bytes += small_bits_apply(peer, echo, words);
	if (bytes > 0)
		flight_arrived(peer, bytes);
}
