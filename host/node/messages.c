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
static void peer_up(struct node *node, uint32_t peer, uint64_t incarnation)
{
	uint64_t before = node->peer_incarnations[peer];
	char name[WATCH_TEXT_BYTES];
	struct job *job, *next;

	node->peer_incarnations[peer] = incarnation;
	if (before == 0 || before == incarnation)
		return;
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

static void handle(struct node *node, const struct transport_event *event)
{
	struct outgoing *out = (struct outgoing *)(uintptr_t)event->cookie;
	char why[WATCH_TEXT_BYTES];

	switch (event->kind) {
	case TRANSPORT_OFFER:
		incoming_offered(node, event);
		break;
	case TRANSPORT_MESSAGE:
		if (event->body != NULL)
			incoming_small(node, event);
		else
			incoming_received(node, (struct incoming *)(uintptr_t)event->cookie);
		break;
	case TRANSPORT_LOST:
		incoming_lost(node, event);
		break;
	case TRANSPORT_SENT:
		outgoing_done(node, out);
		break;
	case TRANSPORT_FAILED:
		outgoing_failed(node, out, event);
		break;
	case TRANSPORT_PEER_UP:
		peer_up(node, event->node, event->incarnation);
		break;
	case TRANSPORT_PEER_DOWN:
		messages_peer_lost(node, event->node, watch_reason(node, event->reason, why));
		break;
	default:
		break;
	}
}

bool messages_pump(struct node *node)
{
	struct transport_event event;
	bool worked = false;

	while (transport_event(node->transport, &event)) {
		handle(node, &event);
		worked = true;
	}
	return outgoing_retry(node) || worked;
}

void messages_drop(struct node *node)
{
	outgoing_drop_all(node);
	incoming_drop_all(node);
}
