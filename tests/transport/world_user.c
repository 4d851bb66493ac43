/* The users of the world: they send by plan, answer offers late, and check what they are told. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "world_state.h"

#define COOKIE_OUT 0x5e4d000000000000ull /* of messages sent: with life and index */
#define COOKIE_IN 0xacce000000000000ull  /* of messages accepted */

struct head {
	uint64_t life; /* of the sender */
	uint32_t index;
	uint32_t body_bytes;
};

static uint64_t cookie_of(uint64_t kind, uint64_t life, const struct world *w,
			  const struct planned *m)
{
	return kind | life << 32 | message_index(w, m);
}

/* --- Acting ---------------------------------------------------------------------------------- */

/* All but struct head in front is the beginning of the body's pattern. */
static void head_fill(const struct world *w, const struct planned *m, uint8_t *bytes)
{
	const struct head head = {m->sender_life, message_index(w, m), (uint32_t)m->body_bytes};

	for (uint32_t i = 0; i < m->head_bytes; i++)
		bytes[i] = (uint8_t)(head.index * 31 + i * 7);
	memcpy(bytes, &head, sizeof(head));
}

/* False when the transport has no room for it now. */
static bool send_message(struct world *w, struct planned *m)
{
	struct node *node = &w->nodes[m->from];
	uint8_t head[TRANSPORT_HEAD_BYTES_MAX];
	int rc;

	m->sender_life = node_life(w, m->from);
	head_fill(w, m, head);
	rc = transport_send(sim_station_transport(node->station), sim_station_clock(node->station),
			    m->to, m->flow, head, m->head_bytes, m->body, m->body_bytes, m,
			    cookie_of(COOKIE_OUT, m->sender_life, w, m));
	node->blocked = rc == -EAGAIN;
	if (node->blocked) {
		m->sender_life = 0;
		return false;
	}
	if (rc < 0)
		world_violation(w, "message %u was refused: %d", message_index(w, m), rc);
	m->sent_ns = world_now(w);
	w->progress_ns = world_now(w);
	m->order = node->flow_sent[m->to][m->flow]++;
	world_print(w, "message %u: %u sends %lu bytes to %u in flow %u", message_index(w, m),
		    m->from, m->body_bytes, m->to, m->flow);
	return true;
}

static void answer(struct world *w, struct planned *m)
{
	struct sim_station *station = w->nodes[m->to].station;
	struct transport *t = sim_station_transport(station);
	uint64_t cookie = cookie_of(COOKIE_IN, m->receiver_life, w, m);
	int rc;

	m->answer_ns = UINT64_MAX;
	w->progress_ns = world_now(w);
	if (m->reject) {
		rc = transport_reject(t, sim_station_clock(station), m->offer, REJECTION_CODE);
		m->rejected = rc == 0;
	} else {
		room_open(m);
		rc =
		    transport_accept(t, sim_station_clock(station), m->offer, room_body(m), cookie);
		m->accepted = rc == 0;
		m->accepted_ns = world_now(w);
	}
	m->gone = rc == -ENOENT;
	if (rc < 0 && rc != -ENOENT)
		world_violation(w, "the answer to message %u was refused: %d", message_index(w, m),
				rc);
	world_print(w, "message %u: %u %s", message_index(w, m), m->to,
		    m->gone       ? "finds it gone"
		    : m->accepted ? "accepts"
				  : "rejects");
}

static void answers_act(struct world *w, struct node *node)
{
	struct planned **link = &node->answers;

	while (*link != NULL) {
		struct planned *m = *link;

		if (m->answer_ns <= world_now(w))
			answer(w, m);
		if (m->answer_ns == UINT64_MAX)
			*link = m->answer_next;
		else
			link = &m->answer_next;
	}
}

void user_act(struct world *w, uint32_t index)
{
	struct node *node = &w->nodes[index];

	for (; node->send_next < node->send_count; node->send_next++) {
		struct planned *m = &w->messages[node->sends[node->send_next]];

		if (m->send_ns > world_now(w) || !send_message(w, m))
			break;
	}
	answers_act(w, node);
}

uint64_t user_next(const struct world *w, uint32_t index)
{
	const struct node *node = &w->nodes[index];
	uint64_t next = UINT64_MAX;

	if (node->send_next < node->send_count && !node->blocked)
		next = w->messages[node->sends[node->send_next]].send_ns;
	for (const struct planned *m = node->answers; m != NULL; m = m->answer_next)
		if (m->answer_ns < next)
			next = m->answer_ns;
	return next;
}

/* --- Being told ------------------------------------------------------------------------------ */

static struct planned *by_head(struct world *w, uint32_t node, const struct transport_event *event)
{
	uint8_t expected[TRANSPORT_HEAD_BYTES_MAX];
	struct planned *m;
	struct head head;

	if (event->head_bytes < sizeof(head))
		goto wrong;
	memcpy(&head, event->head, sizeof(head));
	if (head.index >= w->message_count)
		goto wrong;
	m = &w->messages[head.index];
	if (m->to != node || m->from != event->node || m->flow != event->flow ||
	    m->head_bytes != event->head_bytes || m->body_bytes != event->body_bytes ||
	    m->sender_life == 0)
		goto wrong;
	head_fill(w, m, expected);
	if (memcmp(expected, event->head, m->head_bytes) != 0)
		goto wrong;
	return m;
wrong:
	world_violation(w, "node %u: a message that nobody sent", node);
	return NULL;
}

static void told_offer(struct world *w, uint32_t node, const struct transport_event *event)
{
	struct planned *m = by_head(w, node, event);

	if (m == NULL)
		return;
	if (m->receiver_life != 0) {
		world_violation(w, "message %u offered twice", message_index(w, m));
		return;
	}
	m->receiver_life = node_life(w, node);
	m->offer = event->offer;
	m->answer_ns = world_now(w) + m->accept_delay_ns;
	if (m->accept_delay_ns == 0) {
		answer(w, m);
		return;
	}
	m->answer_next = w->nodes[node].answers;
	w->nodes[node].answers = m;
}

/* A message without an offer comes with its body. */
static bool take_small(struct world *w, struct planned *m, const struct transport_event *event)
{
	uint32_t i = message_index(w, m);

	if (m->receiver_life != 0) {
		world_violation(w, "message %u delivered twice", i);
		return false;
	}
	m->receiver_life = node_life(w, m->to);
	if (m->head_bytes + m->body_bytes > w->config->small_bytes_max)
		world_violation(w, "message %u is not small, and was not offered", i);
	if (memcmp(event->body, m->body, m->body_bytes) != 0)
		world_violation(w, "message %u is not what was sent", i);
	return true;
}

static void told_message(struct world *w, uint32_t node, const struct transport_event *event)
{
	struct planned *m = by_head(w, node, event);
	uint32_t *last, i;

	if (m == NULL)
		return;
	i = message_index(w, m);
	if (event->body != NULL && !take_small(w, m, event))
		return;
	if (event->body == NULL &&
	    (!message_awaited(w, m) ||
	     event->cookie != cookie_of(COOKIE_IN, m->receiver_life, w, m))) {
		world_violation(w, "message %u delivered twice or unasked", i);
		return;
	}
	m->delivered = true;
	observe_end(w, m);
	w->result->delivered++;
	w->result->delivered_bytes += m->body_bytes;
	if (m->room != NULL && !room_good(m))
		world_violation(w, "message %u is not what was sent", i);
	last = &w->nodes[node].flow_delivered[m->from][m->flow];
	if (m->flow != 0 && m->order < *last)
		world_violation(w, "message %u overtook another in flow %u", i, m->flow);
	*last = m->order + 1;
}

static struct planned *by_offer(struct world *w, uint32_t node, const struct transport_event *event)
{
	for (uint32_t i = 0; i < w->message_count; i++) {
		struct planned *m = &w->messages[i];

		if (m->to == node && m->receiver_life == node_life(w, node) &&
		    m->offer == event->offer && !m->delivered && !m->lost)
			return m;
	}
	return NULL;
}

static void told_lost(struct world *w, uint32_t node, const struct transport_event *event)
{
	struct planned *m = by_offer(w, node, event);

	if (m == NULL) {
		world_violation(w, "node %u: something unknown was lost", node);
		return;
	}
	if (event->cookie !=
	    (m->accepted ? cookie_of(COOKIE_IN, m->receiver_life, w, m) : m->offer))
		world_violation(w, "message %u lost with another's cookie", message_index(w, m));
	silence_check_lost(w, m);
	m->lost = true;
	m->answer_ns = UINT64_MAX;
	observe_end(w, m);
	if (m->room != NULL)
		room_abandon(m);
}

static void told_end(struct world *w, uint32_t node, const struct transport_event *event)
{
	struct planned *m = &w->messages[event->cookie % WORLD_MESSAGES_MAX];
	uint32_t i = message_index(w, m);

	if (m->from != node || m->to != event->node || !message_pending(w, m) ||
	    event->cookie != cookie_of(COOKIE_OUT, m->sender_life, w, m)) {
		world_violation(w, "message %u ended twice or for another", i);
		return;
	}
	if (event->kind == TRANSPORT_SENT) {
		m->told = TOLD_SENT;
		if (!m->delivered)
			world_violation(w, "message %u sent, but not delivered", i);
		return;
	}
	m->told = TOLD_FAILED;
	w->result->failed++;
	if (event->reason == TRANSPORT_REJECTED) {
		if (!m->rejected || event->code != REJECTION_CODE)
			world_violation(w, "message %u was not rejected, or otherwise", i);
		return;
	}
	silence_check_failed(w, m, event->reason);
	w->nodes[node].session_ns[m->to] = world_now(w);
}

static void told_peer(struct world *w, uint32_t node, const struct transport_event *event)
{
	if (event->kind == TRANSPORT_PEER_DOWN) {
		silence_check_down(w, node, event->node);
		w->nodes[node].gave_up_ns[event->node] = world_now(w);
		w->result->deaths++;
	} else if (event->incarnation != w->nodes[node].known_life[event->node]) {
		world_violation(w, "node %u: life %lu of node %u, which it did not hear", node,
				event->incarnation, event->node);
	}
}

static const char *event_text(enum transport_event_kind kind)
{
	static const char *const texts[] = {"nothing", "OFFER",  "MESSAGE", "LOST",
					    "SENT",    "FAILED", "UP",      "DOWN"};

	return kind < sizeof(texts) / sizeof(texts[0]) ? texts[kind] : "?";
}

void user_event(struct world *w, uint32_t node, const struct transport_event *event)
{
	world_print(w, "node %u: %s of node %u, cookie %lx, offer %lx, %lu bytes, %s", node,
		    event_text(event->kind), event->node, event->cookie, event->offer,
		    event->body_bytes, transport_reason_text(event->reason));
	switch (event->kind) {
	case TRANSPORT_OFFER:
		told_offer(w, node, event);
		break;
	case TRANSPORT_MESSAGE:
		told_message(w, node, event);
		break;
	case TRANSPORT_LOST:
		told_lost(w, node, event);
		break;
	case TRANSPORT_SENT:
	case TRANSPORT_FAILED:
		told_end(w, node, event);
		user_act(w, node);
		break;
	case TRANSPORT_PEER_DOWN:
	case TRANSPORT_PEER_UP:
		told_peer(w, node, event);
		break;
	default:
		world_violation(w, "node %u: an event of no kind", node);
		break;
	}
}

void user_crash(struct world *w, uint32_t index)
{
	struct node *node = &w->nodes[index];

	for (struct planned *m = node->answers; m != NULL; m = m->answer_next)
		m->answer_ns = UINT64_MAX;
	node->answers = NULL;
	node->blocked = false;
	for (uint32_t i = 0; i < w->message_count; i++)
		if (w->messages[i].to == index)
			observe_end(w, &w->messages[i]);
}

static void check_message(struct world *w, const struct planned *m)
{
	uint32_t i = message_index(w, m);

	if (message_pending(w, m))
		world_violation(w, "nothing was told about message %u", i);
	else if (m->sender_life == 0 && !w->nodes[m->from].dead)
		world_violation(w, "message %u was never sent", i);
	else if (m->told == TOLD_SENT && !m->delivered)
		world_violation(w, "message %u was never delivered", i);
	else if (message_awaited(w, m))
		world_violation(w, "message %u accepted and forgotten", i);
	else if (m->gone && !m->lost && m->receiver_life == node_life(w, m->to))
		world_violation(w, "message %u was gone, but not lost", i);
	if (!room_untouched(m))
		world_violation(w, "message %u: memory changed after its end, or around it", i);
}

void user_check_end(struct world *w)
{
	for (uint32_t i = 0; i < w->message_count; i++)
		check_message(w, &w->messages[i]);
}
