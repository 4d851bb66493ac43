/*
 * Packets of messages from a peer: the first one offers its message, the others go where its state
 * says.
 */
#include <string.h>

#include "calls.h"
#include "probe.h"

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
		deliver_turn_take(message);
	PROBE_MESSAGE_OFFERED(peer->transport->config.node, peer->node, data->message,
			      data->body_bytes, data->flow);
	return message;
}

static void chunk_first(struct peer *peer, const struct wire_data *data,
			const struct wire_shape *shape, const uint8_t *bytes)
{
	struct in_message *message;

	if (!deliver_turn_free(peer, data))
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
		landing_chunk(message, chunk, bytes);
		break;
	case IN_OFFERED:
		offer_chunk(message, chunk, bytes);
		break;
	default:
		COUNT_PEER(message->peer, duplicates, 1);
		acknowledge(message->peer, message->id);
	}
}

/* --- Packets --------------------------------------------------------------------------------- */

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

	landing_flush(peer->transport);
	if (!wire_read_data(body, bytes, &data, &shape)) {
		counters->drop_malformed++;
		return;
	}
	if (!session_enter(peer, header->session))
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
	if (header->session > peer->in_session || !session_enter(peer, header->session))
		return;
	for (; bytes > 0; ids += sizeof(id), bytes -= sizeof(id)) {
		memcpy(&id, ids, sizeof(id));
		if (id <= peer->in_highest && id + MR_MESSAGES_OUT_MAX > peer->in_highest && id > 0)
			acknowledge(peer, id);
	}
}
