/*
 * Messages from a peer: offered, accepted, filled, delivered in turn, remembered.
 *
 * The first chunk of a message not yet accepted is kept in a stash of its peer, if there is room;
 * other chunks that come too early are dropped and sent again. A finished id keeps its outcome in
 * its slot of the window, so that a retransmission gets the same answer and no second offer.
 */
#include <errno.h>
#include <string.h>

#include "calls.h"
#include "probe.h"

static bool waits_for_peer(enum in_state state)
{
	return state == IN_ACCEPTED || state == IN_WHOLE || state == IN_REJECTED;
}

static void state_set(struct in_message *message, enum in_state state)
{
	bool before = waits_for_peer(message->state);
	bool after = waits_for_peer(state);

	message->state = state;
	if (after && !before)
		peer_owe(message->peer);
	else if (before && !after)
		peer_settle(message->peer);
}

/* The first chunk of an offer, in its frame or in the stash; NULL when there was no room for it. It
 * is good until anything else is received. */
static const uint8_t *first_take(struct in_message *message)
{
	struct peer *peer = message->peer;
	const uint8_t *bytes = NULL;

	if (message->stash != 0) {
		bytes = peer->stash[message->stash - 1];
		pool_give(&peer->stash_pool, peer->stash_free, message->stash - 1u);
		message->stash = 0;
	}
	if (peer->transport->fresh == message) {
		bytes = peer->transport->fresh_bytes;
		peer->transport->fresh = NULL;
	}
	return bytes;
}

void receive_free(struct in_message *message)
{
	struct peer *peer = message->peer;

	message->generation++;
	pool_give(&peer->in_pool, peer->in_free, (uint32_t)(message - peer->in));
}

/* The outcome is final: remembered in the slot, told to the sender. */
static void finish(struct in_message *message, enum slot_state outcome)
{
	struct peer *peer = message->peer;
	struct slot *slot = &peer->in_slots[message->id % MR_MESSAGES_OUT_MAX];

	slot->state = (uint8_t)outcome;
	slot->value = message->code;
	peer->in_open--;
	while (peer->in_base <= peer->in_highest &&
	       peer->in_slots[peer->in_base % MR_MESSAGES_OUT_MAX].state >= SLOT_DELIVERED)
		peer->in_base++;
	acknowledge(peer, message->id);
	peer_update(peer);
}

void receive_delivered(struct in_message *message)
{
	COUNT_PEER(message->peer, messages_in, 1);
	stats_received(message);
	if (!message->detached)
		finish(message, SLOT_DELIVERED);
	receive_free(message);
}

/* It is this message's turn to leave. */
static void leave(struct in_message *message)
{
	if (message->state == IN_WHOLE) {
		state_set(message, IN_READY);
		event_queue(message->peer->transport, &message->event);
		return;
	}
	state_set(message, IN_READY);
	finish(message, SLOT_REJECTED);
	receive_free(message);
}

static uint16_t *turn_of(struct peer *peer, uint32_t flow, uint32_t seq)
{
	return &peer->in_turns[flow][seq % FLOW_TURNS];
}

/* Those of a flow leave one after the other. */
static void turns_run(struct peer *peer, uint32_t flow)
{
	uint16_t *turn;

	while (*(turn = turn_of(peer, flow, peer->in_flow_seq[flow])) != 0) {
		struct in_message *message = &peer->in[*turn - 1];

		if (message->state != IN_WHOLE && message->state != IN_REJECTED)
			return;
		*turn = 0;
		peer->in_flow_seq[flow]++;
		leave(message);
	}
}

bool receive_turn_taken(struct peer *peer, uint32_t flow)
{
	return *turn_of(peer, flow, peer->in_flow_seq[flow]) != 0;
}

void receive_turn(struct peer *peer, uint32_t flow)
{
	peer->in_flow_seq[flow]++;
	turns_run(peer, flow);
}

/* Whole or rejected: unordered ones leave at once. */
static void decided(struct in_message *message)
{
	if (message->data.flow == 0)
		leave(message);
	else
		turns_run(message->peer, message->data.flow);
}

/* --- Chunks ---------------------------------------------------------------------------------- */

/* Beside the copy, a chunk in order costs a few counts: the rest is done once for those of a
 * message that came in a row. */
static void run_add(struct in_message *message, uint32_t chunk)
{
	struct transport *t = message->peer->transport;

	if (t->run != message) {
		receive_flush(t);
		t->run = message;
	}
	if (chunk >= message->shape.unscheduled)
		t->run_credit_bytes += message->shape.chunk_bytes;
	if (message->cumulative == message->shape.chunk_count)
		receive_flush(t);
}

void receive_run_end(struct transport *t)
{
	struct in_message *message = t->run;

	t->run = NULL;
	acknowledge_later(message->peer, message->id);
	credit_return(message, t->run_credit_bytes);
	t->run_credit_bytes = 0;
	if (message->cumulative == message->shape.chunk_count) {
		acknowledge(message->peer, message->id);
		state_set(message, IN_WHOLE);
		credit_end(message);
		decided(message);
	} else {
		credit_update(message);
	}
	credit_run(t);
}

static void chunk_mark(struct in_message *message, uint32_t chunk)
{
	uint32_t before = message->received++;

	if (chunk != message->cumulative) {
		map_set(message->received_map, chunk);
		return;
	}
	message->cumulative++;
	if (before == chunk)
		return; /* nothing is here beyond */
	while (message->cumulative < message->shape.chunk_count &&
	       map_test(message->received_map, message->cumulative))
		map_clear(message->received_map, message->cumulative++);
}

#define LINE_BYTES 64

/* What is about to be written is in no cache near, and the copy would wait for each line: while
 * this chunk is copied, the lines come that the next one goes to. The instruction, and not the
 * builtin, which without leave for it fetches for reading; CPUs that lack it take it for nothing.
 */
static void landing_prefetch(const struct in_message *message, uint64_t offset, uint32_t length)
{
	const uint8_t *at = message->body + offset;
	const uint8_t *end = at + min_u64(length, message->shape.body_bytes - offset);

	for (; at < end; at += LINE_BYTES)
		__asm__ volatile("prefetchw %0" : : "m"(*at));
}

static void chunk_store(struct in_message *message, uint32_t chunk, const uint8_t *bytes)
{
	uint32_t length = wire_chunk_body_bytes(&message->shape, chunk);
	uint64_t offset = wire_chunk_offset(&message->shape, chunk);

	landing_prefetch(message, offset + length, length);
	memcpy(message->body + offset, bytes, length);
	COUNT_PEER(message->peer, bytes_in, length);
	chunk_mark(message, chunk);
	run_add(message, chunk);
}

static bool chunk_is_here(const struct in_message *message, uint32_t chunk)
{
	return chunk < message->cumulative || map_test(message->received_map, chunk);
}

static void chunk_accepted(struct in_message *message, uint32_t chunk, const uint8_t *bytes)
{
	struct transport *t = message->peer->transport;
	uint64_t window = (uint64_t)message->cumulative + MR_CHUNK_WINDOW;

	if (chunk >= min_u64(window, message->grant)) {
		t->counters.drop_window++;
		return;
	}
	if (chunk_is_here(message, chunk)) {
		COUNT_PEER(message->peer, duplicates, 1);
		acknowledge(message->peer, message->id);
		return;
	}
	chunk_store(message, chunk, bytes);
}

static void chunk_stash(struct in_message *message, const uint8_t *bytes)
{
	struct peer *peer = message->peer;
	int index = pool_take(&peer->stash_pool, peer->stash_free, MR_STASH_CHUNKS);

	if (index < 0) {
		peer->transport->counters.drop_no_room++;
		return;
	}
	memcpy(peer->stash[index], bytes, wire_chunk_body_bytes(&message->shape, 0));
	message->stash = (uint16_t)(index + 1);
}

static void chunk_offered(struct in_message *message, uint32_t chunk, const uint8_t *bytes)
{
	struct peer *peer = message->peer;

	acknowledge(peer, message->id);
	if (chunk != 0)
		peer->transport->counters.drop_no_room++;
	else if (message->stash != 0)
		COUNT_PEER(peer, duplicates, 1);
	else
		chunk_stash(message, bytes);
}

/* --- First chunks ---------------------------------------------------------------------------- */

static void window_advance(struct peer *peer, uint64_t id)
{
	while (peer->in_highest < id) {
		struct slot *slot = &peer->in_slots[++peer->in_highest % MR_MESSAGES_OUT_MAX];

		slot->state = SLOT_UNSEEN; /* an answer may still wait in the ack queue */
	}
}

static struct in_message *open_message(struct peer *peer, const struct wire_data *data,
				       const struct wire_shape *shape)
{
	int index = pool_take(&peer->in_pool, peer->in_free, MR_MESSAGES_IN_MAX);
	struct in_message *message;
	uint32_t generation;

	if (index < 0)
		return NULL;
	message = &peer->in[index];
	generation = message->generation;
	memset(message, 0, offsetof(struct in_message, head));
	message->generation = generation;
	message->event.source = EVENT_OF_IN;
	message->peer = peer;
	message->opened_ns = peer->transport->now_ns;
	message->id = data->message;
	message->shape = *shape;
	message->data = *data;
	window_advance(peer, data->message);
	peer->in_slots[data->message % MR_MESSAGES_OUT_MAX].state = SLOT_OPEN;
	peer->in_slots[data->message % MR_MESSAGES_OUT_MAX].value = (uint16_t)index;
	peer->in_open++;
	if (data->flow != 0)
		*turn_of(peer, data->flow, data->flow_seq) = (uint16_t)(index + 1);
	PROBE_MESSAGE_OFFERED(peer->transport->config.node, peer->node, data->message,
			      data->body_bytes, data->flow);
	return message;
}

/* Has the message a place in its flow that none before it has? It keeps it until it leaves. */
static bool turn_free(struct peer *peer, const struct wire_data *data)
{
	struct transport_counters *counters = &peer->transport->counters;

	if (data->flow == 0)
		return true;
	if (data->flow_seq - peer->in_flow_seq[data->flow] >= FLOW_TURNS) {
		counters->drop_window++;
		return false;
	}
	if (*turn_of(peer, data->flow, data->flow_seq) != 0) {
		counters->drop_flow_seq++;
		return false;
	}
	return true;
}

static void chunk_first(struct peer *peer, const struct wire_data *data,
			const struct wire_shape *shape, const uint8_t *bytes)
{
	struct in_message *message;

	if (!turn_free(peer, data))
		return;
	message = data->chunk == 0 ? open_message(peer, data, shape) : NULL;
	if (message == NULL) {
		peer->transport->counters.drop_no_room++;
		return;
	}
	memcpy(message->head, bytes, shape->head_bytes);
	peer->transport->fresh = message;
	peer->transport->fresh_bytes = bytes + shape->head_bytes;
	acknowledge(peer, message->id);
	event_queue(peer->transport, &message->event);
	peer->transport->offered = true;
}

void receive_stash(struct transport *t)
{
	chunk_stash(t->fresh, t->fresh_bytes);
	t->fresh = NULL;
}

/* Is it what its message's first packet said, and as long as that makes it? */
static bool data_fits(const struct in_message *message, const struct wire_data *data,
		      uint32_t bytes)
{
	const struct wire_data *first = &message->data;

	return data->body_bytes == first->body_bytes && data->chunk_bytes == first->chunk_bytes &&
	       data->unscheduled == first->unscheduled && data->flow_seq == first->flow_seq &&
	       data->flow == first->flow && data->head_bytes == first->head_bytes &&
	       data->chunk < message->shape.chunk_count &&
	       bytes == chunk_stream_bytes(&message->shape, data->chunk);
}

static void chunk_open(struct in_message *message, uint32_t chunk, const uint8_t *bytes)
{
	if (chunk == 0)
		bytes += message->shape.head_bytes;
	switch (message->state) {
	case IN_ACCEPTED:
		chunk_accepted(message, chunk, bytes);
		break;
	case IN_OFFERED:
		chunk_offered(message, chunk, bytes);
		break;
	default:
		COUNT_PEER(message->peer, duplicates, 1);
		acknowledge(message->peer, message->id);
	}
}

/* --- Packets --------------------------------------------------------------------------------- */

/* Is the session current? A new one ends what the last one left open. */
bool receive_session_other(struct peer *peer, uint32_t session)
{
	if (session < peer->in_session || session == 0) {
		peer->transport->counters.drop_window++;
		return false;
	}
	if (peer->in_session == 0)
		peer->in_session = session;
	receive_session(peer, session);
	if (peer->in_dead) {
		peer->control |= CONTROL_RESET;
		peer->reset_session = session;
	}
	return !peer->in_dead;
}

void receive_note(struct peer *peer, const struct wire_header *header, uint32_t bytes)
{
	uint32_t packet = header->packet;

	acknowledge_packet(peer, header, bytes);
	peer->in_ce += peer->transport->marked;
	credit_packet(peer->transport, peer->transport->marked);
	if (peer->in_heard && packet_ahead(packet, peer->in_packet) <= 0)
		return;
	if (!peer->in_heard)
		peer->in_packet_told = packet;
	peer->in_heard = true;
	peer->in_packet = packet;
	peer->in_packet_ns = peer->transport->now_ns - peer->transport->waited_ns;
}

/* A packet of a message that is not being received: it begins, or has ended. */
static void data_other(struct peer *peer, const struct wire_header *header, const uint8_t *body,
		       uint32_t bytes)
{
	struct transport_counters *counters = &peer->transport->counters;
	struct wire_shape shape;
	struct wire_data data;

	receive_flush(peer->transport);
	if (!wire_read_data(body, bytes, &data, &shape)) {
		counters->drop_malformed++;
		return;
	}
	if (!receive_enter(peer, header->session))
		return;
	if (data.message + MR_MESSAGES_OUT_MAX <= peer->in_highest ||
	    data.message >= peer->in_base + MR_MESSAGES_OUT_MAX) {
		counters->drop_window++;
		return;
	}
	receive_note(peer, header, bytes);
	if (data.message > peer->in_highest ||
	    peer->in_slots[data.message % MR_MESSAGES_OUT_MAX].state == SLOT_UNSEEN) {
		chunk_first(peer, &data, &shape, body + WIRE_DATA_BYTES);
	} else {
		COUNT_PEER(peer, duplicates, 1);
		acknowledge(peer, data.message);
	}
}

static struct in_message *open_find(struct peer *peer, uint64_t id)
{
	const struct slot *slot = &peer->in_slots[id % MR_MESSAGES_OUT_MAX];
	struct in_message *message;

	if (slot->state != SLOT_OPEN)
		return NULL;
	message = &peer->in[slot->value];
	return message->id == id ? message : NULL;
}

void receive_data(struct peer *peer, const struct wire_header *header, const uint8_t *body,
		  uint32_t bytes)
{
	struct in_message *message = NULL;
	struct wire_data data;

	if (bytes >= WIRE_DATA_BYTES && header->session == peer->in_session && !peer->in_dead) {
		memcpy(&data, body, WIRE_DATA_BYTES);
		message = open_find(peer, data.message);
	}
	if (message == NULL) {
		data_other(peer, header, body, bytes);
		return;
	}
	if (!data_fits(message, &data, bytes - WIRE_DATA_BYTES)) {
		peer->transport->counters.drop_malformed++;
		return;
	}
	receive_note(peer, header, bytes);
	chunk_open(message, data.chunk, body + WIRE_DATA_BYTES);
}

void receive_probe(struct peer *peer, const struct wire_header *header, const uint8_t *ids,
		   uint32_t bytes)
{
	uint64_t id;

	if (bytes % sizeof(id) != 0) {
		peer->transport->counters.drop_malformed++;
		return;
	}
	if (header->session > peer->in_session || !receive_enter(peer, header->session))
		return;
	for (; bytes > 0; ids += sizeof(id), bytes -= sizeof(id)) {
		memcpy(&id, ids, sizeof(id));
		if (id <= peer->in_highest && id + MR_MESSAGES_OUT_MAX > peer->in_highest && id > 0)
			acknowledge(peer, id);
	}
}

/* --- The user's answers ---------------------------------------------------------------------- */

static struct in_message *offer_find(struct transport *t, uint64_t offer)
{
	uint32_t node = offer >> 16 & 0xffff;
	uint32_t index = offer & 0xffff;
	struct in_message *message;

	if (!peer_known(t, node) || index >= t->peers[node].in_pool.fresh)
		return NULL;
	message = &t->peers[node].in[index];
	if (message->generation != offer >> 32 || message->state != IN_OFFERED || !message->shown)
		return NULL;
	return message;
}

int transport_accept(struct transport *t, uint64_t now_ns, uint64_t offer, void *body,
		     uint64_t cookie)
{
	struct in_message *message = offer_find(t, offer);
	const uint8_t *first;

	t->now_ns = now_ns;
	if (message == NULL)
		return -ENOENT;
	if (body == NULL)
		return -EINVAL;
	message->body = body;
	message->cookie = cookie;
	message->accepted = true;
	message->grant = message->shape.unscheduled;
	state_set(message, IN_ACCEPTED);
	first = first_take(message);
	acknowledge(message->peer, message->id);
	if (first != NULL)
		chunk_store(message, 0, first);
	else
		credit_update(message);
	receive_flush(t);
	credit_run(t);
	peer_update(message->peer);
	return 0;
}

int transport_reject(struct transport *t, uint64_t now_ns, uint64_t offer, uint16_t code)
{
	struct in_message *message = offer_find(t, offer);

	t->now_ns = now_ns;
	if (message == NULL)
		return -ENOENT;
	message->code = code;
	first_take(message);
	state_set(message, IN_REJECTED);
	acknowledge(message->peer, message->id);
	decided(message);
	peer_update(&t->peers[offer >> 16 & 0xffff]);
	return 0;
}

/* --- The end of sessions --------------------------------------------------------------------- */

static void drop(struct in_message *message, enum transport_reason reason)
{
	struct transport *t = message->peer->transport;
	bool told = message->accepted || message->shown;

	if (message->state == IN_READY) {
		message->detached = true;
		return;
	}
	first_take(message);
	credit_end(message);
	told = told && message->state != IN_REJECTED;
	state_set(message, IN_LOST);
	message->reason = reason;
	message->detached = true;
	event_unqueue(t, &message->event);
	if (told)
		event_queue(t, &message->event);
	else
		receive_free(message);
}

void receive_session(struct peer *peer, uint32_t session)
{
	if (peer->in_session == 0 || session <= peer->in_session)
		return;
	receive_drop_all(peer, TRANSPORT_UNREACHABLE);
	receive_forget(peer);
	peer->in_session = session;
}

void receive_drop_all(struct peer *peer, enum transport_reason reason)
{
	for (uint64_t id = peer->in_base; peer->in_open > 0 && id <= peer->in_highest; id++) {
		struct slot *slot = &peer->in_slots[id % MR_MESSAGES_OUT_MAX];

		if (slot->state != SLOT_OPEN)
			continue;
		slot->state = SLOT_UNSEEN;
		peer->in_open--;
		drop(&peer->in[slot->value], reason);
	}
	/* What they held of the credit is for the messages of others. */
	credit_run(peer->transport);
}

void receive_forget(struct peer *peer)
{
	peer->in_session = 0;
	peer->in_dead = false;
	peer->in_heard = false;
	peer->in_ce = 0;
	lane_forget(peer);
	peer->in_base = 1;
	peer->in_highest = 0;
	peer->ack_first = 0;
	peer->ack_count = 0;
	peer->control &= (uint8_t) ~(CONTROL_ACK | CONTROL_RESET);
	memset(peer->in_flow_seq, 0, sizeof(peer->in_flow_seq));
	memset(peer->in_slots, 0, sizeof(peer->in_slots));
	memset(peer->in_turns, 0, sizeof(peer->in_turns));
}
