/* An observer at the wire: nothing unasked is sent, and credit stays within its bound. */
#include <string.h>

#include "net.h"
#include "world_state.h"

static struct planned *by_wire(struct world *w, uint32_t from, uint32_t to, uint64_t incarnation,
			       uint32_t session, uint64_t id)
{
	for (uint32_t i = 0; i < w->message_count; i++) {
		struct planned *m = &w->messages[i];

		if (m->from == from && m->to == to && m->wire_incarnation == incarnation &&
		    m->wire_session == session && m->wire_id == id)
			return m;
	}
	return NULL;
}

static void observe_data(struct world *w, const struct wire_header *header, const uint8_t *body,
			 uint32_t bytes)
{
	struct wire_shape shape;
	struct wire_data data;
	struct planned *m;

	if (!wire_read_data(body, bytes, &data, &shape)) {
		world_violation(w, "node %u sent malformed data", header->from_node);
		return;
	}
	if (data.chunk == 0) {
		uint32_t index;

		memcpy(&index, body + WIRE_DATA_BYTES, sizeof(index));
		w->messages[index].chunk_bytes = data.chunk_bytes;
		w->messages[index].unscheduled = data.unscheduled;
		w->messages[index].wire_id = data.message;
		w->messages[index].wire_session = header->session;
		w->messages[index].wire_incarnation = header->from_incarnation;
	}
	m = by_wire(w, header->from_node, header->to_node, header->from_incarnation,
		    header->session, data.message);
	if (m == NULL)
		return;
	if (data.chunk >= shape.unscheduled && (!m->accepted || data.chunk >= m->granted))
		world_violation(w, "message %ld: chunk %u sent without credit", m - w->messages,
				data.chunk);
}

static void observe_ack(struct world *w, const struct wire_header *header, const uint8_t *entries,
			uint32_t bytes)
{
	uint64_t words[WIRE_ACK_WORDS_MAX];
	struct wire_shape shape;
	struct wire_echo echo;
	struct wire_ack ack;
	uint32_t length;

	length = wire_read_echo(entries, bytes, &echo, words);
	if (length == 0 || echo.session != header->session) {
		world_violation(w, "node %u sent a malformed echo", header->from_node);
		return;
	}
	entries += length;
	bytes -= length;
	for (; bytes > 0; entries += length, bytes -= length) {
		struct planned *m;
		uint64_t outstanding;

		length = wire_read_ack(entries, bytes, &ack, words);
		if (length == 0) {
			world_violation(w, "node %u sent a malformed ACK", header->from_node);
			return;
		}
		m = by_wire(w, header->to_node, header->from_node, header->to_incarnation,
			    header->session, ack.message);
		if (m == NULL)
			continue;
		wire_shape_init(&shape, m->body_bytes, m->head_bytes, m->chunk_bytes);
		shape.unscheduled = m->unscheduled;
		if (ack.grant > m->granted)
			m->granted = ack.grant;
		m->credit_bytes = 0;
		if (ack.state != WIRE_ACCEPTED || ack.grant <= shape.unscheduled)
			continue;
		outstanding = ack.cumulative > ack.grant ? 0 : ack.grant - ack.cumulative;
		if (ack.cumulative < shape.unscheduled)
			outstanding = ack.grant - shape.unscheduled;
		for (uint32_t i = 0; i < ack.words * 64u; i++)
			outstanding -= (words[i / 64] >> i % 64 & 1) != 0 &&
				       ack.cumulative / 64 * 64 + i >= shape.unscheduled;
		m->credit_bytes = outstanding * shape.chunk_bytes;
	}
}

void observe_frame(struct world *w, uint32_t node, const uint8_t *frame, uint32_t bytes)
{
	const uint8_t *packet = frame + NET_HEAD_BYTES;
	struct wire_header header;

	if (frame[12] != 8 || frame[13] != 0)
		return; /* ARP */
	if (wire_open(packet, bytes - NET_HEAD_BYTES, &header) != WIRE_GOOD ||
	    header.from_node != node) {
		world_violation(w, "node %u sent a bad packet", node);
		return;
	}
	packet += WIRE_HEADER_BYTES;
	bytes -= NET_HEAD_BYTES + WIRE_HEADER_BYTES;
	if (header.type == WIRE_DATA)
		observe_data(w, &header, packet, bytes);
	else if (header.type == WIRE_ACK)
		observe_ack(w, &header, packet, bytes);
}

void observe_credit(struct world *w, uint32_t node)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < w->message_count; i++)
		if (w->messages[i].to == node)
			bytes += w->messages[i].credit_bytes;
	if (bytes > MR_CREDIT_BYTES)
		world_violation(w, "node %u has granted %lu bytes", node, bytes);
}
