/*
 * Small messages from a peer: handed to the user out of the frame they came in.
 *
 * A packet of them waits in the inbox as it is. Its messages are looked at one by one when the user
 * takes events: what was delivered before is dropped, and what would overtake another of its flow.
 * So delivered means taken, and what the user did not take before the frames go away was never
 * here: its sender is not told that it was, and sends it again.
 */
#include <string.h>

#include "calls.h"
#include "probe.h"

void lane_forget(struct peer *peer)
{
	peer->lane_in = (struct lane_in){.cumulative = 0};
}

void lane_input(struct peer *peer, const struct wire_header *header, const uint8_t *body,
		uint32_t bytes)
{
	struct transport *t = peer->transport;
	uint64_t words[WIRE_ECHO_WORDS_MAX];
	struct wire_echo echo;
	uint32_t length = wire_read_echo(body, bytes, &echo, words);

	if (length == 0 ||
	    (echo.session == peer->out_session && !answer_echo(peer, &echo, words))) {
		t->counters.drop_malformed++;
		return;
	}
	if (!session_enter(peer, header->session))
		return;
	receive_note(peer, header, bytes);
	t->inbox[t->inbox_count++] = (struct inbox_packet){
	    .peer = peer,
	    .incarnation = peer->incarnation,
	    .session = header->session,
	    .next = body + length,
	    .bytes = bytes - length,
	};
	t->inbox_bytes += bytes - length;
}

void lane_drop(struct transport *t)
{
	for (; t->inbox_first < t->inbox_count; t->inbox_first++)
		t->counters.drop_undrained += t->inbox[t->inbox_first].bytes > 0;
	t->inbox_first = 0;
	t->inbox_count = 0;
	t->inbox_bytes = 0;
}

/* --- Delivering ------------------------------------------------------------------------------ */

/* Is it new, and its turn? Then it is delivered. */
static bool number_enter(struct inbox_packet *packet, uint32_t number)
{
	struct peer *peer = packet->peer;
	struct lane_in *lane = &peer->lane_in;
	int32_t ahead = packet_ahead(number, lane->cumulative);

	if (ahead >= MR_MESSAGES_OUT_MAX) {
		peer->transport->counters.drop_window++;
		return false;
	}
	if (ahead < 0 || (lane->above > 0 && map_test(lane->map, number))) {
		COUNT_PEER(peer, duplicates, !packet->repeats); /* packets are counted */
		packet->repeats = true;
		return false;
	}
	if (ahead > 0) {
		map_set(lane->map, number);
		lane->above++;
		return true;
	}
	lane->cumulative++;
	while (lane->above > 0 && map_test(lane->map, lane->cumulative)) {
		map_clear(lane->map, lane->cumulative++);
		lane->above--;
	}
	return true;
}

static bool small_enter(struct inbox_packet *packet, const struct wire_small *small)
{
	struct peer *peer = packet->peer;
	struct transport_counters *counters = &peer->transport->counters;
	int32_t ahead = 0;

	if (small->flow != 0)
		ahead = packet_ahead(small->flow_seq, peer->in_flow_seq[small->flow]);
	if (ahead > 0) {
		counters->drop_order++;
		return false;
	}
	if (ahead == 0 && small->flow != 0 && deliver_turn_taken(peer, small->flow)) {
		counters->drop_flow_seq++;
		return false;
	}
	/* A late one of a flow is a duplicate, of which the count is to tell. */
	if (!number_enter(packet, small->number))
		return false;
	if (ahead < 0) {
		counters->drop_flow_seq++;
		return false;
	}
	if (small->flow != 0)
		deliver_turn(peer, small->flow);
	COUNT_PEER(peer, messages_in, 1);
	COUNT_PEER(peer, bytes_in, small->body_bytes);
	/* No wait to be measured: it is delivered out of its frame. */
	histogram_add(&peer->transport->histograms.message_in_bytes, small->body_bytes);
	PROBE_MESSAGE_RECEIVED(peer->transport->config.node, peer->node, small->number,
			       small->body_bytes, 0);
	return true;
}

/* The next message of a packet that is to be delivered, or false when the packet has none. */
static bool packet_next(struct inbox_packet *packet, struct transport_event *event)
{
	struct peer *peer = packet->peer;
	struct wire_small small;

	while (packet->bytes > 0) {
		const uint8_t *at = packet->next + WIRE_SMALL_BYTES;
		uint32_t length = wire_read_small(packet->next, packet->bytes, &small);

		if (length == 0) {
			peer->transport->counters.drop_malformed++;
			return false;
		}
		packet->next += length;
		packet->bytes -= length;
		if (!small_enter(packet, &small))
			continue;
		event_clear(event);
		event->kind = TRANSPORT_MESSAGE;
		event->node = peer->node;
		event->flow = small.flow;
		event->body_bytes = small.body_bytes;
		event->head_bytes = small.head_bytes;
		event->body = at + small.head_bytes;
		if (small.head_bytes > 0)
			memcpy(event->head, at, small.head_bytes);
		return true;
	}
	return false;
}

bool lane_message_show(struct transport *t, struct transport_event *event)
{
	while (t->inbox_first < t->inbox_count) {
		struct inbox_packet *packet = &t->inbox[t->inbox_first];
		struct peer *peer = packet->peer;

		/* Its session may have ended since it came. */
		if (packet->session == peer->in_session && !peer->in_dead &&
		    packet->incarnation == peer->incarnation && packet_next(packet, event))
			return true;
		t->inbox_first++;
	}
	return false;
}
