/*
 * Messages toward a peer: queued, started, cut into chunks, acknowledged, ended.
 *
 * At most MR_MESSAGES_IN_MAX are started and not ended, in the order of their ids, so that the
 * receiver has a place for each. The first chunk of a new message goes before anything else (it may
 * be the whole message); then the messages take turns, chunk by chunk, lost chunks first.
 */
#include <errno.h>
#include <string.h>

#include "probe.h"
#include "state.h"

static struct out_message *find(struct peer *peer, uint64_t id)
{
	uint16_t slot = peer->out_slots[id % MR_MESSAGES_OUT_MAX];
	struct out_message *message = slot == 0 ? NULL : &peer->out[slot - 1];

	return message != NULL && message->id == id && message->state == OUT_STARTED ? message
										     : NULL;
}

static uint32_t chunk_stream_bytes(const struct wire_shape *shape, uint32_t chunk)
{
	return wire_chunk_body_bytes(shape, chunk) + (chunk == 0 ? shape->head_bytes : 0);
}

static void list_move(struct out_message *message, enum out_list list)
{
	struct peer *peer = message->peer;

	if (message->list == OUT_READY)
		TAILQ_REMOVE(&peer->ready, message, link);
	else if (message->list == OUT_PROBING)
		TAILQ_REMOVE(&peer->probing, message, link);
	message->list = list;
	if (list == OUT_READY)
		TAILQ_INSERT_TAIL(&peer->ready, message, link);
	else if (list == OUT_PROBING)
		TAILQ_INSERT_TAIL(&peer->probing, message, link);
}

static uint64_t chunk_limit(const struct out_message *message)
{
	uint64_t window = (uint64_t)message->cumulative + MR_CHUNK_WINDOW;
	uint64_t credit = max_u64(message->grant, message->shape.unscheduled);

	return min_u64(message->shape.chunk_count, min_u64(window, credit));
}

/* While the receiver's user has not decided, more chunks would be thrown away. */
static bool sendable(const struct out_message *message)
{
	return message->remote != WIRE_OFFERED &&
	       (message->lost > 0 || message->next < chunk_limit(message));
}

static void refresh(struct out_message *message)
{
	if (sendable(message) != (message->list == OUT_READY))
		list_move(message, sendable(message) ? OUT_READY : OUT_UNLISTED);
}

static void quiet_set(struct out_message *message)
{
	struct peer *peer = message->peer;
	uint64_t interval = peer->flight.rtt.rto_ns * 2 << message->probes;

	timer_set(&peer->transport->timers, &message->quiet,
		  peer->transport->now_ns + min_u64(interval, peer_interval_max_ns(peer)));
}

/* --- Beginning and end ----------------------------------------------------------------------- */

int transport_send(struct transport *t, uint64_t now_ns, uint32_t node, uint32_t flow,
		   const void *head, uint32_t head_bytes, const void *body, uint64_t body_bytes,
		   void *owner, uint64_t cookie)
{
	struct out_message *message;
	struct peer *peer;
	int index;

	t->now_ns = now_ns;
	if (flow >= MR_FLOWS_MAX || head_bytes > TRANSPORT_HEAD_BYTES_MAX || body == NULL ||
	    body_bytes == 0 || body_bytes > MR_MESSAGE_BYTES_MAX)
		return -EINVAL;
	if (!peer_known(t, node))
		return -EHOSTUNREACH;
	peer = &t->peers[node];
	if (peer->out_next - peer->out_base >= MR_MESSAGES_OUT_MAX)
		return -EAGAIN;
	index = pool_take(&peer->out_pool, peer->out_free, MR_MESSAGES_OUT_MAX);
	if (index < 0)
		return -EAGAIN;
	message = &peer->out[index];
	memset(message, 0, offsetof(struct out_message, acked_map));
	message->event.source = EVENT_OF_OUT;
	timer_init(&message->quiet, TIMER_MESSAGE_QUIET);
	message->peer = peer;
	message->body = body;
	message->owner = owner;
	message->cookie = cookie;
	message->id = peer->out_next++;
	message->queued_ns = now_ns;
	PROBE_MESSAGE_SEND(t->config.node, node, message->id, body_bytes, flow);
	message->flow = flow;
	message->flow_seq = peer->out_flow_seq[flow]++;
	wire_shape_init(&message->shape, body_bytes, head_bytes, t->chunk_bytes);
	if (head_bytes > 0)
		memcpy(message->head, head, head_bytes);
	peer->out_slots[message->id % MR_MESSAGES_OUT_MAX] = (uint16_t)(index + 1);
	peer_owe(peer);
	if (!peer->contact)
		peer_hello(peer);
	peer_update(peer);
	return 0;
}

static struct out_message *start_next(struct peer *peer)
{
	uint16_t slot = peer->out_slots[peer->out_start++ % MR_MESSAGES_OUT_MAX];
	struct out_message *message = &peer->out[slot - 1];
	uint32_t words = MR_CHUNK_WINDOW / 64;

	wire_shape_init(&message->shape, message->shape.body_bytes, message->shape.head_bytes,
			path_chunk_bytes(peer));
	if (message->shape.chunk_count < MR_CHUNK_WINDOW)
		words = message->shape.chunk_count / 64 + 1;
	memset(message->acked_map, 0, words * sizeof(uint64_t));
	memset(message->lost_map, 0, words * sizeof(uint64_t));
	message->state = OUT_STARTED;
	peer->out_started++;
	quiet_set(message);
	return message;
}

static void end(struct out_message *message, enum transport_reason reason, uint16_t code)
{
	struct peer *peer = message->peer;
	struct transport *t = peer->transport;

	if (message->state == OUT_STARTED)
		peer->out_started--;
	message->state = OUT_ENDED;
	message->reason = reason;
	message->code = code;
	peer->flight.bytes -= message->flight_bytes;
	list_move(message, OUT_UNLISTED);
	timer_cancel(&t->timers, &message->quiet);
	peer->out_slots[message->id % MR_MESSAGES_OUT_MAX] = 0;
	while (peer->out_base != peer->out_next &&
	       peer->out_slots[peer->out_base % MR_MESSAGES_OUT_MAX] == 0)
		peer->out_base++;
	peer_settle(peer);
	if (reason == TRANSPORT_OK) {
		COUNT_PEER(peer, messages_out, 1);
		stats_sent(message);
	} else {
		COUNT_PEER(peer, messages_failed, 1);
		PROBE_MESSAGE_FAILED(t->config.node, peer->node, message->id,
				     message->shape.body_bytes, reason);
	}
	event_queue(t, &message->event);
}

void send_fail_all(struct peer *peer, enum transport_reason reason)
{
	for (uint64_t id = peer->out_base; id != peer->out_next; id++) {
		uint16_t slot = peer->out_slots[id % MR_MESSAGES_OUT_MAX];

		if (slot != 0)
			end(&peer->out[slot - 1], reason, 0);
	}
	peer->out_session++;
	peer->out_next = 1;
	peer->out_base = 1;
	peer->out_start = 1;
	memset(peer->out_flow_seq, 0, sizeof(peer->out_flow_seq));
	peer->control &= (uint8_t)~CONTROL_PROBE;
	flight_reset(peer);
	if (peer->contact)
		timer_cancel(&peer->transport->timers, &peer->retry);
}

void send_free(struct out_message *message)
{
	struct peer *peer = message->peer;

	pool_give(&peer->out_pool, peer->out_free, (uint32_t)(message - peer->out));
}

/* --- Chunks ---------------------------------------------------------------------------------- */

static bool startable(struct peer *peer)
{
	const struct wire_shape *shape;

	if (peer->out_start == peer->out_next || peer->out_started == MR_MESSAGES_IN_MAX)
		return false;
	shape = &peer->out[peer->out_slots[peer->out_start % MR_MESSAGES_OUT_MAX] - 1].shape;
	return !path_holds(peer, shape->head_bytes + shape->body_bytes);
}

bool send_ready(struct peer *peer)
{
	if (!peer->contact || !flight_room(peer))
		return false;
	return !TAILQ_EMPTY(&peer->ready) || startable(peer);
}

static uint32_t lost_first(const struct out_message *message)
{
	uint32_t chunk = message->cumulative;

	for (uint64_t word = message->lost_map[chunk % MR_CHUNK_WINDOW / 64] >> chunk % 64;
	     word == 0; word = message->lost_map[chunk % MR_CHUNK_WINDOW / 64])
		chunk = (chunk / 64 + 1) * 64;
	while (!map_test(message->lost_map, chunk))
		chunk++;
	return chunk;
}

static uint32_t next_chunk(struct out_message *message)
{
	uint32_t chunk;

	if (message->lost > 0) {
		chunk = lost_first(message);
		map_clear(message->lost_map, chunk);
		message->lost--;
		COUNT_PEER(message->peer, retransmits, 1);
		PROBE_MESSAGE_RETRANSMIT(message->peer->transport->config.node, message->peer->node,
					 message->id, chunk);
	} else {
		chunk = message->next++;
		COUNT_PEER(message->peer, bytes_out, wire_chunk_body_bytes(&message->shape, chunk));
	}
	return chunk;
}

void send_output(struct peer *peer, struct transport_frame *frame)
{
	struct out_message *message =
	    startable(peer) ? start_next(peer) : TAILQ_FIRST(&peer->ready);
	bool again = message->lost > 0;
	uint32_t chunk = next_chunk(message);
	uint32_t stream_bytes = chunk_stream_bytes(&message->shape, chunk);
	struct wire_data data = {
	    .message = message->id,
	    .body_bytes = message->shape.body_bytes,
	    .chunk = chunk,
	    .chunk_bytes = message->shape.chunk_bytes,
	    .flow_seq = message->flow_seq,
	    .flow = (uint16_t)message->flow,
	    .head_bytes = (uint16_t)message->shape.head_bytes,
	};

	message->flight_bytes += stream_bytes;
	frame->body = message->body + wire_chunk_offset(&message->shape, chunk);
	frame->body_bytes = wire_chunk_body_bytes(&message->shape, chunk);
	frame->owner = message->owner;
	output_data(peer, &data, message->head,
		    flight_send(peer, message, chunk, stream_bytes, again), frame);
	list_move(message, sendable(message) ? OUT_READY : OUT_UNLISTED);
	quiet_set(message);
	flight_judge(peer);
}

struct out_message *send_in_flight(struct peer *peer, uint32_t id, uint32_t chunk)
{
	uint16_t slot = peer->out_slots[id % MR_MESSAGES_OUT_MAX];
	struct out_message *message = slot == 0 ? NULL : &peer->out[slot - 1];

	if (message == NULL || (uint32_t)message->id != id || message->state != OUT_STARTED)
		return NULL;
	if (chunk < message->cumulative || map_test(message->acked_map, chunk) ||
	    map_test(message->lost_map, chunk))
		return NULL;
	return message;
}

void send_lost(struct out_message *message, uint32_t chunk)
{
	uint32_t bytes = chunk_stream_bytes(&message->shape, chunk);

	map_set(message->lost_map, chunk);
	message->lost++;
	message->flight_bytes -= bytes;
	message->peer->flight.bytes -= bytes;
	refresh(message);
}

/* --- Answers --------------------------------------------------------------------------------- */

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

static uint32_t cumulative_advance(struct out_message *message, uint32_t cumulative)
{
	uint32_t bytes = 0;

	for (; message->cumulative < cumulative; message->cumulative++) {
		uint32_t chunk = message->cumulative;

		if (chunk >= message->next)
			continue;
		if (map_test(message->acked_map, chunk))
			map_clear(message->acked_map, chunk);
		else
			bytes += chunk_arrived(message, chunk);
	}
	if (message->next < cumulative)
		message->next = cumulative;
	return bytes;
}

static uint32_t bitmap_apply(struct out_message *message, const struct wire_ack *ack,
			     const uint64_t *words)
{
	uint32_t bytes = 0;

	for (uint32_t i = 0; i < ack->words; i++) {
		uint32_t base = (ack->cumulative / 64 + i) * 64;
		uint64_t fresh = words[i];

		for (; fresh != 0; fresh &= fresh - 1) {
			uint32_t chunk = base + (uint32_t)__builtin_ctzll(fresh);

			if (chunk < message->cumulative || chunk >= message->next ||
			    map_test(message->acked_map, chunk))
				continue;
			map_set(message->acked_map, chunk);
			bytes += chunk_arrived(message, chunk);
		}
	}
	return bytes;
}

static void ack_progress(struct out_message *message, const struct wire_ack *ack,
			 const uint64_t *words)
{
	uint32_t count = message->shape.chunk_count;
	uint32_t bytes;

	/* What was never sent cannot be there; but a message decided on needs no more of it. */
	if (ack->cumulative > message->next && ack->cumulative != count)
		return;
	bytes = cumulative_advance(message, ack->cumulative);
	bytes += bitmap_apply(message, ack, words);
	message->flight_bytes -= bytes;
	flight_arrived(message->peer, bytes);
	if (ack->state > message->remote)
		message->remote = ack->state;
	if (ack->grant > message->grant)
		message->grant = ack->grant;
	message->probes = 0;
	quiet_set(message);
	refresh(message);
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
		end(message, TRANSPORT_OK, 0);
	else
		end(message, TRANSPORT_REJECTED, ack->code);
}

void send_ack(struct peer *peer, const struct wire_header *header, const uint8_t *entries,
	      uint32_t bytes)
{
	struct transport_counters *counters = &peer->transport->counters;
	uint64_t words[WIRE_ACK_WORDS_MAX];
	struct wire_ack ack;
	uint32_t length;

	if (header->session != peer->out_session) {
		counters->drop_window++;
		return;
	}
	if (!flight_heard(peer, header->packet, header->marks, 0)) {
		counters->drop_malformed++;
		return;
	}
	for (; bytes > 0; entries += length, bytes -= length) {
		length = wire_read_ack(entries, bytes, &ack, words);
		if (length == 0) {
			counters->drop_malformed++;
			break;
		}
		ack_entry(peer, &ack, words);
	}
	flight_judge(peer);
}

/* --- Asking ---------------------------------------------------------------------------------- */

void send_quiet(struct out_message *message)
{
	struct peer *peer = message->peer;

	if (message->list == OUT_UNLISTED && message->flight_bytes == 0) {
		list_move(message, OUT_PROBING);
		peer->control |= CONTROL_PROBE;
		if (peer->flight.rtt.rto_ns * 2 << message->probes < peer_interval_max_ns(peer))
			message->probes++;
	}
	quiet_set(message);
	peer_update(peer);
}

uint32_t send_probe(struct peer *peer, uint8_t *ids, uint32_t bytes)
{
	uint32_t used = 0;

	while (used + sizeof(uint64_t) <= bytes && !TAILQ_EMPTY(&peer->probing)) {
		struct out_message *message = TAILQ_FIRST(&peer->probing);

		memcpy(ids + used, &message->id, sizeof(uint64_t));
		used += sizeof(uint64_t);
		list_move(message, OUT_UNLISTED);
	}
	if (TAILQ_EMPTY(&peer->probing))
		peer->control &= (uint8_t)~CONTROL_PROBE;
	return used;
}
