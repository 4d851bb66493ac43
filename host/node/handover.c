/*
 * Hand-over to peers on this host: which messages go that way, and what comes.
 *
 * Batches are lent where they lie, up to a share of the pool; what is over it travels as frames.
 * Small control messages take the slots when none of that peer's is under way as frames, and what
 * waits in the slots is taken before a control message that came as frames: so their order holds.
 */
#include "node_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

/* Of the pool may be lent: what is out cannot be spilled here, and invocations must have room. */
#define LENT_SHARE(bytes) ((bytes) / 4)
#define RECALL_NS 10000000ull /* between reminders: the peer writes to disk meanwhile */
#define TAKEN_AT_ONCE 256     /* messages of a peer before others have their turn */

static void peer_watch(struct node *node, const struct attach_channel *channel)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = attach_fd(channel)};

	epoll_ctl(node->epoll_fd, EPOLL_CTL_ADD, attach_fd(channel), &event);
}

static void peer_attach(struct node *node, uint32_t peer, struct attach_channel *channel)
{
	node->handover.channels[peer] = channel;
	node->handover.counters.attached++;
	peer_watch(node, channel);
}

static void peer_detach(struct node *node, uint32_t peer)
{
	struct attach_channel **channel = &node->handover.channels[peer];

	if (*channel == NULL)
		return;
	/* The peer may hold the descriptor open: closing ours would not end the watch. */
	epoll_ctl(node->epoll_fd, EPOLL_CTL_DEL, attach_fd(*channel), NULL);
	attach_close(channel);
	node->handover.counters.detached++;
}

int node_attach(struct node *const *nodes, uint32_t count)
{
	for (uint32_t a = 0; a < count; a++) {
		for (uint32_t b = a + 1; b < count; b++) {
			struct attach_channel *ends[2];
			int rc = attach_pair(ends);

			if (rc != 0)
				return rc;
			peer_attach(nodes[a], nodes[b]->id, ends[0]);
			peer_attach(nodes[b], nodes[a]->id, ends[1]);
		}
	}
	return 0;
}

static int rendezvous_start(struct node *node, const struct node_config *config)
{
	struct rendezvous_peer peers[MR_NODES_MAX];
	struct rendezvous_config rendezvous = {
	    .directory = config->attach_dir,
	    .self = {node->id, config->ip, config->udp_port},
	    .incarnation = node->incarnation,
	    .pool = region_pool_provider(node->pool),
	    .peers = peers,
	    .peer_count = config->peer_count,
	};
	struct epoll_event event = {.events = EPOLLIN};
	int rc;

	for (uint32_t i = 0; i < config->peer_count; i++)
		peers[i] = (struct rendezvous_peer){config->peers[i].node, config->peers[i].ip,
						    config->peers[i].udp_port};
	rc = rendezvous_open(&node->handover.rendezvous, &rendezvous, node->handover.note,
			     sizeof(node->handover.note));
	if (rc != 0)
		return rc;
	event.data.fd = rendezvous_fd(node->handover.rendezvous);
	return epoll_ctl(node->epoll_fd, EPOLL_CTL_ADD, event.data.fd, &event) == 0 ? 0 : -errno;
}

void handover_open(struct node *node, const struct node_config *config)
{
	if (config->attach_dir == NULL)
		return;
	if (config->provider.fd < 0)
		snprintf(node->handover.note, sizeof(node->handover.note),
			 "no hand-over to peers on this host: data memory is in DPDK's heap, which "
			 "they cannot map");
	else if (rendezvous_start(node, config) != 0)
		rendezvous_close(&node->handover.rendezvous);
}

const char *node_note(const struct node *node)
{
	return node->handover.note;
}

void handover_close(struct node *node)
{
	for (uint32_t peer = 0; peer < node->nodes; peer++)
		peer_detach(node, peer);
	rendezvous_close(&node->handover.rendezvous);
}

/* --- Sending --------------------------------------------------------------------------------- */

uint64_t handover_lent_bytes(const struct node *node)
{
	uint64_t bytes = 0;

	for (uint32_t peer = 0; peer < node->nodes; peer++)
		if (node->handover.channels[peer] != NULL)
			bytes += attach_lent_bytes(node->handover.channels[peer]);
	return bytes;
}

static bool lent_share_has(struct node *node, uint64_t bytes)
{
	return handover_lent_bytes(node) + bytes <=
	       LENT_SHARE(region_pool_provider(node->pool)->bytes);
}

static void peer_count_out(struct node *node, uint32_t peer, uint64_t bytes)
{
	node->handover.peers[peer].handed_messages_out++;
	node->handover.peers[peer].handed_bytes_out += bytes;
}

bool handover_batch(struct node *node, uint32_t peer, const struct message_head *head,
		    struct region *batch)
{
	struct handover_counters *counters = &node->handover.counters;
	struct attach_channel *channel = node->handover.channels[peer];

	if (channel == NULL)
		return false;
	/* Their items are dealt one by one, straight from the batch: only frames bring a copy that
	 * nobody else can change. */
	if (job_find(node, head->job)->plan->edges[head->edge].distribution == DIST_EACH) {
		counters->by_frames_each++;
		return false;
	}
	if (!lent_share_has(node, batch->class_bytes)) {
		counters->by_frames_share++;
		return false;
	}
	if (attach_lend(channel, head, sizeof(*head), batch) != 0) {
		counters->by_frames_full++;
		return false;
	}
	counters->batches_out++;
	counters->batch_bytes_out += batch->bytes;
	peer_count_out(node, peer, batch->bytes);
	return true;
}

bool handover_control(struct node *node, uint32_t peer, const struct message_head *head,
		      const void *body, uint64_t bytes)
{
	struct attach_channel *channel = node->handover.channels[peer];

	if (channel == NULL || node->handover.control_framed[peer] > 0 ||
	    bytes > ATTACH_INLINE_BYTES_MAX)
		return false;
	if (attach_send(channel, head, sizeof(*head), body, (uint32_t)bytes) != 0)
		return false;
	node->handover.counters.controls_out++;
	peer_count_out(node, peer, bytes);
	return true;
}

void handover_recall(struct node *node)
{
	if (node->now_ns - node->handover.recalled_ns < RECALL_NS)
		return;
	node->handover.recalled_ns = node->now_ns;
	for (uint32_t peer = 0; peer < node->nodes; peer++) {
		struct attach_channel *channel = node->handover.channels[peer];

		if (channel != NULL && attach_lent_bytes(channel) > 0) {
			attach_recall(channel);
			node->handover.counters.recalls_out++;
		}
	}
}

bool handover_recalled(struct node *node)
{
	bool recalled = false;

	for (uint32_t peer = 0; peer < node->nodes; peer++)
		if (node->handover.channels[peer] != NULL)
			recalled |= attach_recalled(node->handover.channels[peer]);
	return recalled;
}

/* --- Receiving ------------------------------------------------------------------------------- */

static void message_take(struct node *node, uint32_t peer, const struct attach_message *message)
{
	struct region *region = message->region;
	struct message_head head;

	if (message->head_bytes != sizeof(head)) {
		node->handover.counters.drop_form++;
		region_unref(&region);
		return;
	}
	memcpy(&head, message->bytes, sizeof(head));
	node->handover.peers[peer].handed_messages_in++;
	node->handover.peers[peer].handed_bytes_in +=
	    region != NULL ? region->bytes : message->body_bytes;
	messages_handed(node, peer, &head, region, message->bytes + sizeof(head),
			message->body_bytes);
}

bool handover_drain(struct node *node, uint32_t peer)
{
	struct attach_channel *channel = node->handover.channels[peer];
	struct attach_message message;
	uint32_t count = 0;

	while (channel != NULL && count < TAKEN_AT_ONCE && attach_receive(channel, &message)) {
		message_take(node, peer, &message);
		count++;
	}
	return count > 0;
}

/* A peer that writes without end gets no more than a ring of it in. */
void handover_drain_all(struct node *node, uint32_t peer)
{
	for (uint32_t i = 0; i < MR_ATTACH_SLOTS / TAKEN_AT_ONCE; i++)
		if (!handover_drain(node, peer))
			return;
}

static void event_handle(struct node *node, const struct rendezvous_event *event)
{
	if (event->kind == RENDEZVOUS_UP) {
		peer_attach(node, event->node, event->channel);
		return;
	}
	handover_drain_all(node, event->node); /* its last words */
	peer_detach(node, event->node);
	messages_peer_lost(node, event->node,
			   "is dead: its process has ended, or has cut the hand-over");
}

static bool peer_pump(struct node *node, uint32_t peer)
{
	struct attach_channel *channel = node->handover.channels[peer];
	bool worked;

	if (channel == NULL)
		return false;
	worked = handover_drain(node, peer);
	if (!worked && attach_broken(channel)) {
		bool rule = attach_counters(channel)->drop_bad_slot > 0;

		peer_detach(node, peer);
		if (rule && node->handover.rendezvous != NULL)
			rendezvous_leave(node->handover.rendezvous, peer);
		if (rule)
			messages_peer_lost(node, peer, "it broke the rules of the hand-over");
		return true;
	}
	return worked;
}

bool handover_pump(struct node *node)
{
	struct rendezvous_event event;
	bool worked = false;

	while (node->handover.rendezvous != NULL &&
	       rendezvous_poll(node->handover.rendezvous, node->now_ns, &event)) {
		event_handle(node, &event);
		worked = true;
	}
	for (uint32_t peer = 0; peer < node->nodes; peer++)
		worked |= peer_pump(node, peer);
	return worked;
}

void handover_flush(struct node *node)
{
	for (uint32_t peer = 0; peer < node->nodes; peer++)
		if (node->handover.channels[peer] != NULL)
			attach_flush(node->handover.channels[peer]);
}

bool handover_arm(struct node *node)
{
	bool waits = false;

	for (uint32_t peer = 0; peer < node->nodes; peer++)
		if (node->handover.channels[peer] != NULL)
			waits |= attach_arm(node->handover.channels[peer]);
	return waits;
}
