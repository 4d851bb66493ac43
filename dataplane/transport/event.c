/*
 * The queue of events. An event lives in the object it tells about, so that the queue is as bounded
 * as the messages are, and an object is free again only when its last event was drained.
 */
#include <string.h>

#include "calls.h"
#include "probe.h"

void event_queue(struct transport *t, struct event_node *node)
{
	if (node->queued)
		return;
	node->queued = true;
	TAILQ_INSERT_TAIL(&t->events, node, link);
}

void event_unqueue(struct transport *t, struct event_node *node)
{
	if (!node->queued)
		return;
	node->queued = false;
	TAILQ_REMOVE(&t->events, node, link);
}

static uint64_t offer_of(const struct in_message *message)
{
	uint64_t index = (uint64_t)(message - message->peer->in);

	return (uint64_t)message->generation << 32 | message->peer->node << 16 | index;
}

static void show_out(struct out_message *message, struct transport_event *event)
{
	bool sent = message->reason == TRANSPORT_OK;

	event->kind = sent ? TRANSPORT_SENT : TRANSPORT_FAILED;
	event->node = message->peer->node;
	event->flow = message->flow;
	event->cookie = message->cookie;
	event->body_bytes = message->shape.body_bytes;
	event->reason = message->reason;
	event->code = message->code;
	send_free(message);
}

static void show_in(struct in_message *message, struct transport_event *event)
{
	event->node = message->peer->node;
	event->flow = message->data.flow;
	event->offer = offer_of(message);
	event->cookie = message->accepted ? message->cookie : event->offer;
	event->body_bytes = message->shape.body_bytes;
	event->reason = message->reason;
	event->head_bytes = message->shape.head_bytes;
	memcpy(event->head, message->head, message->shape.head_bytes);
	switch (message->state) {
	case IN_READY:
		event->kind = TRANSPORT_MESSAGE;
		deliver_end(message);
		break;
	case IN_LOST:
		event->kind = TRANSPORT_LOST;
		deliver_free(message);
		break;
	default:
		event->kind = TRANSPORT_OFFER;
		message->shown = true;
	}
}

static void show_peer(struct peer *peer, struct transport_event *event)
{
	event->node = peer->node;
	if (peer->down_due) {
		event->kind = TRANSPORT_PEER_DOWN;
		PROBE_PEER_DOWN(peer->transport->config.node, peer->node);
		event->reason = TRANSPORT_UNREACHABLE;
		peer->down_due = false;
		peer->shown_incarnation = 0;
		if (peer->contact)
			event_queue(peer->transport, &peer->event);
		return;
	}
	event->kind = TRANSPORT_PEER_UP;
	PROBE_PEER_UP(peer->transport->config.node, peer->node, peer->incarnation);
	event->incarnation = peer->incarnation;
	peer->shown_incarnation = peer->incarnation;
}

bool transport_event(struct transport *t, struct transport_event *event)
{
	struct event_node *node;

	/* Ends go before what may tell of a peer's end, and small messages after what may tell of
	 * its beginning, or is before them in their flow. */
	if (!TAILQ_EMPTY(&t->lanes_ended)) {
		lane_end_show(t, event);
		return true;
	}
	node = TAILQ_FIRST(&t->events);
	if (node == NULL)
		return t->inbox_first < t->inbox_count && lane_message_show(t, event);
	event_unqueue(t, node);
	event_clear(event);
	switch (node->source) {
	case EVENT_OF_OUT:
		show_out(CONTAINER_OF(node, struct out_message, event), event);
		break;
	case EVENT_OF_IN:
		show_in(CONTAINER_OF(node, struct in_message, event), event);
		break;
	case EVENT_OF_PEER:
		show_peer(CONTAINER_OF(node, struct peer, event), event);
		break;
	}
	return true;
}
