/*
 * Ethernet, ARP, IPv4 and UDP: reading and writing their headers. Pure; no state.
 *
 * Sources: RFC 826 (ARP), RFC 791 and 1071 (IPv4 and its checksum), RFC 768 (UDP),
 * RFC 3168 (ECN).
 */
#ifndef NET_H
#define NET_H

#include <stdbool.h>
#include <stdint.h>

#define NET_MAC_BYTES 6
#define NET_ETHERNET_BYTES 14
#define NET_IP_BYTES 20
#define NET_UDP_BYTES 8
#define NET_HEAD_BYTES (NET_ETHERNET_BYTES + NET_IP_BYTES + NET_UDP_BYTES)
#define NET_ARP_FRAME_BYTES 60 /* Ethernet's least, padding included, frame check not */

struct net_self {
	uint8_t mac[NET_MAC_BYTES];
	uint16_t udp_port;
	uint32_t ip;
	uint32_t mtu; /* bytes of an IP packet */
};

enum net_kind {
	NET_UDP, /* for us: payload is set */
	NET_ARP_REQUEST,
	NET_ARP_REPLY,
	NET_SHORT,
	NET_NOT_OURS, /* other MAC, IP, port or protocol */
	NET_MALFORMED,
	NET_BAD_CHECKSUM,
};

struct net_packet {
	enum net_kind kind;
	const uint8_t *payload; /* UDP */
	uint32_t payload_bytes;
	bool marked;                       /* UDP: congestion experienced, RFC 3168 */
	uint8_t sender_mac[NET_MAC_BYTES]; /* ARP */
	uint32_t sender_ip;
	uint32_t target_ip;
};

/* Reads one frame. Fragments, IP options and packets above the MTU are malformed. */
void net_read(const struct net_self *self, const uint8_t *frame, uint32_t bytes,
	      struct net_packet *packet);

struct net_address {
	uint8_t mac[NET_MAC_BYTES];
	uint16_t udp_port;
	uint32_t ip;
};

/* The headers of all packets to an address: only their lengths differ. */
struct net_route {
	uint8_t head[NET_HEAD_BYTES]; /* lengths and checksum are 0 */
	uint16_t ip_sum;              /* of the IP header then, before it is inverted */
};

void net_route_init(struct net_route *route, const struct net_self *self,
		    const struct net_address *to);
/* Writes NET_HEAD_BYTES in front of payload_bytes of UDP payload; UDP checksum 0: none. */
void net_write_route(uint8_t *head, const struct net_route *route, uint32_t payload_bytes);
/* The same to an address that is written to once. */
void net_write_udp(uint8_t *head, const struct net_self *self, const struct net_address *to,
		   uint32_t payload_bytes);
/* Makes the headers at head those of another length of payload; all else in them stays. */
void net_resize_udp(uint8_t *head, uint32_t payload_bytes);
/* Write NET_ARP_FRAME_BYTES: a broadcast question for ip, an answer to who asked. */
void net_write_arp_request(uint8_t *frame, const struct net_self *self, uint32_t ip);
void net_write_arp_reply(uint8_t *frame, const struct net_self *self,
			 const uint8_t mac[NET_MAC_BYTES], uint32_t ip);

#endif
