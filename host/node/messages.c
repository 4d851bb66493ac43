/* Events of the transport, and what a peer's loss or return means to jobs. */
#include "messages_internal.h"

void messages_peer_lost(struct node *node, uint32_t peer, const char *why)
{
	char name[WATCH_TEXT_BYTES];
	struct job *job, *next;

	for (job = TAILQ_FIRST(&node->jobs); job != NULL; job = next) {
		next = TAILQ_NEXT(job, link);
		if (job->lead != NULL)
			lead_node_lost(job, peer, why);
		else if (job->leader == peer)
			job_end(job);
		else if (!job->over)
			job_fail(job, "%s %s", watch_name(node, peer, name), why);
	}
}

/* A peer's new life knows nothing of the jobs of its former one; a job that only lists asks again.
 */
static void peer_restarted(struct node *node, uint32_t peer, uint64_t incarnation)
{
	char name[WATCH_TEXT_BYTES];
	struct job *job, *next;

	for (job = TAILQ_FIRST(&node->jobs); job != NULL; job = next) {
		next = TAILQ_NEXT(job, link);
		if (job->lead != NULL)
			lead_node_restarted(job, peer);
		else if (job->incarnations[peer] == incarnation)
			continue; /* restarted before the job began: only we had not heard */
		else if (job->leader == peer)
			job_end(job);
		else if (!job->over)
			job_fail(job, "%s was restarted while the job ran",
				 watch_name(node, peer, name));
	}
}

/* Any core may be the first to meet a peer's new life, or late to tell of an old one. */
static void peer_up(struct node *node, uint32_t core, uint32_t peer, uint64_t incarnation)
{
	uint64_t before = node->peer_incarnations[peer];

	node->core_loads[core].incarnations[peer] = incarnation;
	if (incarnation > before) {
		node->peer_incarnations[peer] = incarnation;
		node->peer_cores[peer] = 1;
		if (before != 0)
			peer_restarted(node, peer, incarnation);
	}
	if (core == 0)
		io_cores_tell(node, peer);
}

static void peer_down(struct node *node, uint32_t core, const struct transport_event *event)
{
	uint64_t met = node->core_loads[core].incarnations[event->node];
	char why[WATCH_TEXT_BYTES];

	/* That life is known to have ended: the present one was not asked. */
	if (met != 0 && met < node->peer_incarnations[event->node])
		return;
	messages_peer_lost(node, event->node, watch_reason(node, event->reason, why));
}

void message_event(struct node *node, uint32_t core, const struct transport_event *event)
{
	struct outgoing *out = (struct outgoing *)(uintptr_t)event->cookie;

	switch (event->kind) {
	case TRANSPORT_OFFER:
		incoming_offered(node, core, event);
		break;
	case TRANSPORT_MESSAGE:
		if (event->body != NULL)
			incoming_small(node, event);
		else
			incoming_received(node, (struct incoming *)(uintptr_t)event->cookie);
		break;
	case TRANSPORT_LOST:
		incoming_lost(node, core, event);
		break;
	case TRANSPORT_SENT:
		outgoing_done(node, out);
		break;
	case TRANSPORT_FAILED:
		outgoing_failed(node, out, event);
		break;
	case TRANSPORT_PEER_UP:
		peer_up(node, core, event->node, event->incarnation);
		break;
	case TRANSPORT_PEER_DOWN:
		peer_down(node, core, event);
		break;
	default:
		break;
	}
}

bool messages_pump(struct node *node)
{
	struct transport_event event;
	bool worked = false;

	while (transport_event(node->path.transport, &event)) {
		message_event(node, 0, &event);
		worked = true;
	}
	worked |= io_cores_pump(node);
	return outgoing_retry(node) || worked;
}

void messages_drop(struct node *node)
{
	outgoing_drop_all(node);
	incoming_drop_all(node);
}
