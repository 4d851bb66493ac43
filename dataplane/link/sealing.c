/* Frames of the transport into sealed ones, and back: what is around a UDP payload stays. */
#include "sealing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "wire.h"

#define ETHERTYPE 12 /* where fields lie in a frame */
#define IP_FROM 26
#define IP_TO 30
#define PORT_FROM 34
#define PORT_TO 36

_Static_assert(NET_HEAD_BYTES + SEAL_OUTPUT_BYTES_MAX <= TRANSPORT_FRAME_BYTES_MAX,
	       "what the seal sends by itself fits a frame");

struct sealing {
	struct seal *seal;
	struct net_self self;
	uint8_t rooms_out[MR_PORT_BURST][TRANSPORT_FRAME_BYTES_MAX];
	uint8_t rooms_in[MR_PORT_BURST][TRANSPORT_FRAME_BYTES_MAX];
};

int sealing_create(struct sealing **created, const struct link_config *config)
{
	struct sealing *sealing = malloc(sizeof(*sealing)); /* touched as far as frames are long */
	const struct port_abilities *abilities = &config->port->abilities;

	if (sealing == NULL)
		return -ENOMEM;
	sealing->seal = config->seal;
	sealing->self = (struct net_self){
	    .udp_port = config->udp_port,
	    .ip = config->ip,
	    .mtu = abilities->mtu < MR_MTU_MAX ? abilities->mtu : MR_MTU_MAX,
	};
	memcpy(sealing->self.mac, abilities->mac, NET_MAC_BYTES);
	*created = sealing;
	return 0;
}

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static struct net_address address_read(const uint8_t *mac, const uint8_t *ip, const uint8_t *port)
{
	struct net_address address = {.ip = get16(ip) << 16 | get16(ip + 2),
				      .udp_port = (uint16_t)get16(port)};

	memcpy(address.mac, mac, NET_MAC_BYTES);
	return address;
}

/* --- Out ------------------------------------------------------------------------------------- */

static bool frame_is_ip(const struct transport_frame *frame)
{
	return get16(frame->head + ETHERTYPE) == 0x0800;
}

static void frame_to_tx(const struct transport_frame *frame, uint8_t *room, struct seal_tx *tx)
{
	const uint8_t *head = frame->head;
	struct wire_header header;

	memcpy(&header, head + NET_HEAD_BYTES, sizeof(header));
	*tx = (struct seal_tx){
	    .node = header.to_node,
	    .to = address_read(head, head + IP_TO, head + PORT_TO),
	    .in = {{head + NET_HEAD_BYTES, frame->head_bytes - NET_HEAD_BYTES},
		   {frame->body, frame->body_bytes}},
	    .out = room + NET_HEAD_BYTES,
	};
}

static void frame_from_tx(struct transport_frame *frame, uint8_t *room, const struct seal_tx *tx)
{
	memcpy(room, frame->head, NET_HEAD_BYTES);
	net_resize_udp(room, tx->out_bytes);
	*frame =
	    (struct transport_frame){.head = room, .head_bytes = NET_HEAD_BYTES + tx->out_bytes};
}

static uint32_t own_add(struct sealing *sealing, uint64_t now_ns, struct transport_frame *frames,
			uint32_t count)
{
	for (uint32_t i = SEALING_BURST; i < MR_PORT_BURST; i++) {
		uint8_t *room = sealing->rooms_out[i];
		struct net_address to;
		uint32_t bytes = seal_output(sealing->seal, now_ns, room + NET_HEAD_BYTES, &to);

		if (bytes == 0)
			break;
		net_write_udp(room, &sealing->self, &to, bytes);
		frames[count++] =
		    (struct transport_frame){.head = room, .head_bytes = NET_HEAD_BYTES + bytes};
	}
	return count;
}

uint32_t sealing_seal(struct sealing *sealing, uint64_t now_ns, struct transport_frame *frames,
		      uint32_t count)
{
	struct seal_tx tx[MR_PORT_BURST];
	uint32_t n = 0, kept = 0, next = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (frame_is_ip(&frames[i])) {
			frame_to_tx(&frames[i], sealing->rooms_out[n], &tx[n]);
			n++;
		}
	}
	seal_burst(sealing->seal, now_ns, tx, n);
	for (uint32_t i = 0; i < count; i++) {
		struct transport_frame frame = frames[i];

		if (frame_is_ip(&frame)) {
			uint32_t at = next++;

			if (tx[at].out_bytes == 0)
				continue;
			frame_from_tx(&frame, sealing->rooms_out[at], &tx[at]);
		}
		frames[kept++] = frame;
	}
	return own_add(sealing, now_ns, frames, kept);
}

/* --- In -------------------------------------------------------------------------------------- */

static void packet_to_rx(const uint8_t *frame, const struct net_packet *packet, uint8_t *room,
			 struct seal_rx *rx)
{
	*rx = (struct seal_rx){
	    .in = packet->payload,
	    .in_bytes = packet->payload_bytes,
	    .from = address_read(frame + NET_MAC_BYTES, frame + IP_FROM, frame + PORT_FROM),
	    .out = room + NET_HEAD_BYTES,
	};
}

/* A peer speaks for itself only, and in its present life. What is too short to say is left to the
 * transport to refuse. */
static bool identity_good(const struct seal_rx *rx)
{
	struct wire_header header;

	if (rx->out_bytes < sizeof(header))
		return true;
	memcpy(&header, rx->out, sizeof(header));
	return header.from_node == rx->node && header.from_incarnation == rx->incarnation;
}

static bool frame_from_rx(struct sealing *sealing, struct transport_rx *frame, uint8_t *room,
			  const struct seal_rx *rx)
{
	if (rx->out_bytes == 0)
		return false;
	if (!identity_good(rx)) {
		seal_count_identity(sealing->seal);
		return false;
	}
	memcpy(room, frame->data, NET_HEAD_BYTES);
	net_resize_udp(room, rx->out_bytes);
	*frame = (struct transport_rx){.data = room, .bytes = NET_HEAD_BYTES + rx->out_bytes};
	return true;
}

uint32_t sealing_open(struct sealing *sealing, uint64_t now_ns, struct transport_rx *frames,
		      uint32_t count)
{
	struct seal_rx rx[MR_PORT_BURST];
	bool sealed[MR_PORT_BURST];
	uint32_t n = 0, kept = 0, next = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct net_packet packet;

		/* What is not UDP for us, the transport takes (ARP) or counts. */
		net_read(&sealing->self, frames[i].data, frames[i].bytes, &packet);
		sealed[i] = packet.kind == NET_UDP;
		if (sealed[i]) {
			packet_to_rx(frames[i].data, &packet, sealing->rooms_in[n], &rx[n]);
			n++;
		}
	}
	seal_open_burst(sealing->seal, now_ns, rx, n);
	for (uint32_t i = 0; i < count; i++) {
		struct transport_rx frame = frames[i];

		if (sealed[i]) {
			uint32_t at = next++;

			if (!frame_from_rx(sealing, &frame, sealing->rooms_in[at], &rx[at]))
				continue;
		}
		frames[kept++] = frame;
	}
	return kept;
}
