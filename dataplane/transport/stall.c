/*
 * No progress: the peer lives, as its answers to HELLO tell, and what we send it never gets there.
 *
 * Whatever the reason (a switch that drops one kind of packet, a queue that others keep full, a bug
 * at either end), what is owed must end. Two clocks: the timeouts of a row, of which none let
 * anything through, add up (so that our own standstill counts as one); and each message counts how
 * often it was sent again, and for how long, since any of it arrived, as others may get through
 * while it does not. When either says MR_STALL_TIMEOUTS times the peer timeout, all messages to the
 * peer fail with TRANSPORT_STALLED: they share a session, and their flows an order.
 */
#include "calls.h"

static uint64_t patience_ns(const struct peer *peer)
{
	return MR_STALL_TIMEOUTS * peer->transport->config.peer_timeout_ms * NS_PER_MS;
}

void stall_waited(struct peer *peer, uint64_t waited_ns)
{
	struct flight *flight = &peer->flight;

	flight->unanswered_ns += waited_ns;
	flight->stalled |= flight->unanswered_ns >= patience_ns(peer);
}

void stall_again(struct out_message *message)
{
	struct peer *peer = message->peer;
	uint64_t now_ns = peer->transport->now_ns;

	if (message->again++ == 0)
		message->again_ns = now_ns;
	if (message->again > MR_STALL_AGAIN && now_ns - message->again_ns >= patience_ns(peer))
		peer->flight.stalled = true;
}

bool stall_end(struct peer *peer)
{
	if (!peer->flight.stalled)
		return false;
	peer->transport->counters.stalls++;
	send_fail_all(peer, TRANSPORT_STALLED);
	peer->control |= CONTROL_HELLO; /* which tells that their session is over */
	return true;
}
