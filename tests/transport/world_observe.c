/*
 * An observer at the boundary of every transport: nothing unasked is sent, nothing is sent from a
 * body that was given back, and credit stays within its bound.
 *
 * Credit is counted from frames alone: what a receiver announced, less what was handed to it.
 */
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "test.h"
#include "world_state.h"

/* Of an ACK entry's bitmap or an echo's. */
#define WORDS_MAX \
	(WIRE_ACK_WORDS_MAX > WIRE_ECHO_WORDS_MAX ? WIRE_ACK_WORDS_MAX : WIRE_ECHO_WORDS_MAX)

/* --- Names of messages on the wire ----------------------------------------------------------- */

static struct wire_name *name_slot(struct world *w, const struct wire_name *name)
{
	uint64_t hash = (name->id * 64 + name->from) * 64 + name->to;

	hash =
	    (hash ^ name->session * 0x10001ull ^ name->incarnation << 40) * 0x9e3779b97f4a7c15ull;
	for (uint32_t i = 0; i < WORLD_IDS; i++) {
		struct wire_name *slot = &w->names[((hash >> 40) + i) & (WORLD_IDS - 1)];

		if (slot->index == 0 ||
		    (slot->id == name->id && slot->incarnation == name->incarnation &&
		     slot->session == name->session && slot->from == name->from &&
		     slot->to == name->to))
			return slot;
	}
	CHECK(false, "more messages than a world has");
	return NULL;
}

static struct wire_name name_of(const struct wire_header *header, uint64_t id, bool of_sender)
{
	struct wire_name name = {.id = id, .session = header->session};

	name.incarnation = of_sender ? header->from_incarnation : header->to_incarnation;
	name.from = (uint8_t)(of_sender ? header->from_node : header->to_node);
	name.to = (uint8_t)(of_sender ? header->to_node : header->from_node);
	return name;
}

/* of_sender: the packet comes from the message's sender. */
struct planned *observe_find(struct world *w, const struct wire_header *header, uint64_t id,
			     bool of_sender)
{
	const struct wire_name name = name_of(header, id, of_sender);
	const struct wire_name *slot = name_slot(w, &name);

	return slot->index == 0 ? NULL : &w->messages[slot->index - 1];
}

/* A message is known on the wire by its first chunk, whose owner says which it is. */
static void name_learn(struct world *w, const struct wire_header *header,
		       const struct wire_data *data, const struct wire_shape *shape,
		       struct planned *m)
{
	struct wire_name name = name_of(header, data->message, true);

	name.index = message_index(w, m) + 1;
	*name_slot(w, &name) = name;
	if (m->arrived != NULL)
		return;
	m->shape = *shape;
	m->arrived = calloc(shape->chunk_count / 64 + 1, sizeof(m->arrived[0]));
	CHECK(m->arrived != NULL);
}

/* --- Credit ---------------------------------------------------------------------------------- */

static void credit_set(struct world *w, struct planned *m, uint64_t bytes)
{
	w->nodes[m->to].credit_bytes += bytes - m->credit_bytes;
	m->credit_bytes = bytes;
}

void observe_end(struct world *w, struct planned *m)
{
	credit_set(w, m, 0);
}

static bool chunk_arrived(const struct planned *m, uint32_t chunk)
{
	return m->arrived[chunk / 64] >> chunk % 64 & 1;
}

static void credit_announced(struct world *w, struct planned *m, const struct wire_ack *ack)
{
	uint32_t chunk = m->announced > m->shape.unscheduled ? m->announced : m->shape.unscheduled;
	uint64_t bytes = m->credit_bytes;

	if (ack->state != WIRE_ACCEPTED || m->arrived == NULL)
		return;
	if (ack->grant > m->shape.chunk_count)
		world_violation(w, "message %u: more chunks granted than it has",
				message_index(w, m));
	for (; chunk < ack->grant && chunk < m->shape.chunk_count; chunk++)
		if (!chunk_arrived(m, chunk))
			bytes += wire_chunk_body_bytes(&m->shape, chunk);
	if (ack->grant > m->announced)
		m->announced = ack->grant;
	credit_set(w, m, bytes);
	if (w->nodes[m->to].credit_bytes > MR_CREDIT_BYTES)
		world_violation(w, "node %u has granted %lu bytes", m->to,
				w->nodes[m->to].credit_bytes);
}

static void credit_arrived(struct world *w, struct planned *m, uint32_t chunk)
{
	if (m->arrived == NULL || chunk >= m->shape.chunk_count || chunk_arrived(m, chunk))
		return;
	w->progress_ns = world_now(w);
	m->arrived[chunk / 64] |= 1ull << chunk % 64;
	if (chunk >= m->shape.unscheduled && chunk < m->announced && m->credit_bytes > 0)
		credit_set(w, m, m->credit_bytes - wire_chunk_body_bytes(&m->shape, chunk));
}

/* --- Frames that leave ----------------------------------------------------------------------- */

static void check_body(struct world *w, uint32_t node, const struct transport_frame *frame,
		       const struct planned *m)
{
	if (!message_pending(w, m) || m->from != node)
		world_violation(w, "node %u sends from the body of message %u, which ended", node,
				message_index(w, m));
	if (frame->body < m->body || frame->body + frame->body_bytes > m->body + m->body_bytes)
		world_violation(w, "node %u sends from around the body of message %u", node,
				message_index(w, m));
}

static void data_out(struct world *w, uint32_t node, const struct wire_header *header,
		     const struct transport_frame *frame, const uint8_t *body, uint32_t bytes)
{
	struct planned *m = frame->owner;
	struct wire_shape shape;
	struct wire_data data;

	if (!wire_read_data(body, bytes, &data, &shape)) {
		world_violation(w, "node %u sent malformed data", node);
		return;
	}
	if (m == NULL)
		m = observe_find(w, header, data.message, true);
	if (m == NULL)
		return;
	if (data.chunk == 0)
		name_learn(w, header, &data, &shape, m);
	if (data.chunk >= shape.unscheduled && data.chunk >= m->granted)
		world_violation(w, "message %u: chunk %u sent without credit", message_index(w, m),
				data.chunk);
}

static void acks_out(struct world *w, uint32_t node, const struct wire_header *header,
		     const uint8_t *entries, uint32_t bytes)
{
	uint64_t words[WORDS_MAX];
	struct wire_echo echo;
	struct wire_ack ack;
	uint32_t length = wire_read_echo(entries, bytes, &echo, words);

	if (length == 0 || echo.session != header->session)
		world_violation(w, "node %u sent a malformed echo", node);
	for (entries += length, bytes -= length; bytes > 0; entries += length, bytes -= length) {
		struct planned *m;

		length = wire_read_ack(entries, bytes, &ack, words);
		if (length == 0) {
			world_violation(w, "node %u sent a malformed ACK", node);
			return;
		}
		m = observe_find(w, header, ack.message, false);
		if (m != NULL && !m->delivered && !m->lost)
			credit_announced(w, m, &ack);
	}
}

static bool is_ip(const uint8_t *frame, uint32_t bytes)
{
	return bytes >= NET_HEAD_BYTES && frame[12] == 8 && frame[13] == 0;
}

void observe_out(struct world *w, uint32_t node, const struct transport_frame *frame)
{
	uint32_t bytes = frame->head_bytes + frame->body_bytes;
	const uint8_t *packet = frame->head + NET_HEAD_BYTES;
	struct wire_header header;

	if (frame->body_bytes > 0 && frame->owner != NULL)
		check_body(w, node, frame, frame->owner);
	else if (frame->body_bytes > 0)
		world_violation(w, "node %u sends bytes that are nobody's", node);
	if (bytes > w->config->network.mtu + NET_ETHERNET_BYTES)
		world_violation(w, "node %u sent a frame of %u bytes", node, bytes);
	if (!is_ip(frame->head, bytes))
		return; /* ARP */
	if (wire_open(packet, bytes - NET_HEAD_BYTES, &header) != WIRE_GOOD ||
	    header.from_node != node || header.from_incarnation != node_life(w, node)) {
		world_violation(w, "node %u sent a bad packet", node);
		return;
	}
	world_print(w, "node %u: packet of type %u, number %u, %u bytes to node %u", node,
		    header.type, header.packet, bytes, header.to_node);
	packet += WIRE_HEADER_BYTES;
	bytes -= NET_HEAD_BYTES + WIRE_HEADER_BYTES;
	if (header.type == WIRE_DATA)
		data_out(w, node, &header, frame, packet, bytes);
	else if (header.type == WIRE_ACK)
		acks_out(w, node, &header, packet, bytes);
}

/* --- Frames that come ------------------------------------------------------------------------ */

/* What of a message is there, as its receiver says: more than ever? */
static void progress_heard(struct world *w, struct planned *m, const struct wire_ack *ack,
			   const uint64_t *words)
{
	uint32_t chunks = ack->cumulative;

	for (uint32_t i = 0; i < ack->words; i++)
		chunks += (uint32_t)__builtin_popcountll(words[i]);
	if (chunks <= m->heard)
		return;
	m->heard = chunks;
	m->heard_ns = world_now(w);
}

static void acks_in(struct world *w, const struct wire_header *header, const uint8_t *entries,
		    uint32_t bytes)
{
	uint64_t words[WORDS_MAX];
	struct wire_echo echo;
	struct wire_ack ack;
	uint32_t length = wire_read_echo(entries, bytes, &echo, words);

	for (entries += length, bytes -= length; bytes > 0; entries += length, bytes -= length) {
		struct planned *m;

		length = wire_read_ack(entries, bytes, &ack, words);
		if (length == 0)
			return;
		m = observe_find(w, header, ack.message, false);
		/* What the receiver never said was not heard, whatever the frame says. */
		if (m != NULL && ack.grant > m->granted)
			m->granted = ack.grant < m->announced ? ack.grant : m->announced;
		if (m != NULL)
			progress_heard(w, m, &ack, words);
	}
}

void observe_in(struct world *w, uint32_t node, const uint8_t *frame, uint32_t bytes)
{
	const struct net_self self = {
	    .mac = {2, 0x4d, 0x52, 1, 0, (uint8_t)node},
	    .udp_port = MR_WIRE_PORT_DEFAULT,
	    .ip = SIM_STATION_IP + node,
	    .mtu = w->config->network.mtu,
	};
	struct net_packet packet;
	struct wire_header header;
	struct wire_shape shape;
	struct wire_data data;
	struct planned *m;

	net_read(&self, frame, bytes, &packet);
	if (packet.kind != NET_UDP ||
	    wire_open(packet.payload, packet.payload_bytes, &header) != WIRE_GOOD)
		return;
	silence_heard(w, node, &header);
	packet.payload += WIRE_HEADER_BYTES;
	packet.payload_bytes -= WIRE_HEADER_BYTES;
	if (header.type == WIRE_ACK)
		acks_in(w, &header, packet.payload, packet.payload_bytes);
	if (header.type != WIRE_DATA ||
	    !wire_read_data(packet.payload, packet.payload_bytes, &data, &shape))
		return;
	m = observe_find(w, &header, data.message, true);
	if (m != NULL)
		credit_arrived(w, m, data.chunk);
}
