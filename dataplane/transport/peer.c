/* Peers: first contact, incarnations, silence. */
#include <string.h>

#include "state.h"

void peer_init(struct transport *t, struct peer *peer, uint32_t node)
{
	memset(peer, 0, offsetof(struct peer, ack_queue));
	peer->transport = t;
	peer->node = node;
	peer->event.source = EVENT_OF_PEER;
	timer_init(&peer->dead, TIMER_PEER_DEAD);
	timer_init(&peer->retry, TIMER_PEER_RETRY);
	TAILQ_INIT(&peer->ready);
	TAILQ_INIT(&peer->probing);
	peer->out_session = 1;
	peer->out_next = 1;
	peer->out_base = 1;
	peer->out_start = 1;
	receive_forget(peer);
	t->random = t->random * 6364136223846793005ull + 1442695040888963407ull; /* Knuth, MMIX */
	flight_init(peer, (uint32_t)(t->random >> 32));
}

static uint64_t silence_ns(const struct peer *peer)
{
	return peer->transport->config.peer_timeout_ms * NS_PER_MS;
}

uint64_t peer_interval_max_ns(const struct peer *peer)
{
	return min_u64(MR_RTO_US_MAX * NS_PER_US, silence_ns(peer) / 4);
}

void peer_update(struct peer *peer)
{
	struct transport *t = peer->transport;
	bool work = peer->control != 0 || chunks_ready(peer);

	if (work)
		hop_want(t, peer->hop);
	work = work && peer->hop->resolved;
	if (work && !peer->active)
		TAILQ_INSERT_TAIL(&t->active, peer, link);
	else if (!work && peer->active)
		TAILQ_REMOVE(&t->active, peer, link);
	peer->active = work;
}

void peer_owe(struct peer *peer)
{
	struct transport *t = peer->transport;

	if (peer->owed++ == 0)
		timer_set(&t->timers, &peer->dead, t->now_ns + silence_ns(peer));
}

void peer_settle(struct peer *peer)
{
	if (--peer->owed == 0)
		timer_cancel(&peer->transport->timers, &peer->dead);
}

void peer_hello(struct peer *peer)
{
	struct transport *t = peer->transport;

	if (peer->retry.position != 0)
		return;
	peer->control |= CONTROL_HELLO;
	peer->hello_ns = MR_RTO_US_INITIAL * NS_PER_US;
	timer_set(&t->timers, &peer->retry, t->now_ns + peer->hello_ns);
}

void peer_retry(struct peer *peer)
{
	struct transport *t = peer->transport;

	if (peer->contact) {
		flight_timeout(peer);
	} else if (peer->out_base != peer->out_next) {
		t->counters.timeouts++;
		peer->control |= CONTROL_HELLO;
		peer->hello_ns = min_u64(2 * peer->hello_ns, peer_interval_max_ns(peer));
		timer_set(&t->timers, &peer->retry, t->now_ns + peer->hello_ns);
		hop_suspect(t, peer->hop);
	}
	peer_update(peer);
}

static void peer_heard(struct peer *peer)
{
	struct transport *t = peer->transport;

	if (peer->owed > 0)
		timer_set(&t->timers, &peer->dead, t->now_ns + silence_ns(peer));
	if (peer->contact)
		return;
	peer->contact = true;
	peer->control &= (uint8_t)~CONTROL_HELLO;
	timer_cancel(&t->timers, &peer->retry);
	if (peer->down_due || peer->shown_incarnation != peer->incarnation)
		event_queue(t, &peer->event);
}

void peer_dead(struct peer *peer)
{
	struct transport *t = peer->transport;

	send_fail_all(peer, TRANSPORT_UNREACHABLE);
	if (peer->in_open > 0) {
		peer->in_dead = true;
		receive_drop_all(peer, TRANSPORT_UNREACHABLE);
	}
	peer->contact = false;
	peer->control &= (uint8_t) ~(CONTROL_HELLO | CONTROL_PROBE);
	timer_cancel(&t->timers, &peer->retry);
	peer->down_due = true;
	event_queue(t, &peer->event);
	peer_update(peer);
}

/* What must be told without being owed an answer is given up; the rest has the dead peer timer. */
void peer_no_hop(struct peer *peer)
{
	peer->control &= CONTROL_HELLO;
	if (peer->owed > 0)
		hop_want(peer->transport, peer->hop);
	peer_update(peer);
}

static void peer_restarted(struct peer *peer, uint64_t incarnation)
{
	if (peer->contact)
		send_fail_all(peer, TRANSPORT_RESTARTED);
	receive_drop_all(peer, TRANSPORT_RESTARTED);
	receive_forget(peer);
	peer->incarnation = incarnation;
	peer->contact = false;
}

bool peer_recognise(struct peer *peer, const struct wire_header *header)
{
	struct transport *t = peer->transport;

	if (header->from_incarnation < peer->incarnation) {
		t->counters.drop_incarnation++;
		return false;
	}
	if (header->to_incarnation != t->config.incarnation) {
		if (header->type != WIRE_HELLO)
			t->counters.drop_incarnation++;
		if (header->type != WIRE_WELCOME &&
		    header->to_incarnation < t->config.incarnation) {
			peer->control |= CONTROL_WELCOME;
			peer->welcome_to = header->from_incarnation;
		}
		return false;
	}
	if (header->from_incarnation > peer->incarnation)
		peer_restarted(peer, header->from_incarnation);
	peer_heard(peer);
	return true;
}
