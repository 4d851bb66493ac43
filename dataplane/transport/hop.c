/*
 * Next hops: the Ethernet addresses of peers on our link, or of the gateway, found by ARP.
 *
 * Nothing waits here but a note that an answer is wanted: packets are made when they can be sent.
 * A hop that is wanted is asked for again after MR_ARP_RETRY_MS_FIRST, then after twice as long
 * each time up to MR_ARP_RETRY_MS, until it answers or the peer timeout has passed. One that is
 * known is asked for again after MR_ARP_LIFETIME_MS, or when retransmissions go unanswered (ARP has
 * no checksum: what it told may be wrong), and used meanwhile.
 */
#include <errno.h>
#include <string.h>

#include "calls.h"

static struct hop *hop_lookup(struct transport *t, uint32_t ip)
{
	for (uint32_t i = 0; i < MR_NODES_MAX; i++)
		if (t->hops[i].used && t->hops[i].ip == ip)
			return &t->hops[i];
	return NULL;
}

static bool hop_in_use(const struct transport *t, const struct hop *hop)
{
	for (uint32_t i = 0; i < MR_NODES_MAX; i++)
		if (peer_known(t, i) && t->peers[i].hop == hop)
			return true;
	return false;
}

static void hop_release(struct transport *t, struct hop *hop)
{
	timer_cancel(&t->timers, &hop->retry);
	t->hops_due -= hop->request_due;
	memset(hop, 0, sizeof(*hop));
}

int hop_find(struct transport *t, uint32_t ip, struct hop **hop)
{
	uint32_t mask = t->config.prefix_len == 0 ? 0 : UINT32_MAX << (32 - t->config.prefix_len);
	uint32_t next = ((ip ^ t->config.ip) & mask) == 0 ? ip : t->config.gateway;

	if (next == 0)
		return -EINVAL;
	*hop = hop_lookup(t, next);
	if (*hop != NULL)
		return 0;
	for (uint32_t i = 0; i < MR_NODES_MAX; i++) {
		struct hop *candidate = &t->hops[i];

		if (candidate->used && hop_in_use(t, candidate))
			continue;
		if (candidate->used)
			hop_release(t, candidate);
		*candidate = (struct hop){.used = true, .ip = next};
		timer_init(&candidate->retry, TIMER_HOP);
		*hop = candidate;
		return 0;
	}
	return -ENOSPC;
}

static uint64_t give_up_ns(const struct transport *t, const struct hop *hop)
{
	return hop->asked_ns + t->config.peer_timeout_ms * NS_PER_MS;
}

static void hop_request(struct transport *t, struct hop *hop)
{
	if (!hop->request_due) {
		hop->request_due = true;
		t->hops_due++;
	}
	if (hop->retry_ms == 0) {
		hop->retry_ms = MR_ARP_RETRY_MS_FIRST;
		hop->asked_ns = t->now_ns;
	}
	timer_set(&t->timers, &hop->retry,
		  min_u64(t->now_ns + hop->retry_ms * NS_PER_MS, give_up_ns(t, hop)));
	hop->retry_ms = (uint32_t)min_u64(2 * hop->retry_ms, MR_ARP_RETRY_MS);
}

void hop_ask(struct transport *t, struct hop *hop)
{
	if (!timer_is_set(&hop->retry))
		hop_request(t, hop);
}

void hop_suspect(struct transport *t, struct hop *hop)
{
	hop->expires_ns = 0;
	hop_want(t, hop);
}

void hop_timer(struct transport *t, struct hop *hop)
{
	if (t->now_ns < give_up_ns(t, hop)) {
		hop_request(t, hop);
		return;
	}
	hop->retry_ms = 0;
	if (hop->resolved) {
		hop->expires_ns = t->now_ns + MR_ARP_LIFETIME_MS * NS_PER_MS;
		return;
	}
	for (uint32_t i = 0; i < MR_NODES_MAX; i++)
		if (peer_known(t, i) && t->peers[i].hop == hop)
			peer_no_hop(&t->peers[i]);
}

static void hop_learn(struct transport *t, struct hop *hop, const uint8_t *mac)
{
	memcpy(hop->mac, mac, NET_MAC_BYTES);
	hop->resolved = true;
	hop->retry_ms = 0;
	hop->expires_ns = t->now_ns + MR_ARP_LIFETIME_MS * NS_PER_MS;
	if (hop->request_due) {
		hop->request_due = false;
		t->hops_due--;
	}
	timer_cancel(&t->timers, &hop->retry);
	for (uint32_t i = 0; i < MR_NODES_MAX; i++) {
		if (!peer_known(t, i) || t->peers[i].hop != hop)
			continue;
		peer_route(&t->peers[i]);
		peer_update(&t->peers[i]);
	}
}

void hop_arp(struct transport *t, const struct net_packet *packet)
{
	struct hop *hop = hop_lookup(t, packet->sender_ip);

	t->counters.arp_in++;
	if (hop != NULL)
		hop_learn(t, hop, packet->sender_mac);
	if (packet->kind != NET_ARP_REQUEST || packet->target_ip != t->self.ip)
		return;
	if (t->arp_answer_count == MR_ARP_REPLIES_MAX) {
		t->counters.drop_no_room++;
		return;
	}
	struct arp_answer *answer = &t->arp_answers[t->arp_answer_count++];

	memcpy(answer->mac, packet->sender_mac, NET_MAC_BYTES);
	answer->ip = packet->sender_ip;
}

static bool hop_output_request(struct transport *t, struct transport_frame *frame)
{
	for (uint32_t i = 0; t->hops_due > 0 && i < MR_NODES_MAX; i++) {
		struct hop *hop = &t->hops[i];

		if (!hop->request_due)
			continue;
		hop->request_due = false;
		t->hops_due--;
		net_write_arp_request(frame->head, &t->self, hop->ip);
		return true;
	}
	return false;
}

bool hop_output(struct transport *t, struct transport_frame *frame)
{
	if (t->arp_answer_count > 0) {
		const struct arp_answer *answer = &t->arp_answers[--t->arp_answer_count];

		net_write_arp_reply(frame->head, &t->self, answer->mac, answer->ip);
	} else if (!hop_output_request(t, frame)) {
		return false;
	}
	frame->head_bytes = NET_ARP_FRAME_BYTES;
	t->counters.arp_out++;
	return true;
}
