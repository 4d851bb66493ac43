/*
 * The end of a message from a peer: whole or rejected it leaves, in the turn of its flow, and its
 * outcome is told.
 *
 * A finished id keeps its outcome in its slot of the window, so that a retransmission gets the same
 * answer and no second offer.
 */
#include "calls.h"

static bool waits_for_peer(enum in_state state)
{
	return state == IN_ACCEPTED || state == IN_WHOLE || state == IN_REJECTED;
}

void deliver_state(struct in_message *message, enum in_state state)
{
	bool before = waits_for_peer(message->state);
	bool after = waits_for_peer(state);

	message->state = state;
	if (after && !before)
		peer_owe(message->peer);
	else if (before && !after)
		peer_settle(message->peer);
}

void deliver_free(struct in_message *message)
{
	struct peer *peer = message->peer;

	message->generation++;
	pool_give(&peer->in_pool, peer->in_free, (uint32_t)(message - peer->in));
}

/* The outcome is final: remembered in the slot, told to the sender. */
static void finish(struct in_message *message, enum slot_state outcome)
{
	struct peer *peer = message->peer;
	struct slot *slot = &peer->in_slots[message->id % MR_MESSAGES_OUT_MAX];

	slot->state = (uint8_t)outcome;
	slot->value = message->code;
	peer->in_open--;
	while (peer->in_base <= peer->in_highest &&
	       peer->in_slots[peer->in_base % MR_MESSAGES_OUT_MAX].state >= SLOT_DELIVERED)
		peer->in_base++;
	acknowledge(peer, message->id);
	peer_update(peer);
}

void deliver_end(struct in_message *message)
{
	COUNT_PEER(message->peer, messages_in, 1);
	stats_received(message);
	if (!message->detached)
		finish(message, SLOT_DELIVERED);
	deliver_free(message);
}

/* It is this message's turn to leave. */
static void leave(struct in_message *message)
{
	if (message->state == IN_WHOLE) {
		deliver_state(message, IN_READY);
		event_queue(message->peer->transport, &message->event);
		return;
	}
	deliver_state(message, IN_READY);
	finish(message, SLOT_REJECTED);
	deliver_free(message);
}

static uint16_t *turn_of(struct peer *peer, uint32_t flow, uint32_t seq)
{
	return &peer->in_turns[flow][seq % FLOW_TURNS];
}

bool deliver_turn_free(struct peer *peer, const struct wire_data *data)
{
	struct transport_counters *counters = &peer->transport->counters;

	if (data->flow == 0)
		return true;
	if (data->flow_seq - peer->in_flow_seq[data->flow] >= FLOW_TURNS) {
		counters->drop_window++;
		return false;
	}
	if (*turn_of(peer, data->flow, data->flow_seq) != 0) {
		counters->drop_flow_seq++;
		return false;
	}
	return true;
}

void deliver_turn_take(struct in_message *message)
{
	struct peer *peer = message->peer;

	*turn_of(peer, message->data.flow, message->data.flow_seq) =
	    (uint16_t)(message - peer->in + 1);
}

/* Those of a flow leave one after the other. */
static void turns_run(struct peer *peer, uint32_t flow)
{
	uint16_t *turn;

	while (*(turn = turn_of(peer, flow, peer->in_flow_seq[flow])) != 0) {
		struct in_message *message = &peer->in[*turn - 1];

		if (message->state != IN_WHOLE && message->state != IN_REJECTED)
			return;
		*turn = 0;
		peer->in_flow_seq[flow]++;
		leave(message);
	}
}

bool deliver_turn_taken(struct peer *peer, uint32_t flow)
{
	return *turn_of(peer, flow, peer->in_flow_seq[flow]) != 0;
}

void deliver_turn(struct peer *peer, uint32_t flow)
{
	peer->in_flow_seq[flow]++;
	turns_run(peer, flow);
}

/* Unordered ones leave at once. */
void deliver_decided(struct in_message *message)
{
	if (message->data.flow == 0)
		leave(message);
	else
		turns_run(message->peer, message->data.flow);
}
