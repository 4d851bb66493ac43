/* Offers of batches that an I/O core may accept by itself. */
#include "admission.h"

#include <stdlib.h>
#include <string.h>

#include "node_internal.h"

/* What has not changed is not written: the cores read these lines for each message. */
static void slot_set(struct admission *admission, uint32_t slot, uint64_t job, uint32_t edges)
{
	if (atomic_load_explicit(&admission->jobs[slot], memory_order_relaxed) == job)
		return;
	atomic_store_explicit(&admission->edges[slot], edges, memory_order_relaxed);
	atomic_store_explicit(&admission->jobs[slot], job, memory_order_release);
}

void admission_update(struct node *node)
{
	struct admission *admission = &node->admission;
	bool closed = !TAILQ_EMPTY(&node->unaccepted);
	const struct job *job;
	uint32_t slot = 0;

	if (node->io_core_count == 1)
		return;
	TAILQ_FOREACH (job, &node->jobs, link)
		if (!job->over && job->plan != NULL && slot < MR_JOBS_MAX)
			slot_set(admission, slot++, job->id, job->plan->edge_count);
	for (; slot < MR_JOBS_MAX; slot++)
		slot_set(admission, slot, 0, 0);
	if (atomic_load_explicit(&admission->closed, memory_order_relaxed) != closed)
		atomic_store_explicit(&admission->closed, closed, memory_order_relaxed);
}

static bool head_admitted(const struct admission *admission, const struct message_head *head)
{
	if (head->version != MESSAGE_VERSION || head->type != MESSAGE_BATCH || head->job == 0)
		return false;
	for (uint32_t i = 0; i < MR_JOBS_MAX; i++)
		if (atomic_load_explicit(&admission->jobs[i], memory_order_acquire) == head->job)
			return head->edge <
			       atomic_load_explicit(&admission->edges[i], memory_order_relaxed);
	return false;
}

static struct incoming *incoming_make(struct node *node, uint32_t core,
				      const struct transport_event *event,
				      const struct message_head *head)
{
	struct incoming *in = calloc(1, sizeof(*in));

	if (in == NULL)
		return NULL;
	if (region_alloc(node->pool, event->body_bytes, REGION_RECEIVE, &in->region) != 0) {
		free(in);
		return NULL;
	}
	in->head = *head;
	in->peer = event->node;
	in->core = core;
	in->offer = event->offer;
	in->bytes = event->body_bytes;
	return in;
}

struct incoming *admission_take(struct node *node, uint32_t core,
				const struct transport_event *event)
{
	struct message_head head;

	if (event->head_bytes != sizeof(head) ||
	    atomic_load_explicit(&node->admission.closed, memory_order_relaxed) ||
	    event->body_bytes > region_pool_provider(node->pool)->bytes / 2)
		return NULL;
	memcpy(&head, event->head, sizeof(head));
	return head_admitted(&node->admission, &head) ? incoming_make(node, core, event, &head)
						      : NULL;
}
