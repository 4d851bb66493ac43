/* The users of the world: they send by plan, answer offers late, and check what they are told. */
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "world_state.h"

#define PLAN_NS 20000000ull      /* sends are spread over 20 ms */
#define ANSWER_NS 10000000000ull /* long after the first contact of a restarted node */
#define FLOWS 4

struct head {
	uint32_t index;
	uint32_t body_bytes;
};

static uint8_t pattern(uint32_t index, uint64_t at)
{
	return (uint8_t)((at ^ at >> 8 ^ at >> 16) * 167 + index * 31 + 7);
}

static uint64_t random_bytes(struct sim_random *random, uint64_t max)
{
	uint64_t bits = 0;

	while (1ull << bits < max)
		bits++;
	return 1 + sim_random_below(random, 1ull << sim_random_below(random, bits + 1)) % max;
}

static void plan_message(struct world *w, uint64_t from_ns, uint32_t from, uint32_t to)
{
	struct planned *m = &w->messages[w->message_count];

	CHECK(w->message_count < WORLD_MESSAGES_MAX);
	m->from = (uint8_t)from;
	m->to = (uint8_t)to;
	m->flow = (uint8_t)sim_random_below(&w->random, FLOWS);
	m->send_ns = from_ns + sim_random_below(&w->random, PLAN_NS);
	m->body_bytes = random_bytes(&w->random, w->config->body_bytes_max);
	m->head_bytes = (uint32_t)(sizeof(struct head) +
				   sim_random_below(&w->random, TRANSPORT_HEAD_BYTES_MAX -
								    sizeof(struct head) + 1));
	m->answer_ns = UINT64_MAX;
	if (sim_random_below(&w->random, 3) == 0)
		m->accept_delay_ns = sim_random_below(&w->random, 5000000);
	m->reject = sim_random_below(&w->random, 12) == 0;
	m->body = malloc(m->body_bytes);
	for (uint64_t i = 0; i < m->body_bytes; i++)
		m->body[i] = pattern(w->message_count, i);
	w->message_count++;
}

static void plan_random(struct world *w, uint64_t from_ns)
{
	uint32_t from = (uint32_t)sim_random_below(&w->random, w->config->nodes);
	uint32_t hop = (uint32_t)sim_random_below(&w->random, w->config->nodes - 1);

	plan_message(w, from_ns, from, (from + 1 + hop) % w->config->nodes);
}

void user_plan(struct world *w)
{
	w->random.state = ~w->config->network.seed;
	for (uint32_t i = 0; i < w->config->messages; i++)
		plan_random(w, 0);
	if (w->config->restart) {
		w->restart_node = (uint32_t)sim_random_below(&w->random, w->config->nodes);
		w->restart_ns = PLAN_NS / 4 + sim_random_below(&w->random, PLAN_NS);
	}
}

/* When all is quiet again, the restarted node talks to everyone, and they answer: nothing fails. */
void user_plan_after_restart(struct world *w)
{
	for (uint32_t i = 0; i < w->config->nodes; i++) {
		if (i == w->restart_node)
			continue;
		plan_message(w, sim_network_now(w->network), w->restart_node, i);
		plan_message(w, sim_network_now(w->network) + ANSWER_NS, i, w->restart_node);
	}
}

void user_free(struct world *w)
{
	for (uint32_t i = 0; i < w->message_count; i++) {
		free(w->messages[i].body);
		free(w->messages[i].received);
	}
}

/* --- Acting ---------------------------------------------------------------------------------- */

static void send_message(struct world *w, struct planned *m, uint64_t now_ns)
{
	uint8_t bytes[TRANSPORT_HEAD_BYTES_MAX];
	struct head head = {(uint32_t)(m - w->messages), (uint32_t)m->body_bytes};
	struct node *node = &w->nodes[m->from];

	for (uint32_t i = 0; i < m->head_bytes; i++)
		bytes[i] = pattern(head.index, i);
	memcpy(bytes, &head, sizeof(head));
	m->sending = true;
	m->order = node->flow_sent[m->to][m->flow]++;
	CHECK(transport_send(node->transport, now_ns, m->to, m->flow, bytes, m->head_bytes, m->body,
			     m->body_bytes, NULL, head.index) == 0);
}

static void answer(struct world *w, struct planned *m, uint64_t now_ns)
{
	struct transport *t = w->nodes[m->to].transport;

	m->answer_ns = UINT64_MAX;
	if (m->reject) {
		m->rejected = true;
		CHECK(transport_reject(t, now_ns, m->offer, REJECTION_CODE) == 0);
		return;
	}
	m->accepted = true;
	m->received = malloc(m->body_bytes);
	CHECK(transport_accept(t, now_ns, m->offer, m->received, (uint64_t)(m - w->messages)) == 0);
}

void user_act(struct world *w, uint32_t node, uint64_t now_ns)
{
	for (uint32_t i = 0; i < w->message_count; i++) {
		struct planned *m = &w->messages[i];

		if (m->from == node && !m->sending && m->send_ns <= now_ns)
			send_message(w, m, now_ns);
		if (m->to == node && m->answer_ns <= now_ns)
			answer(w, m, now_ns);
	}
}

uint64_t user_next(struct world *w, uint32_t node)
{
	uint64_t next = UINT64_MAX;

	for (uint32_t i = 0; i < w->message_count; i++) {
		const struct planned *m = &w->messages[i];

		if (m->from == node && !m->sending && m->send_ns < next)
			next = m->send_ns;
		if (m->to == node && m->answer_ns < next)
			next = m->answer_ns;
	}
	return next;
}

/* --- Being told ------------------------------------------------------------------------------ */

static struct planned *by_head(struct world *w, uint32_t node, const struct transport_event *event)
{
	struct planned *m;
	struct head head;

	if (event->head_bytes < sizeof(head))
		goto wrong;
	memcpy(&head, event->head, sizeof(head));
	if (head.index >= w->message_count)
		goto wrong;
	m = &w->messages[head.index];
	if (m->to != node || m->from != event->node || m->flow != event->flow ||
	    m->head_bytes != event->head_bytes || m->body_bytes != event->body_bytes)
		goto wrong;
	for (uint32_t i = sizeof(head); i < m->head_bytes; i++)
		if (event->head[i] != pattern(head.index, i))
			goto wrong;
	return m;
wrong:
	world_violation(w, "node %u: a message that nobody sent", node);
	return NULL;
}

static void told_offer(struct world *w, uint32_t node, const struct transport_event *event)
{
	struct planned *m = by_head(w, node, event);
	uint64_t now = sim_network_now(w->network);

	if (m == NULL)
		return;
	if (m->offered)
		world_violation(w, "message %ld offered twice", m - w->messages);
	m->offered = true;
	m->offer = event->offer;
	m->answer_ns = now + m->accept_delay_ns;
	if (m->accept_delay_ns == 0)
		answer(w, m, now);
}

static void told_message(struct world *w, uint32_t node, const struct transport_event *event)
{
	struct planned *m = by_head(w, node, event);
	uint32_t *last;
	uint64_t i;

	if (m == NULL)
		return;
	i = (uint64_t)(m - w->messages);
	if (!m->accepted || m->delivered || m->lost || event->cookie != i) {
		world_violation(w, "message %lu delivered twice or unasked", i);
		return;
	}
	m->delivered = true;
	w->result->delivered++;
	w->result->delivered_bytes += m->body_bytes;
	for (uint64_t at = 0; at < m->body_bytes; at++) {
		if (m->received[at] != pattern((uint32_t)i, at)) {
			world_violation(w, "message %lu differs at byte %lu", i, at);
			return;
		}
	}
	last = &w->nodes[node].flow_delivered[m->from][m->flow];
	if (m->flow != 0 && m->order < *last)
		world_violation(w, "message %lu overtook another in flow %u", i, m->flow);
	*last = m->order + 1;
}

static void told_lost(struct world *w, uint32_t node, const struct transport_event *event)
{
	for (uint32_t i = 0; i < w->message_count; i++) {
		struct planned *m = &w->messages[i];

		if (m->to != node || !m->offered || m->offer != event->offer || m->delivered)
			continue;
		if (!m->orphan || m->lost || event->cookie != (m->accepted ? i : m->offer))
			world_violation(w, "message %u lost, but its sender is alive", i);
		m->lost = true;
		m->credit_bytes = 0;
		m->answer_ns = UINT64_MAX;
		return;
	}
	world_violation(w, "node %u: something unknown was lost", node);
}

static void told_end(struct world *w, uint32_t node, const struct transport_event *event)
{
	struct planned *m = &w->messages[event->cookie % WORLD_MESSAGES_MAX];
	uint64_t i = (uint64_t)(m - w->messages);

	if (event->cookie >= w->message_count || m->from != node || m->told != TOLD_NOTHING) {
		world_violation(w, "message %lu ended twice or for another", event->cookie);
		return;
	}
	m->told = event->kind == TRANSPORT_SENT ? TOLD_SENT : TOLD_FAILED;
	if (event->kind == TRANSPORT_SENT) {
		if (!m->delivered)
			world_violation(w, "message %lu sent, but not delivered", i);
	} else if (event->reason == TRANSPORT_REJECTED) {
		if (!m->rejected || event->code != REJECTION_CODE)
			world_violation(w, "message %lu was not rejected, or otherwise", i);
	} else if (event->reason != TRANSPORT_RESTARTED || !m->wronged) {
		world_violation(w, "message %lu failed: %s", i,
				transport_reason_text(event->reason));
	}
}

void user_event(struct world *w, uint32_t node, const struct transport_event *event)
{
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
		break;
	case TRANSPORT_PEER_DOWN:
		/* A new self that has nothing to say is silent as the grave of its former one. */
		if (!w->config->restart || event->node != w->restart_node)
			world_violation(w, "node %u thinks node %u dead", node, event->node);
		break;
	case TRANSPORT_PEER_UP:
		if (event->incarnation > w->nodes[event->node].incarnation)
			world_violation(w, "node %u: unborn incarnation", node);
		break;
	case TRANSPORT_NONE:
		world_violation(w, "node %u: an event of no kind", node);
		break;
	}
}

void user_restart(struct world *w, uint32_t node)
{
	for (uint32_t i = 0; i < w->message_count; i++) {
		struct planned *m = &w->messages[i];

		if (m->from == node && m->sending && m->told == TOLD_NOTHING)
			m->orphan = true;
		if (m->to == node) {
			m->wronged = true;
			m->answer_ns = UINT64_MAX;
			m->credit_bytes = 0;
			m->offer = UINT64_MAX; /* its new self numbers offers anew */
		}
	}
}

static void check_message(struct world *w, uint32_t i)
{
	const struct planned *m = &w->messages[i];

	if (m->told == TOLD_NOTHING && !m->orphan)
		world_violation(w, "nothing was told about message %u", i);
	else if (m->told == TOLD_SENT && !m->delivered)
		world_violation(w, "message %u was never delivered", i);
	else if (m->accepted && !m->delivered && !m->lost && !m->wronged)
		world_violation(w, "message %u accepted and forgotten", i);
}

void user_check_end(struct world *w)
{
	for (uint32_t i = 0; i < w->message_count; i++)
		check_message(w, i);
	for (uint32_t i = 0; i < w->config->nodes; i++) {
		const struct transport *t = w->nodes[i].transport;

		if (transport_deadline(t) != UINT64_MAX || transport_output_pending(t))
			world_violation(w, "node %u is not idle at the end", i);
	}
}
