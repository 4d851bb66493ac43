/* Frames out: which packet goes next, and its headers. */
#include <string.h>

#include "state.h"

static uint8_t *header_write(struct peer *peer, enum wire_type type, uint32_t session,
			     uint32_t packet, uint8_t *head)
{
	struct transport *t = peer->transport;
	struct wire_header header = {
	    .magic = WIRE_MAGIC,
	    .version = WIRE_VERSION,
	    .type = (uint8_t)type,
	    .from_node = (uint16_t)t->config.node,
	    .to_node = (uint16_t)peer->node,
	    .from_incarnation = t->config.incarnation,
	    .to_incarnation = peer->incarnation,
	    .session = session,
	    .packet = packet,
	};

	if (type == WIRE_ACK)
		header.marks = (uint16_t)peer->in_marks;
	if (type == WIRE_HELLO)
		header.to_incarnation = 0;
	else if (type == WIRE_WELCOME)
		header.to_incarnation = peer->welcome_to;
	memcpy(head + NET_HEAD_BYTES, &header, sizeof(header));
	return head + NET_HEAD_BYTES + sizeof(header);
}

/* With the headers above UDP in place: the rest of the frame's head, and the CRC. */
static void frame_finish(struct peer *peer, const uint8_t *head_end, struct transport_frame *frame)
{
	uint8_t *packet = frame->head + NET_HEAD_BYTES;
	uint32_t bytes = (uint32_t)(head_end - packet);

	wire_seal(packet, bytes, frame->body, frame->body_bytes);
	net_write_udp(frame->head, &peer->transport->self, &peer->address,
		      bytes + frame->body_bytes);
	frame->head_bytes = NET_HEAD_BYTES + bytes;
}

void output_data(struct peer *peer, const struct wire_data *data, const uint8_t *head,
		 uint32_t packet, struct transport_frame *frame)
{
	uint8_t *p = header_write(peer, WIRE_DATA, peer->out_session, packet, frame->head);

	memcpy(p, data, sizeof(*data));
	p += sizeof(*data);
	if (data->chunk == 0) {
		memcpy(p, head, data->head_bytes);
		p += data->head_bytes;
	}
	frame_finish(peer, p, frame);
}

/* What a HELLO or its answer tells, and zeros behind up to an IP packet of so many bytes. */
static uint8_t *hello_write(struct peer *peer, uint8_t *p, uint32_t echo_bytes, uint32_t pad_bytes)
{
	const struct transport_config *config = &peer->transport->config;
	struct wire_hello hello = {
	    .session = peer->out_session,
	    .mtu = (uint16_t)config->mtu,
	    .path_bytes = (uint16_t)echo_bytes,
	    .sleep_us = config->sleep_us,
	};
	uint32_t bytes = NET_IP_BYTES + NET_UDP_BYTES + WIRE_HEADER_BYTES + WIRE_HELLO_BYTES;

	memcpy(p, &hello, sizeof(hello));
	p += sizeof(hello);
	if (pad_bytes <= bytes)
		return p;
	memset(p, 0, pad_bytes - bytes);
	return p + pad_bytes - bytes;
}

static uint32_t hello_output(struct peer *peer, uint8_t *body)
{
	bool more;
	uint32_t bytes = path_hello(peer, &more);

	if (!more)
		peer->control &= (uint8_t)~CONTROL_HELLO;
	return (uint32_t)(hello_write(peer, body, 0, bytes) - body);
}

static uint32_t welcome_output(struct peer *peer, uint8_t *body)
{
	uint32_t echo_bytes = peer->welcome_path_bytes;

	peer->control &= (uint8_t)~CONTROL_WELCOME;
	peer->welcome_path_bytes = 0;
	if (echo_bytes == 0)
		return 0; /* never longer than what it answers */
	return (uint32_t)(hello_write(peer, body, echo_bytes, 0) - body);
}

static void output_control(struct peer *peer, struct transport_frame *frame)
{
	uint8_t *entries = frame->head + NET_HEAD_BYTES + WIRE_HEADER_BYTES;
	uint32_t bytes = 0;

	if (peer->control & CONTROL_HELLO) {
		bytes = hello_output(peer, entries);
		header_write(peer, WIRE_HELLO, 0, 0, frame->head);
	} else if (peer->control & CONTROL_WELCOME) {
		bytes = welcome_output(peer, entries);
		header_write(peer, WIRE_WELCOME, 0, 0, frame->head);
	} else if (peer->control & CONTROL_RESET) {
		peer->control &= (uint8_t)~CONTROL_RESET;
		header_write(peer, WIRE_RESET, peer->reset_session, 0, frame->head);
	} else if (peer->control & CONTROL_ACK) {
		bytes = acknowledge_output(peer, entries, WIRE_CONTROL_BYTES_MAX);
		header_write(peer, WIRE_ACK, peer->in_session, peer->in_packet_told, frame->head);
	} else {
		bytes = send_probe(peer, entries, WIRE_CONTROL_BYTES_MAX);
		header_write(peer, WIRE_PROBE, peer->out_session, 0, frame->head);
	}
	frame_finish(peer, entries + bytes, frame);
}

static bool output_one(struct transport *t, struct transport_frame *frame)
{
	struct peer *peer;

	frame->body = NULL;
	frame->body_bytes = 0;
	frame->owner = NULL;
	if (hop_output(t, frame))
		return true;
	peer = TAILQ_FIRST(&t->active);
	if (peer == NULL)
		return false;
	if (peer->control != 0)
		output_control(peer, frame);
	else
		send_output(peer, frame);
	TAILQ_REMOVE(&t->active, peer, link);
	peer->active = false;
	peer_update(peer);
	return true;
}

uint32_t transport_output(struct transport *t, uint64_t now_ns, struct transport_frame *frames,
			  uint32_t max)
{
	uint32_t count = 0;

	t->now_ns = now_ns;
	while (count < max && output_one(t, &frames[count]))
		count++;
	t->counters.frames_out += count;
	return count;
}

bool transport_output_pending(const struct transport *t)
{
	return t->arp_answer_count > 0 || t->hops_due > 0 || !TAILQ_EMPTY(&t->active);
}
