/* The transport as its user sees it: setting up, timers, counters. */
#include "transport.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "calls.h"

#define MTU_MIN 576           /* what RFC 791 demands of any host; a head and our headers fit */
#define OVERHEAD_BYTES_MAX 64 /* beside which they fit */

size_t transport_bytes(const struct transport_config *config)
{
	return sizeof(struct transport);
}

static bool config_good(const struct transport_config *config)
{
	return config->node < MR_NODES_MAX && config->incarnation != 0 && config->ip != 0 &&
	       config->prefix_len <= 32 && config->udp_port != 0 && config->mtu >= MTU_MIN &&
	       config->mtu <= MR_MTU_MAX && config->overhead_bytes <= OVERHEAD_BYTES_MAX &&
	       config->peer_timeout_ms != 0 && config->small_bytes_max <= MR_SMALL_BYTES_MAX;
}

int transport_init(struct transport **transport, void *memory,
		   const struct transport_config *config, uint64_t now_ns)
{
	struct transport *t = memory;

	if (!config_good(config))
		return -EINVAL;
	memset(t, 0, offsetof(struct transport, peers));
	t->config = *config;
	t->config.mtu -= config->overhead_bytes; /* all lengths here are without it */
	t->now_ns = now_ns;
	t->random = config->seed;
	t->self.udp_port = config->udp_port;
	t->self.ip = config->ip;
	t->self.mtu = t->config.mtu;
	memcpy(t->self.mac, config->mac, NET_MAC_BYTES);
	t->chunk_bytes =
	    t->config.mtu - NET_IP_BYTES - NET_UDP_BYTES - WIRE_HEADER_BYTES - WIRE_DATA_BYTES;
	timer_wheel_init(&t->timers, now_ns);
	TAILQ_INIT(&t->events);
	TAILQ_INIT(&t->active);
	credit_init(t);
	TAILQ_INIT(&t->lanes_ended);
	*transport = t;
	return 0;
}

int transport_peer_add(struct transport *t, uint32_t node, uint32_t ip, uint16_t udp_port)
{
	struct hop *hop;
	struct peer *peer;
	int rc;

	if (node >= MR_NODES_MAX || node == t->config.node || ip == 0 || udp_port == 0)
		return -EINVAL;
	peer = &t->peers[node];
	rc = hop_find(t, ip, &hop);
	if (rc < 0)
		return rc;
	if (!peer_known(t, node))
		peer_init(t, peer, node);
	t->peers_known |= 1ull << node;
	peer->hop = hop;
	peer->address.ip = ip;
	peer->address.udp_port = udp_port;
	peer_route(peer);
	peer_update(peer);
	return 0;
}

void transport_tick(struct transport *t, uint64_t now_ns)
{
	struct timer *timer;

	answer_late(t);
	t->now_ns = now_ns;
	while ((timer = timer_pop(&t->timers, now_ns)) != NULL) {
		switch ((enum timer_kind)timer->kind) {
		case TIMER_PEER_SILENT:
			peer_silent(CONTAINER_OF(timer, struct peer, silent));
			break;
		case TIMER_PEER_RETRY:
			peer_retry(CONTAINER_OF(timer, struct peer, retry));
			break;
		case TIMER_PATH:
			path_round(CONTAINER_OF(timer, struct peer, path.round));
			break;
		case TIMER_MESSAGE_QUIET:
			send_quiet(CONTAINER_OF(timer, struct out_message, quiet));
			break;
		case TIMER_HOP:
			hop_timer(t, CONTAINER_OF(timer, struct hop, retry));
			break;
		}
	}
}

uint64_t transport_deadline(const struct transport *t)
{
	return TAILQ_EMPTY(&t->lanes_ended) ? timer_next(&t->timers) : t->now_ns;
}

const struct transport_counters *transport_counters(const struct transport *t)
{
	return &t->counters;
}

const char *transport_reason_text(enum transport_reason reason)
{
	switch (reason) {
	case TRANSPORT_OK:
		return "delivered";
	case TRANSPORT_UNREACHABLE:
		return "no answer from the peer: is it running, and can it be reached?";
	case TRANSPORT_GIVEN_UP:
		return "has given this node up, having heard nothing of it for its timeout";
	case TRANSPORT_RESTARTED:
		return "the peer was restarted";
	case TRANSPORT_PATH_SHRUNK:
		return "is no longer reached by packets as long as a message was cut for";
	case TRANSPORT_STALLED:
		return "answers, but nothing that is sent to it arrives: is its link or a switch "
		       "overloaded?";
	case TRANSPORT_REJECTED:
		return "the receiver rejected it";
	}
	return "unknown reason";
}
