/*
 * Small messages from a peer: handed to the user out of the frame they came in.
 *
 * A packet of them waits in the inbox as it is. Its messages are looked at one by one when the user
 * takes events: what was delivered before is dropped, and what would overtake another of its flow.
 * So delivered means taken, and what the user did not take before the frames go away was never
 * here: its sender is not told that it was, and sends it again.
 */
#include "calls.h"
#include "copy.h"
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

/* Counts what was delivered of a packet since it was done last: all have the same length. */
static void run_end(struct inbox_packet *packet)
{
	struct peer *peer = packet->peer;
	uint32_t count = packet->run;

	if (count == 0)
		return;
	packet->run = 0;
	COUNT_PEER(peer, messages_in, count);
	COUNT_PEER(peer, bytes_in, (uint64_t)count * packet->run_bytes);
	/* No wait to be measured: it is delivered out of its frame. */
	histogram_add_run(&peer->transport->histograms.message_in_bytes, packet->run_bytes, count);
}

void lane_drop(struct transport *t)
{
	for (; t->inbox_first < t->inbox_count; t->inbox_first++) {
		t->counters.drop_undrained += t->inbox[t->inbox_first].bytes > 0;
		run_end(&t->inbox[t->inbox_first]);
	}
	t->inbox_first = 0;
	t->inbox_count = 0;
	t->inbox_bytes = 0;
}

/* --- Delivering ------------------------------------------------------------------------------ */

/* Is it new? Of a window that has gaps, or before or behind it. */
static bool number_enter_other(struct inbox_packet *packet, uint32_t number)
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

static inline bool number_enter(struct inbox_packet *packet, uint32_t number)
{
	struct lane_in *lane = &packet->peer->lane_in;

	if (number != lane->cumulative || lane->above > 0)
		return number_enter_other(packet, number);
	lane->cumulative++;
	return true;
}

/* Is it new, and its turn in its flow? */
static bool flow_enter(struct inbox_packet *packet, const struct wire_small *small)
{
	struct peer *peer = packet->peer;
	struct transport_counters *counters = &peer->transport->counters;
	int32_t ahead = packet_ahead(small->flow_seq, peer->in_flow_seq[small->flow]);

	if (ahead > 0) {
		counters->drop_order++;
		return false;
	}
	if (ahead == 0 && deliver_turn_taken(peer, small->flow)) {
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
	deliver_turn(peer, small->flow);
	return true;
}

static void small_count(struct inbox_packet *packet, const struct wire_small *small)
{
	if (packet->run_bytes != small->body_bytes)
		run_end(packet);
	packet->run_bytes = small->body_bytes;
	packet->run++;
	if (packet->bytes == 0)
		run_end(packet);
	PROBE_MESSAGE_RECEIVED(packet->peer->transport->config.node, packet->peer->node,
			       small->number, small->body_bytes, 0);
}

static void small_show(const struct inbox_packet *packet, const struct wire_small *small,
		       const uint8_t *head, struct transport_event *event)
{
	event_clear(event);
	event->kind = TRANSPORT_MESSAGE;
	event->node = packet->peer->node;
	event->flow = small->flow;
	event->body_bytes = small->body_bytes;
	event->head_bytes = small->head_bytes;
	event->body = head + small->head_bytes;
	copy_few(event->head, head, small->head_bytes);
}

/* The next message of a packet that is to be delivered, or false when the packet has none. */
static bool packet_next(struct inbox_packet *packet, struct transport_event *event)
{
	struct wire_small small;

	while (packet->bytes > 0) {
		const uint8_t *at = packet->next;
		uint32_t length = wire_read_small(at, packet->bytes, &small);

		if (length == 0) {
			packet->peer->transport->counters.drop_malformed++;
			return false;
		}
		packet->next += length;
		packet->bytes -= length;
		if (small.flow == 0 ? number_enter(packet, small.number)
				    : flow_enter(packet, &small)) {
			small_count(packet, &small);
			small_show(packet, &small, at + WIRE_SMALL_BYTES, event);
			return true;
		}
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
		run_end(packet);
		t->inbox_first++;
	}
	return false;
}
