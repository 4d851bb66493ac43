/*
 * Who hears whom: a peer that is silent for the peer timeout while something is owed is reported
 * dead, in time; nobody else is; and what fails with it had a reason.
 *
 * Silence is measured at the frames that a node was given, by the network's clock; nodes measure by
 * their own, which may be off by some 100 ppm.
 */
#include "world_state.h"

#define SKEW_PARTS 1000 /* what clocks may be off: more than skew_ppm ever is */

static uint64_t timeout_ns(const struct world *w)
{
	return w->config->peer_timeout_ms * NS_PER_MS;
}

void silence_heard(struct world *w, uint32_t index, const struct wire_header *header)
{
	struct node *node = &w->nodes[index];
	uint32_t peer = header->from_node;

	if (peer >= w->config->nodes || header->to_node != index ||
	    header->to_incarnation != node_life(w, index) ||
	    header->from_incarnation < node->known_life[peer])
		return;
	if (node->known_life[peer] != 0 && node->known_life[peer] < header->from_incarnation)
		node->restarted_ns[peer] = world_now(w);
	node->known_life[peer] = header->from_incarnation;
	node->heard_ns[peer] = world_now(w);
}

static uint64_t silent_ns(const struct world *w, uint32_t index, uint32_t peer)
{
	const struct node *node = &w->nodes[index];
	uint64_t since = node->heard_ns[peer];

	return world_now(w) - (since > node->born_ns ? since : node->born_ns);
}

bool silence_lasts(const struct world *w, uint32_t node, uint32_t peer)
{
	return silent_ns(w, node, peer) >= timeout_ns(w) - timeout_ns(w) / SKEW_PARTS;
}

/* A receiver that thought its sender dead, in this session, says so; all messages fail at once. */
static bool session_given_up(const struct world *w, const struct planned *m)
{
	uint64_t session_ns = w->nodes[m->from].session_ns[m->to];
	uint64_t gave_up_ns = w->nodes[m->to].gave_up_ns[m->from];

	return session_ns == world_now(w) || (gave_up_ns > 0 && gave_up_ns >= session_ns);
}

/* Is there a message of which nothing got there for so long, that all may fail with it? */
static bool stalled(const struct world *w, const struct planned *failed)
{
	uint32_t from = failed->from, to = failed->to;
	uint64_t patience_ns = MR_STALL_TIMEOUTS * (timeout_ns(w) - timeout_ns(w) / SKEW_PARTS);

	if (w->nodes[from].session_ns[to] == world_now(w))
		return true; /* it was found a moment before */
	for (uint32_t i = 0; i < w->message_count; i++) {
		const struct planned *m = &w->messages[i];
		uint64_t since = m->heard_ns > m->sent_ns ? m->heard_ns : m->sent_ns;

		if (m->from == from && m->to == to && m->sender_life == node_life(w, from) &&
		    (m->told == TOLD_NOTHING || m == failed) && world_now(w) - since >= patience_ns)
			return true;
	}
	return false;
}

void silence_check_failed(struct world *w, const struct planned *m, enum transport_reason reason)
{
	uint32_t index = message_index(w, m);

	switch (reason) {
	case TRANSPORT_UNREACHABLE:
		if (!silence_lasts(w, m->from, m->to))
			world_violation(w, "message %u failed as unreachable after %.6f s", index,
					(double)silent_ns(w, m->from, m->to) / 1e9);
		break;
	case TRANSPORT_GIVEN_UP:
		if (!session_given_up(w, m))
			world_violation(w, "message %u failed, but nobody gave it up", index);
		break;
	case TRANSPORT_RESTARTED:
		if (w->nodes[m->from].restarted_ns[m->to] < m->sent_ns)
			world_violation(w, "message %u failed, but nobody restarted", index);
		break;
	case TRANSPORT_PATH_SHRUNK:
		world_violation(w, "message %u failed for a path that never shrinks", index);
		break;
	case TRANSPORT_STALLED:
		if (!stalled(w, m))
			world_violation(w, "message %u failed as stalled, but there was progress",
					index);
		break;
	default:
		world_violation(w, "message %u failed: %s", index, transport_reason_text(reason));
	}
}

void silence_check_lost(struct world *w, const struct planned *m)
{
	const struct node *receiver = &w->nodes[m->to];

	if (m->told != TOLD_FAILED && !silence_lasts(w, m->to, m->from) &&
	    receiver->known_life[m->from] <= m->sender_life)
		world_violation(w, "message %u lost, but its sender is alive", message_index(w, m));
}

void silence_check_down(struct world *w, uint32_t node, uint32_t peer)
{
	if (!silence_lasts(w, node, peer))
		world_violation(w, "node %u thinks node %u dead after %.6f s", node, peer,
				(double)silent_ns(w, node, peer) / 1e9);
}

static uint64_t latest(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t later = a > b ? a : b;

	return later > c ? later : c;
}

/* Has the node waited for a peer longer than it may, since it began to? */
static void check_waiting(struct world *w, uint32_t index, uint32_t peer, uint64_t begun_ns)
{
	const struct node *node = &w->nodes[index];
	uint64_t since = latest(node->heard_ns[peer], begun_ns, node->resumed_ns);

	if (sim_network_resume_time(w->network, index) > world_now(w))
		return;
	if (world_now(w) - since > timeout_ns(w) + timeout_ns(w) / SKEW_PARTS + NS_PER_MS)
		world_violation(w, "node %u waits for node %u, silent for %.6f s", index, peer,
				(double)(world_now(w) - since) / 1e9);
}

uint64_t silence_watch_end(const struct world *w, uint32_t node)
{
	return w->nodes[node].watching ? w->config->watch_us * NS_PER_US : UINT64_MAX;
}

void silence_watch(struct world *w, uint32_t index)
{
	bool watching = world_now(w) < w->config->watch_us * NS_PER_US;
	struct node *node = &w->nodes[index];

	if (watching == node->watching)
		return;
	node->watching = watching;
	for (uint32_t peer = 0; peer < w->config->nodes; peer++)
		if (peer != index &&
		    transport_peer_watch(sim_station_transport(node->station),
					 sim_station_clock(node->station), peer, watching) < 0)
			world_violation(w, "node %u cannot watch node %u", index, peer);
}

/* A death reported is not reported again before the peer was heard. */
static void check_watched(struct world *w, uint32_t index)
{
	const struct node *node = &w->nodes[index];

	for (uint32_t peer = 0; peer < w->config->nodes; peer++)
		if (peer != index && (node->gave_up_ns[peer] < node->born_ns ||
				      node->gave_up_ns[peer] < node->heard_ns[peer]))
			check_waiting(w, index, peer, node->born_ns);
}

void silence_sweep(struct world *w)
{
	w->sweep_ns = world_now(w) + timeout_ns(w) / 8;
	for (uint32_t i = 0; i < w->config->nodes; i++)
		if (w->nodes[i].watching && !w->nodes[i].dead)
			check_watched(w, i);
	for (uint32_t i = 0; i < w->message_count; i++) {
		const struct planned *m = &w->messages[i];

		if (message_pending(w, m))
			check_waiting(w, m->from, m->to, m->sent_ns);
		if (message_awaited(w, m))
			check_waiting(w, m->to, m->from, m->accepted_ns);
	}
}
