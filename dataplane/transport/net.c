/* Reading and writing of Ethernet, ARP, IPv4 and UDP headers. */
#include "net.h"

#include <string.h>

#define ETHERTYPE_IP 0x0800
#define ETHERTYPE_ARP 0x0806
#define ARP_BYTES 28
#define ARP_REQUEST 1
#define ARP_REPLY 2
#define IP_VERSION_IHL 0x45 /* version 4, five words: no options */
#define IP_ECN_MASK 3
#define IP_ECN_CAPABLE 2 /* ECT(0) */
#define IP_ECN_MARKED 3  /* CE */
#define IP_DONT_FRAGMENT 0x4000
#define IP_TTL 64 /* RFC 1700's default */
#define IP_PROTOCOL_UDP 17

static const uint8_t broadcast[NET_MAC_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* The sum of one's complement does not depend on the order of bytes: it is taken over words as they
 * lie, and is written and compared as it lies (RFC 1071, section 2). */
static uint16_t sum_fold(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static uint16_t ip_sum(const uint8_t *header)
{
	uint32_t words[NET_IP_BYTES / sizeof(uint32_t)];
	uint64_t sum = 0;

	memcpy(words, header, sizeof(words));
	for (uint32_t i = 0; i < NET_IP_BYTES / sizeof(uint32_t); i++)
		sum += words[i];
	return sum_fold(sum);
}

static bool ip_good(const uint8_t *header)
{
	return ip_sum(header) == UINT16_MAX;
}

static enum net_kind read_arp(const uint8_t *arp, uint32_t bytes, struct net_packet *packet)
{
	static const uint8_t ethernet_ip[6] = {0, 1, 8, 0, 6, 4};
	uint16_t operation;

	if (bytes < ARP_BYTES)
		return NET_SHORT;
	operation = get16(arp + 6);
	if (memcmp(arp, ethernet_ip, sizeof(ethernet_ip)) != 0 || (arp[8] & 1) != 0)
		return NET_MALFORMED;
	memcpy(packet->sender_mac, arp + 8, NET_MAC_BYTES);
	packet->sender_ip = get32(arp + 14);
	packet->target_ip = get32(arp + 24);
	if (operation == ARP_REQUEST)
		return NET_ARP_REQUEST;
	return operation == ARP_REPLY ? NET_ARP_REPLY : NET_MALFORMED;
}

static enum net_kind read_udp(const struct net_self *self, const uint8_t *udp, uint32_t bytes,
			      struct net_packet *packet)
{
	if (bytes < NET_UDP_BYTES)
		return NET_MALFORMED;
	if (get16(udp + 2) != self->udp_port)
		return NET_NOT_OURS;
	if (get16(udp + 4) != bytes)
		return NET_MALFORMED;
	packet->payload = udp + NET_UDP_BYTES;
	packet->payload_bytes = bytes - NET_UDP_BYTES;
	return NET_UDP;
}

static enum net_kind read_ip(const struct net_self *self, const uint8_t *ip, uint32_t bytes,
			     struct net_packet *packet)
{
	uint32_t total;

	if (bytes < NET_IP_BYTES)
		return NET_SHORT;
	if (ip[0] != IP_VERSION_IHL)
		return NET_MALFORMED;
	if (!ip_good(ip))
		return NET_BAD_CHECKSUM;
	if (get32(ip + 16) != self->ip || ip[9] != IP_PROTOCOL_UDP)
		return NET_NOT_OURS;
	total = get16(ip + 2);
	if (total < NET_IP_BYTES || total > bytes || total > self->mtu)
		return NET_MALFORMED;
	if ((get16(ip + 6) & (uint16_t)~IP_DONT_FRAGMENT) != 0)
		return NET_MALFORMED;
	packet->marked = (ip[1] & IP_ECN_MASK) == IP_ECN_MARKED;
	return read_udp(self, ip + NET_IP_BYTES, total - NET_IP_BYTES, packet);
}

void net_read(const struct net_self *self, const uint8_t *frame, uint32_t bytes,
	      struct net_packet *packet)
{
	const uint8_t *body = frame + NET_ETHERNET_BYTES;
	bool ours;

	if (bytes < NET_ETHERNET_BYTES) {
		packet->kind = NET_SHORT;
		return;
	}
	ours = memcmp(frame, self->mac, NET_MAC_BYTES) == 0;
	bytes -= NET_ETHERNET_BYTES;
	packet->kind = NET_NOT_OURS;
	switch (get16(frame + 12)) {
	case ETHERTYPE_IP:
		if (ours)
			packet->kind = read_ip(self, body, bytes, packet);
		break;
	case ETHERTYPE_ARP:
		if (ours || memcmp(frame, broadcast, NET_MAC_BYTES) == 0)
			packet->kind = read_arp(body, bytes, packet);
		break;
	}
}

static void write_ethernet(uint8_t *frame, const struct net_self *self, const uint8_t *to,
			   uint16_t type)
{
	memcpy(frame, to, NET_MAC_BYTES);
	memcpy(frame + NET_MAC_BYTES, self->mac, NET_MAC_BYTES);
	put16(frame + 12, type);
}

void net_route_init(struct net_route *route, const struct net_self *self,
		    const struct net_address *to)
{
	uint8_t *ip = route->head + NET_ETHERNET_BYTES;
	uint8_t *udp = ip + NET_IP_BYTES;

	memset(route->head, 0, sizeof(route->head));
	write_ethernet(route->head, self, to->mac, ETHERTYPE_IP);
	ip[0] = IP_VERSION_IHL;
	ip[1] = IP_ECN_CAPABLE;
	/* Identification 0: means nothing in what is never fragmented, RFC 6864. */
	put16(ip + 6, IP_DONT_FRAGMENT);
	ip[8] = IP_TTL;
	ip[9] = IP_PROTOCOL_UDP;
	put32(ip + 12, self->ip);
	put32(ip + 16, to->ip);
	put16(udp, self->udp_port);
	put16(udp + 2, to->udp_port);
	route->ip_sum = ip_sum(ip);
}

/* The length of an IP packet, and a sum of its header that does not have it yet. */
static void write_lengths(uint8_t *ip, uint32_t bytes, uint16_t sum)
{
	uint16_t length;

	put16(ip + 2, bytes);
	memcpy(&length, ip + 2, sizeof(length));
	sum = (uint16_t)~sum_fold((uint64_t)sum + length);
	memcpy(ip + 10, &sum, sizeof(sum));
	put16(ip + NET_IP_BYTES + 4, bytes - NET_IP_BYTES);
}

void net_write_route(uint8_t *head, const struct net_route *route, uint32_t payload_bytes)
{
	memcpy(head, route->head, NET_HEAD_BYTES);
	write_lengths(head + NET_ETHERNET_BYTES, NET_IP_BYTES + NET_UDP_BYTES + payload_bytes,
		      route->ip_sum);
}

void net_write_udp(uint8_t *head, const struct net_self *self, const struct net_address *to,
		   uint32_t payload_bytes)
{
	struct net_route route;

	net_route_init(&route, self, to);
	net_write_route(head, &route, payload_bytes);
}

static void write_arp(uint8_t *frame, const struct net_self *self, uint16_t operation,
		      const uint8_t *to_mac, uint32_t to_ip)
{
	static const uint8_t ethernet_ip[6] = {0, 1, 8, 0, 6, 4};
	uint8_t *arp = frame + NET_ETHERNET_BYTES;

	memset(frame, 0, NET_ARP_FRAME_BYTES);
	write_ethernet(frame, self, to_mac, ETHERTYPE_ARP);
	memcpy(arp, ethernet_ip, sizeof(ethernet_ip));
	put16(arp + 6, operation);
	memcpy(arp + 8, self->mac, NET_MAC_BYTES);
	put32(arp + 14, self->ip);
	if (operation == ARP_REPLY)
		memcpy(arp + 18, to_mac, NET_MAC_BYTES);
	put32(arp + 24, to_ip);
}

void net_write_arp_request(uint8_t *frame, const struct net_self *self, uint32_t ip)
{
	write_arp(frame, self, ARP_REQUEST, broadcast, ip);
}

void net_write_arp_reply(uint8_t *frame, const struct net_self *self,
			 const uint8_t mac[NET_MAC_BYTES], uint32_t ip)
{
	write_arp(frame, self, ARP_REPLY, mac, ip);
}

void net_resize_udp(uint8_t *head, uint32_t payload_bytes)
{
	uint8_t *ip = head + NET_ETHERNET_BYTES;

	put16(ip + 2, 0);
	put16(ip + 10, 0);
	write_lengths(ip, NET_IP_BYTES + NET_UDP_BYTES + payload_bytes, ip_sum(ip));
}
