/*
 * Peers: first contact, incarnations, silence.
 *
 * Silence is counted in quarters of the timeout, each begun when the last one was seen to be over:
 * an owner that did not run for a while adds that while, and takes nobody for dead who spoke in it.
 * The first one is longer by chance and the last one shorter by as much: who watches many peers
 * does not ask them all at once, and of two that watch each other one asks, as the question is a
 * sign of life too.
 *
 * No answer to a packet that proves nothing is longer than the packet, goes anywhere but to the
 * address we know of that node, or comes at more than a bounded rate.
 */
#include <errno.h>
#include <string.h>

#include "calls.h"

#define SILENCE_PARTS 4

void peer_init(struct transport *t, struct peer *peer, uint32_t node)
{
	memset(peer, 0, offsetof(struct peer, ack_queue));
	peer->transport = t;
	peer->node = node;
	peer->event.source = EVENT_OF_PEER;
	timer_init(&peer->silent, TIMER_PEER_SILENT);
	timer_init(&peer->retry, TIMER_PEER_RETRY);
	ready_init(&peer->ready);
	credit_peer_init(peer);
	TAILQ_INIT(&peer->probing);
	peer->out_session = 1;
	peer->out_next = 1;
	peer->out_base = 1;
	peer->out_start = 1;
	path_init(peer);
	session_forget(peer);
	flight_init(peer, random_next(t));
}

void peer_route(struct peer *peer)
{
	memcpy(peer->address.mac, peer->hop->mac, NET_MAC_BYTES);
	net_route_init(&peer->route, &peer->transport->self, &peer->address);
}

static uint64_t silence_ns(const struct peer *peer)
{
	return peer->transport->config.peer_timeout_ms * NS_PER_MS;
}

uint64_t peer_interval_max_ns(const struct peer *peer)
{
	return min_u64(MR_RTO_US_MAX * NS_PER_US, silence_ns(peer) / 4);
}

/* Chunks may want to ask for the path's MTU. */
static bool has_work(struct peer *peer)
{
	return (chunks_wait(peer) && chunks_ready(peer)) || lane_ready(peer) || peer->control != 0;
}

void peer_update(struct peer *peer)
{
	struct transport *t = peer->transport;
	bool work = has_work(peer);

	if (work)
		hop_want(t, peer->hop);
	work = work && peer->hop->resolved;
	if (work == peer->active)
		return;
	if (work)
		TAILQ_INSERT_TAIL(&t->active, peer, link);
	else
		TAILQ_REMOVE(&t->active, peer, link);
	peer->active = work;
}

void peer_rotate(struct peer *peer)
{
	struct transport *t = peer->transport;

	TAILQ_REMOVE(&t->active, peer, link);
	peer->active = false;
	peer_update(peer);
}

static void quarter_begin(struct peer *peer)
{
	struct transport *t = peer->transport;
	uint64_t ns = silence_ns(peer) / SILENCE_PARTS;

	if (peer->quarters == 0)
		ns += peer->spread_ns;
	else if (peer->quarters == SILENCE_PARTS - 1)
		ns -= peer->spread_ns;
	timer_set(&t->timers, &peer->silent, t->now_ns + ns);
}

/* Of the next silence, by up to half a quarter; in the unit of the timeout, as all of it is. */
static void quarters_spread(struct peer *peer)
{
	struct transport *t = peer->transport;
	uint32_t most_ms = t->config.peer_timeout_ms / SILENCE_PARTS / 2;

	peer->spread_ns = random_next(t) % (most_ms + 1) * NS_PER_MS;
}

static void silence_begin(struct peer *peer)
{
	if (timer_is_set(&peer->silent))
		return;
	peer->quarters = 0;
	quarters_spread(peer);
	quarter_begin(peer);
}

static void silence_end(struct peer *peer)
{
	if (peer->owed == 0 && !peer->watched)
		timer_stop(&peer->transport->timers, &peer->silent);
}

void peer_owe(struct peer *peer)
{
	peer->owed++;
	silence_begin(peer);
}

void peer_settle(struct peer *peer)
{
	peer->owed--;
	silence_end(peer);
}

int transport_peer_watch(struct transport *t, uint64_t now_ns, uint32_t node, bool watched)
{
	struct peer *peer;

	if (!peer_known(t, node))
		return -EHOSTUNREACH;
	t->now_ns = now_ns;
	peer = &t->peers[node];
	peer->watched = watched;
	if (!watched) {
		silence_end(peer);
		return 0;
	}
	silence_begin(peer);
	if (!peer->contact)
		peer_hello(peer);
	peer_update(peer);
	return 0;
}

void peer_hello(struct peer *peer)
{
	struct transport *t = peer->transport;

	if (timer_is_set(&peer->retry))
		return;
	path_ask(peer);
	peer->hello_ns = MR_RTO_US_INITIAL * NS_PER_US;
	timer_set(&t->timers, &peer->retry, t->now_ns + peer->hello_ns);
}

void peer_retry(struct peer *peer)
{
	struct transport *t = peer->transport;

	if (peer->contact) {
		flight_timeout(peer);
	} else if (send_waits(peer) || peer->watched) {
		COUNT_PEER(peer, timeouts, 1);
		path_ask(peer);
		peer->hello_ns = min_u64(2 * peer->hello_ns, peer_interval_max_ns(peer));
		timer_set(&t->timers, &peer->retry, t->now_ns + peer->hello_ns);
		hop_suspect(t, peer->hop);
	}
	peer_update(peer);
}

static void peer_heard(struct peer *peer)
{
	struct transport *t = peer->transport;

	peer->heard_ns = t->now_ns;
	if (peer->owed > 0 || peer->watched) {
		if (peer->quarters > 0)
			quarters_spread(peer);
		peer->quarters = 0;
		quarter_begin(peer);
	}
	if (peer->contact)
		return;
	peer->contact = true;
	timer_cancel(&t->timers, &peer->retry);
	if (peer->down_due || peer->shown_incarnation != peer->incarnation)
		event_queue(t, &peer->event);
}

static void peer_dead(struct peer *peer)
{
	struct transport *t = peer->transport;

	send_fail_all(peer, TRANSPORT_UNREACHABLE);
	if (peer->in_open > 0) {
		peer->in_dead = true;
		session_drop_all(peer, TRANSPORT_UNREACHABLE);
	}
	peer->contact = false;
	peer->control &= (uint8_t) ~(CONTROL_HELLO | CONTROL_PROBE);
	path_init(peer);
	timer_cancel(&t->timers, &peer->retry);
	peer->down_due = true;
	event_queue(t, &peer->event);
	peer_update(peer);
}

void peer_silent(struct peer *peer)
{
	if (++peer->quarters == SILENCE_PARTS) {
		peer_dead(peer);
		return;
	}
	quarter_begin(peer);
	if (!peer->contact)
		return;
	peer->transport->counters.keepalives++;
	peer->control |= CONTROL_HELLO;
	peer_update(peer);
}

/* What must be told without being owed an answer is given up; the rest has the dead peer timer. */
void peer_no_hop(struct peer *peer)
{
	peer->control &= peer->owed > 0 || peer->watched ? CONTROL_HELLO : 0;
	if (peer->owed > 0)
		hop_want(peer->transport, peer->hop);
	peer_update(peer);
}

static void peer_restarted(struct peer *peer, uint64_t incarnation)
{
	if (peer->contact) {
		send_fail_all(peer, TRANSPORT_RESTARTED);
		path_init(peer); /* not the search that made this contact */
	}
	session_drop_all(peer, TRANSPORT_RESTARTED);
	session_forget(peer);
	peer->incarnation = incarnation;
	peer->contact = false;
}

/* May one more answer go to who may not be what it says? */
static bool answer_allowed(struct peer *peer)
{
	struct transport *t = peer->transport;
	uint64_t next_ns = max_u64(peer->answers_ns, t->now_ns);

	if (next_ns - t->now_ns >= MR_ANSWERS_BURST * MR_ANSWER_US * NS_PER_US) {
		t->counters.drop_answer_rate++;
		return false;
	}
	peer->answers_ns = next_ns + MR_ANSWER_US * NS_PER_US;
	return true;
}

static void welcome(struct peer *peer, const struct wire_header *header, uint32_t path_bytes)
{
	if ((peer->control & CONTROL_WELCOME) == 0 && !answer_allowed(peer))
		return;
	peer->control |= CONTROL_WELCOME;
	peer->welcome_to = header->from_incarnation;
	peer->welcome_path_bytes = (uint32_t)max_u64(peer->welcome_path_bytes, path_bytes);
}

/* What HELLO and WELCOME of this life of the peer tell beside their existence. */
static void learn(struct peer *peer, const struct wire_hello *hello)
{
	peer->sleep_us = (uint32_t)min_u64(hello->sleep_us, MR_RTO_US_MAX);
	path_told(peer, hello);
	session_set(peer, hello->session);
}

void peer_asked(struct peer *peer, const struct wire_header *header, const uint8_t *body,
		uint32_t bytes)
{
	struct transport *t = peer->transport;
	struct wire_hello hello;

	if (bytes < sizeof(hello)) {
		t->counters.drop_malformed++;
		return;
	}
	memcpy(&hello, body, sizeof(hello));
	welcome(peer, header, NET_IP_BYTES + NET_UDP_BYTES + WIRE_HEADER_BYTES + bytes);
	hello.path_bytes = 0;
	if (header->from_incarnation == peer->incarnation && peer->contact)
		learn(peer, &hello);
}

void peer_welcomed(struct peer *peer, const uint8_t *body, uint32_t bytes)
{
	struct wire_hello hello;

	if (bytes < sizeof(hello))
		return; /* to a packet that was for a former self */
	memcpy(&hello, body, sizeof(hello));
	learn(peer, &hello);
}

bool peer_recognise(struct peer *peer, const struct wire_header *header)
{
	struct transport *t = peer->transport;

	if (header->from_incarnation < peer->incarnation) {
		t->counters.drop_incarnation++;
		return false;
	}
	if (header->to_incarnation != t->config.incarnation) {
		t->counters.drop_incarnation++;
		if (header->type != WIRE_WELCOME && header->to_incarnation < t->config.incarnation)
			welcome(peer, header, 0);
		return false;
	}
	if (header->from_incarnation > peer->incarnation)
		peer_restarted(peer, header->from_incarnation);
	peer_heard(peer);
	return true;
}
