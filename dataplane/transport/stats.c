/* Each peer's share of the counters, its queues, and the histograms of messages. */
#include "transport_stats.h"

#include <errno.h>

#include "probe.h"
#include "state.h"

void stats_sent(const struct out_message *message)
{
	struct transport *t = message->peer->transport;

	histogram_add(&t->histograms.message_out_bytes, message->shape.body_bytes);
	histogram_add(&t->histograms.message_ns, t->now_ns - message->queued_ns);
	PROBE_MESSAGE_SENT(t->config.node, message->peer->node, message->id,
			   message->shape.body_bytes, t->now_ns - message->queued_ns);
}

void stats_received(const struct in_message *message)
{
	struct transport *t = message->peer->transport;

	histogram_add(&t->histograms.message_in_bytes, message->shape.body_bytes);
	histogram_add(&t->histograms.message_in_ns, t->now_ns - message->opened_ns);
	PROBE_MESSAGE_RECEIVED(t->config.node, message->peer->node, message->id,
			       message->shape.body_bytes, t->now_ns - message->opened_ns);
}

void stats_small_sent(struct transport *t, const struct small_message *message)
{
	histogram_add(&t->histograms.message_out_bytes, message->body_bytes);
	histogram_add(&t->histograms.message_ns, t->now_ns - message->queued_ns);
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
