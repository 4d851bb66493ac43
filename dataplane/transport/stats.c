/* Each peer's share of the counters, its queues, and the histograms of messages. */
#include "transport_stats.h"

#include <errno.h>

#include "calls.h"
#include "probe.h"

void stats_sent(struct transport *t, uint64_t bytes, uint64_t queued_ns, uint32_t count)
{
	histogram_add_run(&t->histograms.message_out_bytes, bytes, count);
	histogram_add_run(&t->histograms.message_ns, t->now_ns - queued_ns, count);
}

void stats_received(const struct in_message *message)
{
	const struct peer *peer = message->peer;
	struct transport *t = peer->transport;
	uint64_t bytes = message->shape.body_bytes;
	uint64_t ns = t->now_ns - message->opened_ns;

	histogram_add(&t->histograms.message_in_bytes, bytes);
	histogram_add(&t->histograms.message_in_ns, ns);
	PROBE_MESSAGE_RECEIVED(t->config.node, peer->node, message->id, bytes, ns);
}

static uint64_t credit_of(const struct peer *peer)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < peer->in_pool.fresh; i++)
		if (peer->in[i].state == IN_ACCEPTED)
			bytes += peer->in[i].credit_bytes;
	return bytes;
}

int transport_peer_stats(const struct transport *t, uint32_t node,
			 struct transport_peer_stats *stats)
{
	const struct peer *peer;

	if (!peer_known(t, node))
		return -ENOENT;
	peer = &t->peers[node];
	*stats = (struct transport_peer_stats){
	    .node = node,
	    .ip = peer->address.ip,
	    .udp_port = peer->address.udp_port,
	    .contact = peer->contact,
	    .incarnation = peer->incarnation,
	    .counters = peer->counters,
	    .srtt_ns = peer->flight.rtt.smooth_ns,
	    .rttvar_ns = peer->flight.rtt.var_ns,
	    .rto_ns = peer->flight.rtt.rto_ns,
	    .window_bytes = peer->flight.congestion.window_bytes,
	    .flight_bytes = peer->flight.bytes,
	    .credit_bytes = credit_of(peer),
	    .messages_queued =
		peer->out_next - peer->out_start + (peer->lane_out.next - peer->lane_out.sent),
	    .messages_sending =
		(uint32_t)(peer->out_started + peer->lane_out.sent - peer->lane_out.oldest),
	    .messages_receiving = peer->in_open,
	};
	return 0;
}

const struct transport_histograms *transport_histograms(const struct transport *t)
{
	return &t->histograms;
}
