/*
 * Messages toward a peer: queued, started, ended, asked for. Their chunks are in chunks.c, what the
 * peer answers in answers.c.
 *
 * At most MR_MESSAGES_IN_MAX are started and not ended, in the order of their ids, so that the
 * receiver has a place for each.
 */
#include <errno.h>
#include <string.h>

#include "calls.h"
#include "probe.h"

void send_list(struct out_message *message, enum out_list list)
{
	struct peer *peer = message->peer;

	if (message->list == OUT_READY)
		ready_remove(&peer->ready, message);
	else if (message->list == OUT_PROBING)
		TAILQ_REMOVE(&peer->probing, message, link);
	message->list = list;
	if (list == OUT_READY)
		ready_insert(&peer->ready, message);
	else if (list == OUT_PROBING)
		TAILQ_INSERT_TAIL(&peer->probing, message, link);
}

void send_quiet_set(struct out_message *message)
{
	struct peer *peer = message->peer;
	uint64_t interval = peer->flight.rtt.rto_ns * 2 << message->probes;

	timer_set(&peer->transport->timers, &message->quiet,
		  peer->transport->now_ns + min_u64(interval, peer_interval_max_ns(peer)));
}

/* --- Beginning and end ----------------------------------------------------------------------- */

static int queue(struct peer *peer, uint32_t flow, const void *head, uint32_t head_bytes,
		 const void *body, uint64_t body_bytes, void *owner, uint64_t cookie)
{
	struct out_message *message;
	int index;

	if (peer->out_next - peer->out_base >= MR_MESSAGES_OUT_MAX)
		return -EAGAIN;
	index = pool_take(&peer->out_pool, peer->out_free, MR_MESSAGES_OUT_MAX);
	if (index < 0)
		return -EAGAIN;
	message = &peer->out[index];
	memset(message, 0, offsetof(struct out_message, acked_map));
	message->event.source = EVENT_OF_OUT;
	timer_init(&message->quiet, TIMER_MESSAGE_QUIET);
	message->peer = peer;
	message->body = body;
	message->owner = owner;
	message->cookie = cookie;
	message->id = peer->out_next++;
	message->queued_ns = peer->transport->now_ns;
	PROBE_MESSAGE_SEND(peer->transport->config.node, peer->node, message->id, body_bytes, flow);
	message->flow = flow;
	message->flow_seq = peer->out_flow_seq[flow]++;
	peer->out_flow_chunked[flow]++;
	wire_shape_init(&message->shape, body_bytes, head_bytes, peer->transport->chunk_bytes);
	if (head_bytes > 0)
		memcpy(message->head, head, head_bytes);
	peer->out_slots[message->id % MR_MESSAGES_OUT_MAX] = (uint16_t)(index + 1);
	peer_owe(peer);
	return 0;
}

int transport_send(struct transport *t, uint64_t now_ns, uint32_t node, uint32_t flow,
		   const void *head, uint32_t head_bytes, const void *body, uint64_t body_bytes,
		   void *owner, uint64_t cookie)
{
	struct peer *peer;
	int rc;

	t->now_ns = now_ns;
	if (flow >= MR_FLOWS_MAX || head_bytes > TRANSPORT_HEAD_BYTES_MAX || body == NULL ||
	    body_bytes == 0 || body_bytes > MR_MESSAGE_BYTES_MAX)
		return -EINVAL;
	if (!peer_known(t, node))
		return -EHOSTUNREACH;
	peer = &t->peers[node];
	if (lane_takes(peer, flow, head_bytes + body_bytes))
		rc = lane_send(peer, flow, head, head_bytes, body, (uint32_t)body_bytes, cookie);
	else
		rc = queue(peer, flow, head, head_bytes, body, body_bytes, owner, cookie);
	if (rc < 0)
		return rc;
	if (!peer->contact)
		peer_hello(peer);
	if (!peer->active)
		peer_update(peer);
	return 0;
}

/* Chunks to send before there is credit: no more than may be in flight anyway. */
static uint32_t unscheduled(const struct peer *peer, const struct wire_shape *shape)
{
	uint64_t chunks = peer->flight.congestion.window_bytes / shape->chunk_bytes;

	return (uint32_t)max_u64(min_u64(shape->unscheduled, chunks), 1);
}

struct out_message *send_start(struct peer *peer)
{
	uint16_t slot = peer->out_slots[peer->out_start++ % MR_MESSAGES_OUT_MAX];
	struct out_message *message = &peer->out[slot - 1];
	uint32_t words = MR_CHUNK_WINDOW / 64;

	wire_shape_init(&message->shape, message->shape.body_bytes, message->shape.head_bytes,
			path_chunk_bytes(peer));
	message->shape.unscheduled = unscheduled(peer, &message->shape);
	if (message->shape.chunk_count < MR_CHUNK_WINDOW)
		words = message->shape.chunk_count / 64 + 1;
	memset(message->acked_map, 0, words * sizeof(uint64_t));
	memset(message->lost_map, 0, words * sizeof(uint64_t));
	message->state = OUT_STARTED;
	peer->out_started++;
	send_quiet_set(message);
	return message;
}

void send_end(struct out_message *message, enum transport_reason reason, uint16_t code)
{
	struct peer *peer = message->peer;
	struct transport *t = peer->transport;

	if (message->state == OUT_STARTED)
		peer->out_started--;
	message->state = OUT_ENDED;
	message->reason = reason;
	message->code = code;
	peer->flight.bytes -= message->flight_bytes;
	peer->out_flow_chunked[message->flow]--;
	send_list(message, OUT_UNLISTED);
	timer_cancel(&t->timers, &message->quiet);
	peer->out_slots[message->id % MR_MESSAGES_OUT_MAX] = 0;
	while (peer->out_base != peer->out_next &&
	       peer->out_slots[peer->out_base % MR_MESSAGES_OUT_MAX] == 0)
		peer->out_base++;
	peer_settle(peer);
	if (reason == TRANSPORT_OK) {
		COUNT_PEER(peer, messages_out, 1);
		stats_sent(t, message->shape.body_bytes, message->queued_ns, 1);
		PROBE_MESSAGE_SENT(t->config.node, peer->node, message->id,
				   message->shape.body_bytes, t->now_ns - message->queued_ns);
	} else {
		COUNT_PEER(peer, messages_failed, 1);
		PROBE_MESSAGE_FAILED(t->config.node, peer->node, message->id,
				     message->shape.body_bytes, reason);
	}
	event_queue(t, &message->event);
}

bool send_waits(const struct peer *peer)
{
	return peer->out_base != peer->out_next || lane_waits(peer);
}

void send_fail_all(struct peer *peer, enum transport_reason reason)
{
	for (uint64_t id = peer->out_base; id != peer->out_next; id++) {
		uint16_t slot = peer->out_slots[id % MR_MESSAGES_OUT_MAX];

		if (slot != 0)
			send_end(&peer->out[slot - 1], reason, 0);
	}
	lane_fail_all(peer, reason);
	peer->out_session++;
	peer->out_next = 1;
	peer->out_base = 1;
	peer->out_start = 1;
	memset(peer->out_flow_seq, 0, sizeof(peer->out_flow_seq));
	peer->control &= (uint8_t)~CONTROL_PROBE;
	flight_reset(peer);
	if (peer->contact)
		timer_cancel(&peer->transport->timers, &peer->retry);
}

void send_free(struct out_message *message)
{
	struct peer *peer = message->peer;

	pool_give(&peer->out_pool, peer->out_free, (uint32_t)(message - peer->out));
}

/* --- Asking ---------------------------------------------------------------------------------- */

void send_quiet(struct out_message *message)
{
	struct peer *peer = message->peer;

	if (message->list == OUT_UNLISTED && message->flight_bytes == 0) {
		send_list(message, OUT_PROBING);
		peer->control |= CONTROL_PROBE;
		if (peer->flight.rtt.rto_ns * 2 << message->probes < peer_interval_max_ns(peer))
			message->probes++;
	}
	send_quiet_set(message);
	peer_update(peer);
}

uint32_t send_probe(struct peer *peer, uint8_t *ids, uint32_t bytes)
{
	uint32_t used = 0;

	while (used + sizeof(uint64_t) <= bytes && !TAILQ_EMPTY(&peer->probing)) {
		struct out_message *message = TAILQ_FIRST(&peer->probing);

		memcpy(ids + used, &message->id, sizeof(uint64_t));
		used += sizeof(uint64_t);
		send_list(message, OUT_UNLISTED);
	}
	if (TAILQ_EMPTY(&peer->probing))
		peer->control &= (uint8_t)~CONTROL_PROBE;
	return used;
}
