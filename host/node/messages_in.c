/* Messages in: memory for bodies, checks, and whom they are for. */
#include "messages_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

static void incoming_free(struct incoming *in)
{
	region_unref(&in->region);
	free(in->heap);
	free(in);
}

static bool incoming_accept(struct node *node, struct incoming *in)
{
	void *body;
	int rc;

	if (in->head.type == MESSAGE_BATCH) {
		if (region_alloc(node->pool, in->bytes, REGION_RECEIVE, &in->region) != 0)
			return false;
		body = in->region->base;
	} else {
		in->heap = malloc(in->bytes);
		if (in->heap == NULL)
			return false;
		body = in->heap;
	}
	rc = io_cores_accept(node, in, body);
	if (rc == -EAGAIN) {
		region_unref(&in->region);
		return false;
	}
	if (rc == 0)
		TAILQ_INSERT_TAIL(&node->accepted, in, link);
	else
		incoming_free(in); /* lost in the meantime */
	return true;
}

static uint16_t refusal(struct node *node, const struct message_head *head, uint64_t bytes)
{
	struct job *job;

	if (head->type == MESSAGE_REFUSED)
		return 0; /* of any version: it may say that it is another */
	if (head->version != MESSAGE_VERSION || head->type == 0 || head->type >= MESSAGE_TYPES)
		return MESSAGE_REFUSED_FORM;
	if (head->type != MESSAGE_BATCH)
		return bytes <= MR_CONTROL_BYTES_MAX ? 0 : MESSAGE_REFUSED_SIZE;
	job = job_find(node, head->job);
	if (job == NULL || job->over || head->edge >= job->plan->edge_count)
		return MESSAGE_REFUSED_JOB;
	return bytes <= region_pool_provider(node->pool)->bytes / 2 ? 0 : MESSAGE_REFUSED_SIZE;
}

/* Cores beyond the first are for batches: what else is to be in order, and on the first. */
static bool core_carries(uint32_t core, const struct message_head *head)
{
	return core == 0 || head->type == MESSAGE_BATCH;
}

void incoming_offered(struct node *node, uint32_t core, const struct transport_event *event)
{
	struct message_head head = {0};
	struct incoming *in;
	uint16_t code = MESSAGE_REFUSED_FORM;

	if (event->head_bytes == sizeof(struct message_head)) {
		memcpy(&head, event->head, sizeof(head));
		if (core_carries(core, &head))
			code = refusal(node, &head, event->body_bytes);
	}
	if (code != 0 && io_cores_reject(node, core, event->offer, code) != -EAGAIN)
		return;
	in = calloc(1, sizeof(*in));
	if (in == NULL) {
		io_cores_reject(node, core, event->offer, MESSAGE_REFUSED_MEMORY);
		return;
	}
	in->head = head;
	in->peer = event->node;
	in->core = core;
	in->offer = event->offer;
	in->bytes = event->body_bytes;
	/* Batches wait in turn for memory; control messages never wait behind them. */
	if (code != 0 || (in->head.type == MESSAGE_BATCH && !TAILQ_EMPTY(&node->unaccepted)) ||
	    !incoming_accept(node, in))
		TAILQ_INSERT_TAIL(&node->unaccepted, in, link);
}

bool messages_retry_offers(struct node *node)
{
	struct incoming *in, *next;
	bool full = false;
	bool worked = false;

	for (in = TAILQ_FIRST(&node->unaccepted); in != NULL; in = next) {
		uint16_t code = refusal(node, &in->head, in->bytes);

		next = TAILQ_NEXT(in, link);
		if (code == 0 && full)
			continue;
		TAILQ_REMOVE(&node->unaccepted, in, link);
		if (!core_carries(in->core, &in->head))
			code = MESSAGE_REFUSED_FORM;
		if (code != 0 && /* its job has ended meanwhile */
		    io_cores_reject(node, in->core, in->offer, code) != -EAGAIN) {
			incoming_free(in);
			worked = true;
		} else if (code == 0 && incoming_accept(node, in)) {
			worked = true;
		} else {
			full = true;
			if (next != NULL)
				TAILQ_INSERT_BEFORE(next, in, link);
			else
				TAILQ_INSERT_TAIL(&node->unaccepted, in, link);
		}
	}
	return worked;
}

static void receive_batch(struct node *node, struct incoming *in)
{
	struct job *job = job_find(node, in->head.job);
	struct region *batch = in->region;

	in->region = NULL;
	if (job == NULL || job->over || in->head.edge >= job->plan->edge_count) {
		region_unref(&batch);
	} else if (batch->bytes < sizeof(struct mr_region)) {
		job_fail(job, "a batch from node %u of %llu bytes has no header", in->peer,
			 (unsigned long long)batch->bytes);
		region_unref(&batch);
	} else if (mr_hash64(batch->base, batch->bytes) != in->head.arg) {
		region_unref(&batch);
		job_fail(job, "a batch from node %u does not have the checksum it was sent with",
			 in->peer);
	} else {
		region_freeze(batch);
		ship_deliver(job, in->head.edge, batch);
	}
}

static void told_refused(struct node *node, const struct incoming *in)
{
	struct outgoing out = {.head = in->head, .peer = in->peer};

	out.head.type = (uint8_t)in->head.edge;
	outgoing_refused(node, &out, (uint16_t)in->head.arg);
}

static void receive_mark(struct job *job, const struct incoming *in)
{
	struct message_mark mark;

	if (job->over || in->head.edge >= job->plan->edge_count || in->bytes != sizeof(mark))
		return;
	memcpy(&mark, in->heap, sizeof(mark));
	if (epoch_meet(job, mark.epoch))
		sched_mark(job->sched, in->head.edge, in->peer, in->head.arg);
}

static void receive_control(struct node *node, struct incoming *in)
{
	const struct message_head *head = &in->head;
	struct job *job;

	if (head->type == MESSAGE_REFUSED) {
		told_refused(node, in);
		return;
	}
	if (head->type == MESSAGE_CORES) {
		io_cores_told(node, in->peer, head->arg);
		return;
	}
	if (head->type == MESSAGE_LIST) {
		listing_begin(node, in->peer, head->job, in->heap, in->bytes);
		return;
	}
	if (head->type == MESSAGE_START) {
		start_begin(node, in->peer, head->job, in->heap, in->bytes);
		return;
	}
	job = job_find(node, head->job);
	if (job == NULL && head->type == MESSAGE_END) /* it failed before it began here */
		message_send_heap(node, in->peer, MESSAGE_ENDED, head->job, 0, 0, NULL, 0);
	if (job == NULL)
		return;
	switch (head->type) {
	case MESSAGE_MARK:
		receive_mark(job, in);
		break;
	case MESSAGE_EPOCH:
		if (in->peer == job->leader)
			epoch_meet(job, (uint32_t)head->arg);
		break;
	case MESSAGE_GO:
		if (in->peer == job->leader)
			job_go(job);
		break;
	case MESSAGE_CODE:
		if (in->peer == job->leader)
			prepare_code_arrived(node, job, head->arg, in->heap, in->bytes);
		break;
	case MESSAGE_END:
		if (in->peer != job->leader)
			break;
		if (head->arg == 0 && job->checkpoint != NULL)
			checkpoint_remove(job);
		job_end(job);
		break;
	default:
		if (job->lead != NULL)
			lead_message(job, in->peer, head, in->heap, in->bytes);
		break;
	}
}

void incoming_received(struct node *node, struct incoming *in)
{
	TAILQ_REMOVE(&node->accepted, in, link);
	if (in->head.type == MESSAGE_BATCH) {
		receive_batch(node, in);
	} else {
		/* What the peer handed over before it sent this comes before it. */
		handover_drain_all(node, in->peer);
		receive_control(node, in);
	}
	incoming_free(in);
}

static void receive_handed(struct node *node, const struct message_head *head, struct region *batch)
{
	struct job *job = job_find(node, head->job);

	if (job == NULL || job->over || head->edge >= job->plan->edge_count ||
	    job->plan->edges[head->edge].distribution == DIST_EACH) {
		node->handover.counters.drop_job++;
		region_unref(&batch);
		return;
	}
	node->handover.counters.batches_in++;
	ship_deliver(job, head->edge, batch);
}

/* What lies in memory that goes away. */
static void receive_copy(struct node *node, struct incoming *in, const void *body)
{
	in->heap = malloc(in->bytes + 1);
	if (in->heap == NULL)
		return; /* as a peer that does not answer */
	memcpy(in->heap, body, in->bytes);
	receive_control(node, in);
	free(in->heap);
}

void messages_handed(struct node *node, uint32_t peer, const struct message_head *head,
		     struct region *region, const void *body, uint32_t body_bytes)
{
	struct incoming in = {.head = *head, .peer = peer, .bytes = body_bytes};
	bool batch = head->type == MESSAGE_BATCH;

	if (refusal(node, head, body_bytes) == MESSAGE_REFUSED_FORM || (region != NULL) != batch ||
	    (batch && region->bytes < sizeof(struct mr_region))) {
		node->handover.counters.drop_form++;
		region_unref(&region);
		return;
	}
	if (batch) {
		receive_handed(node, head, region);
		return;
	}
	node->handover.counters.controls_in++;
	receive_copy(node, &in, body);
}

void incoming_small(struct node *node, const struct transport_event *event)
{
	struct incoming in = {.peer = event->node, .bytes = event->body_bytes};
	uint16_t code;

	if (event->head_bytes != sizeof(in.head))
		return; /* from no node of ours: nobody to tell */
	memcpy(&in.head, event->head, sizeof(in.head));
	code = in.head.type == MESSAGE_BATCH ? MESSAGE_REFUSED_FORM
					     : refusal(node, &in.head, in.bytes);
	if (code == 0) {
		handover_drain_all(node,
				   in.peer); /* what the peer handed over before it sent this */
		receive_copy(node, &in, event->body);
	} else if (in.head.type != MESSAGE_REFUSED) {
		message_send_heap(node, in.peer, MESSAGE_REFUSED, in.head.job, in.head.type, code,
				  NULL, 0);
	}
}

void incoming_known(struct node *node, struct incoming *in)
{
	TAILQ_INSERT_TAIL(&node->accepted, in, link);
}

void incoming_gone(struct node *node, struct incoming *in)
{
	TAILQ_REMOVE(&node->accepted, in, link);
	incoming_free(in);
}

void incoming_lost(struct node *node, uint32_t core, const struct transport_event *event)
{
	struct incoming *in;

	TAILQ_FOREACH (in, &node->unaccepted, link) {
		if (in->core == core && in->offer == event->offer) { /* never accepted */
			TAILQ_REMOVE(&node->unaccepted, in, link);
			free(in);
			return;
		}
	}
	/* A cookie is a pointer only if it is one of ours: an offer's number may look like one. */
	TAILQ_FOREACH (in, &node->accepted, link) {
		if (in->core == core && (uint64_t)(uintptr_t)in == event->cookie) {
			incoming_gone(node, in);
			return;
		}
	}
}

static void drop_incoming(struct incoming_queue *queue)
{
	struct incoming *in;

	while ((in = TAILQ_FIRST(queue)) != NULL) {
		TAILQ_REMOVE(queue, in, link);
		incoming_free(in);
	}
}

void incoming_drop_all(struct node *node)
{
	drop_incoming(&node->accepted);
	drop_incoming(&node->unaccepted);
}
