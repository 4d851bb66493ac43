/*
 * Frames in: what is ours is checked, and goes where its type says.
 *
 * A burst is taken as one: chunks of one message in a row are accounted for together (landing.c),
 * and a peer's place among those that have something to send is found when its packets end.
 */
#include "calls.h"

#define PREFETCH_FRAMES 4 /* ahead: a copy of a payload hides some misses */

static void dispatch(struct peer *peer, const struct wire_header *header, const uint8_t *body,
		     uint32_t bytes)
{
	switch (header->type) {
	case WIRE_DATA:
		receive_data(peer, header, body, bytes);
		break;
	case WIRE_WELCOME:
		peer_welcomed(peer, body, bytes);
		break;
	case WIRE_ACK:
		answer_ack(peer, body, bytes);
		break;
	case WIRE_SMALL:
		lane_input(peer, header, body, bytes);
		break;
	case WIRE_PROBE:
		receive_probe(peer, header, body, bytes);
		break;
	case WIRE_RESET:
		if (header->session == peer->out_session)
			send_fail_all(peer, TRANSPORT_GIVEN_UP);
		break;
	default:
		peer->transport->counters.drop_malformed++;
	}
}

static bool header_open(struct transport *t, const struct net_packet *packet,
			struct wire_header *header)
{
	switch (wire_open(packet->payload, packet->payload_bytes, header)) {
	case WIRE_GOOD:
		return true;
	case WIRE_SHORT:
		t->counters.drop_short++;
		break;
	case WIRE_MALFORMED:
		t->counters.drop_malformed++;
		break;
	case WIRE_BAD_VERSION:
		t->counters.drop_version++;
		break;
	case WIRE_BAD_CHECKSUM:
		t->counters.drop_checksum++;
		break;
	}
	return false;
}

static void peer_touch(struct transport *t, struct peer *peer)
{
	if (t->touched == peer)
		return;
	if (t->touched != NULL)
		peer_update(t->touched);
	t->touched = peer;
}

static void packet_input(struct transport *t, const struct net_packet *packet)
{
	const uint8_t *body = packet->payload + WIRE_HEADER_BYTES;
	uint32_t bytes = packet->payload_bytes - WIRE_HEADER_BYTES;
	struct wire_header header;
	struct peer *peer;

	if (!header_open(t, packet, &header))
		return;
	if (header.to_node != t->config.node) {
		t->counters.drop_not_ours++;
		return;
	}
	if (!peer_known(t, header.from_node) || header.from_incarnation == 0) {
		t->counters.drop_unknown_peer++;
		return;
	}
	peer = &t->peers[header.from_node];
	peer_touch(t, peer);
	t->marked = packet->marked;
	/* What else there is may end messages. */
	if (header.type != WIRE_DATA || header.from_incarnation != peer->incarnation)
		landing_flush(t);
	if (header.type != WIRE_SMALL || header.from_incarnation != peer->incarnation)
		answer_late(t);
	if (header.type == WIRE_HELLO && header.from_incarnation >= peer->incarnation) {
		if (header.to_incarnation == t->config.incarnation)
			peer_recognise(peer, &header);
		peer_asked(peer, &header, body, bytes);
	} else if (peer_recognise(peer, &header)) {
		dispatch(peer, &header, body, bytes);
	}
}

static void frame_input(struct transport *t, const struct transport_rx *frame)
{
	struct net_packet packet;

	net_read(&t->self, frame->data, frame->bytes, &packet);
	switch (packet.kind) {
	case NET_UDP:
		packet_input(t, &packet);
		break;
	case NET_ARP_REQUEST:
	case NET_ARP_REPLY:
		hop_arp(t, &packet);
		break;
	case NET_SHORT:
		t->counters.drop_short++;
		break;
	case NET_NOT_OURS:
		t->counters.drop_not_ours++;
		break;
	case NET_MALFORMED:
		t->counters.drop_malformed++;
		break;
	case NET_BAD_CHECKSUM:
		t->counters.drop_checksum++;
		break;
	}
}

static void frame_prefetch(const struct transport_rx *frame)
{
	__builtin_prefetch(frame->data);
	__builtin_prefetch(frame->data + 64);
}

uint32_t transport_input(struct transport *t, uint64_t now_ns, const struct transport_rx *frames,
			 uint32_t count)
{
	uint32_t taken = 0;

	transport_input_end(t);
	answer_late(t); /* by the time it came at */
	t->now_ns = now_ns;
	if (count == 0) {
		t->empty_ns = now_ns;
		return 0;
	}
	t->waited_ns = t->empty_ns == 0 ? 0 : now_ns - t->empty_ns;
	t->offered = false;
	for (uint32_t i = 0; i < count && i < PREFETCH_FRAMES; i++)
		frame_prefetch(&frames[i]);
	while (taken < count && !t->offered && !transport_input_full(t)) {
		if (taken + PREFETCH_FRAMES < count)
			frame_prefetch(&frames[taken + PREFETCH_FRAMES]);
		frame_input(t, &frames[taken++]);
	}
	t->counters.frames_in += taken;
	landing_flush(t);
	peer_touch(t, NULL);
	return taken;
}

bool transport_input_full(const struct transport *t)
{
	return t->inbox_bytes >= MR_INBOX_BYTES || t->inbox_count == MR_INBOX_PACKETS;
}

void transport_input_end(struct transport *t)
{
	offer_keep(t);
	if (t->inbox_count > 0)
		lane_drop(t);
}
