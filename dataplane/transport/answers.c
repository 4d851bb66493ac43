/* What a peer answers: which packets it saw, which chunks it has, what became of messages. */
#include <string.h>

#include "calls.h"

static struct out_message *find(struct peer *peer, uint64_t id)
{
	uint16_t slot = peer->out_slots[id % MR_MESSAGES_OUT_MAX];
	struct out_message *message = slot == 0 ? NULL : &peer->out[slot - 1];

	return message != NULL && message->id == id && message->state == OUT_STARTED ? message
										     : NULL;
}

/* Returns the bytes that thereby leave the flight. */
static uint32_t chunk_arrived(struct out_message *message, uint32_t chunk)
{
	if (map_test(message->lost_map, chunk)) {
		map_clear(message->lost_map, chunk);
		message->lost--;
		return 0;
	}
	return chunk_stream_bytes(&message->shape, chunk);
}

/* Chunks in order, none known before to be there or lost: the usual case. */
static uint32_t cumulative_jump(struct out_message *message, uint32_t cumulative)
{
	const struct wire_shape *shape = &message->shape;
	uint64_t stream = shape->body_bytes + shape->head_bytes;
	uint64_t from = (uint64_t)message->cumulative * shape->chunk_bytes;
	uint64_t to = (uint64_t)cumulative * shape->chunk_bytes;

	message->cumulative = cumulative;
	return (uint32_t)(min_u64(to, stream) - from);
}

static uint32_t cumulative_advance(struct out_message *message, uint32_t cumulative)
{
	uint32_t bytes = 0;

	if (cumulative <= message->cumulative)
		return 0;
	if (message->lost == 0 && message->acked == 0 && cumulative <= message->next)
		return cumulative_jump(message, cumulative);
	for (; message->cumulative < cumulative; message->cumulative++) {
		uint32_t chunk = message->cumulative;

		if (chunk >= message->next)
			continue;
		if (map_test(message->acked_map, chunk)) {
			map_clear(message->acked_map, chunk);
			message->acked--;
		} else {
			bytes += chunk_arrived(message, chunk);
		}
	}
	if (message->next < cumulative)
		message->next = cumulative;
	return bytes;
}

static uint32_t chunk_bits_apply(struct out_message *message, const struct wire_ack *ack,
				 const uint64_t *words)
{
	struct bitmap_walk walk = bitmap_walk(words, ack->words, ack->cumulative);
	uint32_t bytes = 0;
	uint32_t chunk;

	while (bitmap_next(&walk, &chunk)) {
		if (chunk < message->cumulative || chunk >= message->next ||
		    map_test(message->acked_map, chunk))
			continue;
		map_set(message->acked_map, chunk);
		message->acked++;
		bytes += chunk_arrived(message, chunk);
	}
	return bytes;
}

static void ack_progress(struct out_message *message, const struct wire_ack *ack,
			 const uint64_t *words)
{
	uint32_t count = message->shape.chunk_count;
	uint32_t before = message->cumulative + message->acked;
	uint32_t bytes;

	/* What was never sent cannot be there; but a message decided on needs no more of it. */
	if (ack->cumulative > message->next && ack->cumulative != count)
		return;
	bytes = cumulative_advance(message, ack->cumulative);
	bytes += chunk_bits_apply(message, ack, words);
	message->flight_bytes -= bytes;
	flight_arrived(message->peer, bytes);
	if (message->cumulative + message->acked > before)
		message->again = 0;
	if (bytes >= message->shape.chunk_bytes)
		path_carried(message->peer, message->shape.chunk_bytes);
	if (ack->state > message->remote)
		message->remote = ack->state;
	if (ack->grant > message->grant)
		message->grant = ack->grant;
	message->probes = 0;
	send_quiet_set(message);
	chunks_refresh(message);
}

static void ack_entry(struct peer *peer, const struct wire_ack *ack, const uint64_t *words)
{
	struct out_message *message = find(peer, ack->message);

	if (message == NULL)
		return; /* ended before: an answer that came twice or late */
	if (ack->state == WIRE_OFFERED || ack->state == WIRE_ACCEPTED) {
		ack_progress(message, ack, words);
		return;
	}
	flight_arrived(peer, message->flight_bytes);
	message->flight_bytes = 0;
	if (ack->state == WIRE_DELIVERED)
		send_end(message, TRANSPORT_OK, 0);
	else
		send_end(message, TRANSPORT_REJECTED, ack->code);
}

static bool ack_entries(struct peer *peer, const uint8_t *entries, uint32_t bytes)
{
	uint64_t words[WIRE_ACK_WORDS_MAX];
	struct wire_ack ack;
	uint32_t length;

	for (; bytes > 0; entries += length, bytes -= length) {
		length = wire_read_ack(entries, bytes, &ack, words);
		if (length == 0)
			return false;
		ack_entry(peer, &ack, words);
	}
	return true;
}

/* What was never sent cannot be there. */
static bool echo_good(const struct peer *peer, const struct wire_echo *echo)
{
	return flight_was_sent(peer, echo->packet) && lane_was_sent(peer, echo->lane);
}

static void echo_apply(struct peer *peer, const struct wire_echo *echo, const uint64_t *words)
{
	flight_heard(peer, echo);
	lane_heard(peer, echo, words);
	flight_judge(peer);
}

bool answer_echo(struct peer *peer, const struct wire_echo *echo, const uint64_t *words)
{
	struct transport *t = peer->transport;

	answer_late(t);
	if (!echo_good(peer, echo))
		return false;
	if (echo->words > 0) {
		echo_apply(peer, echo, words); /* something is missing, and may be lost */
	} else {
		t->late_peer = peer;
		t->late_echo = *echo;
	}
	return true;
}

void answer_echo_now(struct transport *t)
{
	struct peer *peer = t->late_peer;

	t->late_peer = NULL;
	if (t->late_echo.session == peer->out_session)
		echo_apply(peer, &t->late_echo, NULL);
	peer_update(peer);
}

void answer_ack(struct peer *peer, const uint8_t *body, uint32_t bytes)
{
	struct transport_counters *counters = &peer->transport->counters;
	uint64_t words[WIRE_ECHO_WORDS_MAX];
	struct wire_echo echo;
	uint32_t length = wire_read_echo(body, bytes, &echo, words);

	if (length == 0) {
		counters->drop_malformed++;
		return;
	}
	if (echo.session != peer->out_session) {
		counters->drop_window++;
		return;
	}
	if (!echo_good(peer, &echo)) {
		counters->drop_malformed++;
		return;
	}
	flight_heard(peer, &echo);
	lane_heard(peer, &echo, words);
	if (!ack_entries(peer, body + length, bytes - length))
		counters->drop_malformed++;
	flight_judge(peer);
}
