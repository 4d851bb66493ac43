/*
 * Sessions of a peer: a new one ends what the last one left open.
 */
#include <string.h>

#include "calls.h"

bool session_enter_other(struct peer *peer, uint32_t session)
{
	if (session < peer->in_session || session == 0) {
		peer->transport->counters.drop_window++;
		return false;
	}
	if (peer->in_session == 0)
		peer->in_session = session;
	session_set(peer, session);
	if (peer->in_dead) {
		peer->control |= CONTROL_RESET;
		peer->reset_session = session;
	}
	return !peer->in_dead;
}

static void drop(struct in_message *message, enum transport_reason reason)
{
	struct transport *t = message->peer->transport;
	bool told = message->accepted || message->shown;

	if (message->state == IN_READY) {
		message->detached = true;
		return;
	}
	offer_take(message);
	credit_end(message);
	told = told && message->state != IN_REJECTED;
	deliver_state(message, IN_LOST);
	message->reason = reason;
	message->detached = true;
	event_unqueue(t, &message->event);
	if (told)
		event_queue(t, &message->event);
	else
		deliver_free(message);
}

void session_set(struct peer *peer, uint32_t session)
{
	if (peer->in_session == 0 || session <= peer->in_session)
		return;
	session_drop_all(peer, TRANSPORT_UNREACHABLE);
	session_forget(peer);
	peer->in_session = session;
}

void session_drop_all(struct peer *peer, enum transport_reason reason)
{
	for (uint64_t id = peer->in_base; peer->in_open > 0 && id <= peer->in_highest; id++) {
		struct slot *slot = &peer->in_slots[id % MR_MESSAGES_OUT_MAX];

		if (slot->state != SLOT_OPEN)
			continue;
		slot->state = SLOT_UNSEEN;
		peer->in_open--;
		drop(&peer->in[slot->value], reason);
	}
	/* What they held of the credit is for the messages of others. */
	credit_run(peer->transport);
}

void session_forget(struct peer *peer)
{
	peer->in_session = 0;
	peer->in_dead = false;
	peer->in_heard = false;
	peer->in_ce = 0;
	lane_forget(peer);
	peer->in_base = 1;
	peer->in_highest = 0;
	peer->ack_first = 0;
	peer->ack_count = 0;
	peer->control &= (uint8_t) ~(CONTROL_ACK | CONTROL_RESET);
	memset(peer->in_flow_seq, 0, sizeof(peer->in_flow_seq));
	memset(peer->in_slots, 0, sizeof(peer->in_slots));
	memset(peer->in_turns, 0, sizeof(peer->in_turns));
}
