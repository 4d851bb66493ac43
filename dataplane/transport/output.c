/* Frames out: whose turn it is, and the headers of packets. */
#include <string.h>

#include "calls.h"
#include "crc32c.h"

static uint16_t data_flags(const struct transport *t)
{
	return t->config.payload_checksum ? WIRE_PAYLOAD_CHECKED : 0;
}

static void header_write(struct peer *peer, enum wire_type type, uint32_t session, uint32_t packet,
			 uint8_t *at)
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

	if (type == WIRE_HELLO && !peer->contact)
		header.to_incarnation = 0;
	else if (type == WIRE_WELCOME)
		header.to_incarnation = peer->welcome_to;
	else if (type == WIRE_DATA)
		header.flags = data_flags(t);
	memcpy(at, &header, sizeof(header));
}

/* --- Data: runs of packets whose headers differ in little ------------------------------------ */

#define CONSTANT_BYTES offsetof(struct wire_header, session) /* of a run's wire headers */

void output_run(struct data_run *run, const struct out_message *message)
{
	*run = (struct data_run){
	    .message = message,
	    .flags = data_flags(message->peer->transport),
	    .data =
		{
		    .message = message->id,
		    .body_bytes = message->shape.body_bytes,
		    .chunk_bytes = (uint16_t)message->shape.chunk_bytes,
		    .unscheduled = (uint16_t)message->shape.unscheduled,
		    .flow_seq = message->flow_seq,
		    .flow = (uint16_t)message->flow,
		    .head_bytes = (uint16_t)message->shape.head_bytes,
		},
	};
}

/* The first packet of a run is what the next ones copy. */
static void run_headers(struct data_run *run, uint8_t *head, uint32_t payload_bytes)
{
	struct peer *peer = run->message->peer;

	if (run->headers == NULL) {
		header_write(peer, WIRE_DATA, peer->out_session, 0, head + NET_HEAD_BYTES);
		run->crc = crc32c(0, head + NET_HEAD_BYTES, CONSTANT_BYTES);
	} else {
		memcpy(head, run->headers, NET_HEAD_BYTES + WIRE_HEADER_BYTES);
	}
	if (run->headers == NULL || run->payload_bytes != payload_bytes)
		net_write_route(head, &peer->route, payload_bytes);
	run->headers = head;
	run->payload_bytes = payload_bytes;
}

/* The CRC of the part that all packets of the run share, but for what this one asks. */
static uint32_t run_flags(const struct data_run *run, uint8_t *wire, bool asks)
{
	uint16_t flags = run->flags | (asks ? WIRE_ANSWER : 0);
	uint32_t crc = 0;

	memcpy(wire + offsetof(struct wire_header, flags), &flags, sizeof(flags));
	if (!asks)
		return run->crc;
	memcpy(wire + offsetof(struct wire_header, crc), &crc, sizeof(crc));
	return crc32c(0, wire, CONSTANT_BYTES);
}

void output_data(struct data_run *run, uint32_t packet, bool asks, struct transport_frame *frame)
{
	uint8_t *wire = frame->head + NET_HEAD_BYTES;
	uint32_t bytes = WIRE_HEADER_BYTES + WIRE_DATA_BYTES;
	uint32_t crc;

	if (run->data.chunk == 0)
		bytes += run->data.head_bytes;
	run_headers(run, frame->head, bytes + frame->body_bytes);
	crc = run_flags(run, wire, asks);
	memcpy(wire + offsetof(struct wire_header, packet), &packet, sizeof(packet));
	memcpy(wire + WIRE_HEADER_BYTES, &run->data, WIRE_DATA_BYTES);
	if (run->data.chunk == 0)
		memcpy(wire + WIRE_HEADER_BYTES + WIRE_DATA_BYTES, run->message->head,
		       run->data.head_bytes);
	crc = crc32c(crc, wire + CONSTANT_BYTES, bytes - CONSTANT_BYTES);
	if (run->message->peer->transport->config.payload_checksum)
		crc = crc32c(crc, frame->body, frame->body_bytes);
	memcpy(wire + offsetof(struct wire_header, crc), &crc, sizeof(crc));
	frame->head_bytes = NET_HEAD_BYTES + bytes;
}

/* --- Control --------------------------------------------------------------------------------- */

void output_packet(struct peer *peer, enum wire_type type, uint32_t session, uint32_t packet,
		   uint32_t bytes, struct transport_frame *frame)
{
	uint8_t *wire = frame->head + NET_HEAD_BYTES;

	bytes += WIRE_HEADER_BYTES;
	header_write(peer, type, session, packet, wire);
	wire_seal(wire, bytes, NULL, 0);
	net_write_route(frame->head, &peer->route, bytes);
	frame->head_bytes = NET_HEAD_BYTES + bytes;
	frame->body = NULL;
	frame->body_bytes = 0;
	frame->owner = NULL;
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
	uint8_t *body = frame->head + NET_HEAD_BYTES + WIRE_HEADER_BYTES;
	uint32_t bytes;

	if (peer->control & CONTROL_HELLO) {
		bytes = hello_output(peer, body);
		output_packet(peer, WIRE_HELLO, 0, 0, bytes, frame);
	} else if (peer->control & CONTROL_WELCOME) {
		bytes = welcome_output(peer, body);
		output_packet(peer, WIRE_WELCOME, 0, 0, bytes, frame);
	} else if (peer->control & CONTROL_RESET) {
		peer->control &= (uint8_t)~CONTROL_RESET;
		output_packet(peer, WIRE_RESET, peer->reset_session, 0, 0, frame);
	} else if (peer->control & CONTROL_ACK) {
		bytes = acknowledge_output(peer, body, WIRE_CONTROL_BYTES_MAX);
		output_packet(peer, WIRE_ACK, peer->in_session, peer->in_packet_told, bytes, frame);
	} else {
		bytes = send_probe(peer, body, WIRE_CONTROL_BYTES_MAX);
		output_packet(peer, WIRE_PROBE, peer->out_session, 0, bytes, frame);
	}
}

/* --- Turns ----------------------------------------------------------------------------------- */

/* Small messages bring an answer along that is due, if no more than the echo is. */
static bool answer_rides(const struct peer *peer)
{
	return peer->control == CONTROL_ACK && peer->ack_count == 0;
}

static uint32_t lane_turn(struct peer *peer, struct transport_frame *frames, uint32_t max)
{
	uint32_t count = 0;

	while (count < max && lane_ready(peer))
		lane_output(peer, &frames[count++]);
	return count;
}

static uint32_t output_turn(struct peer *peer, struct transport_frame *frames, uint32_t max)
{
	bool lane = lane_ready(peer);
	uint32_t count;

	if (peer->control != 0 && !(lane && answer_rides(peer))) {
		output_control(peer, frames);
		return 1;
	}
	count = lane ? lane_turn(peer, frames, max) : chunks_output(peer, frames, max);
	flight_arm(peer);
	return count;
}

static bool hops_due(const struct transport *t)
{
	return t->arp_answer_count > 0 || t->hops_due > 0;
}

/* Frames of what is not a message's. */
static uint32_t hops_output(struct transport *t, struct transport_frame *frames, uint32_t max)
{
	uint32_t count = 0;

	while (count < max && hop_output(t, &frames[count])) {
		frames[count].body = NULL;
		frames[count].body_bytes = 0;
		frames[count++].owner = NULL;
	}
	return count;
}

uint32_t transport_output(struct transport *t, uint64_t now_ns, struct transport_frame *frames,
			  uint32_t max)
{
	struct peer *peer;
	uint32_t count = 0;

	t->now_ns = now_ns;
	/* It may make room. */
	if (t->late_peer != NULL && !flight_room(t->late_peer))
		answer_echo_now(t);
	if (hops_due(t))
		count = hops_output(t, frames, max);
	while (count < max && (peer = TAILQ_FIRST(&t->active)) != NULL) {
		count += output_turn(peer, frames + count, max - count);
		peer_rotate(peer);
	}
	t->counters.frames_out += count;
	return count;
}

void transport_output_end(struct transport *t)
{
	answer_late(t);
}

bool transport_output_pending(const struct transport *t)
{
	return hops_due(t) || !TAILQ_EMPTY(&t->active);
}
