/* Messages in and out: queues in front of the transport, memory for bodies, dispatch. */
#include "node_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

#define SENDS_MAX 3 /* to new lives of a peer: one that restarts more often is not there */

/* A batch, or a control message. */
static bool outgoing_is_control(const struct outgoing *out)
{
	return out->region == NULL;
}

static void outgoing_free(struct outgoing *out)
{
	region_unref(&out->region);
	free(out->heap);
	free(out);
}

static int outgoing_submit(struct node *node, struct outgoing *out)
{
	static const uint8_t nothing[1];
	uint32_t flow = out->region != NULL ? MESSAGE_FLOW_DATA : MESSAGE_FLOW_CONTROL;
	const void *body = out->region != NULL ? out->region->base : out->heap;
	int rc =
	    transport_send(node->transport, node->now_ns, out->peer, flow, &out->head,
			   sizeof(out->head), out->bytes > 0 ? body : nothing,
			   out->bytes > 0 ? out->bytes : 1, out->region, (uint64_t)(uintptr_t)out);

	if (rc == 0) {
		TAILQ_INSERT_TAIL(&node->in_flight, out, link);
		node->batches_in_flight += out->region != NULL;
		node->sends_in_flight++;
	}
	return rc;
}

static void outgoing_refused(struct node *node, struct outgoing *out, int rc)
{
	struct job *job = job_find(node, out->head.job);

	node->handover.control_framed[out->peer] -= outgoing_is_control(out);
	if (job != NULL)
		job_fail(job, "node %u cannot send to node %u: %s", node->id, out->peer,
			 strerror(-rc));
	outgoing_free(out);
}

static void outgoing_queue(struct node *node, struct outgoing *out)
{
	node->handover.control_framed[out->peer] += outgoing_is_control(out);
	/* In order behind what already waits for that peer. */
	int rc = TAILQ_EMPTY(&node->unsent[out->peer]) ? outgoing_submit(node, out) : -EAGAIN;

	if (rc == -EAGAIN) {
		TAILQ_INSERT_TAIL(&node->unsent[out->peer], out, link);
		node->unsent_count++;
	} else if (rc != 0) {
		outgoing_refused(node, out, rc);
	}
}

static bool unsent_retry(struct node *node)
{
	bool worked = false;

	for (uint32_t peer = 0; node->unsent_count > 0 && peer < node->nodes; peer++) {
		struct outgoing *out;

		while ((out = TAILQ_FIRST(&node->unsent[peer])) != NULL) {
			int rc;

			TAILQ_REMOVE(&node->unsent[peer], out, link);
			rc = outgoing_submit(node, out);
			if (rc == -EAGAIN) {
				TAILQ_INSERT_HEAD(&node->unsent[peer], out, link);
				break;
			}
			node->unsent_count--;
			worked = true;
			if (rc != 0)
				outgoing_refused(node, out, rc);
		}
	}
	return worked;
}

void message_send_region(struct node *node, uint32_t peer, const struct message_head *head,
			 struct region *region)
{
	struct outgoing *out = calloc(1, sizeof(*out));

	if (out == NULL) {
		struct job *job = job_find(node, head->job);

		region_unref(&region);
		if (job != NULL)
			job_fail(job, "no memory to send a batch");
		return;
	}
	out->head = *head;
	out->peer = peer;
	out->region = region;
	out->bytes = region->bytes;
	outgoing_queue(node, out);
}

void message_send_heap(struct node *node, uint32_t peer, uint32_t type, uint64_t job, uint32_t edge,
		       uint64_t arg, void *heap, uint64_t bytes)
{
	const struct message_head head = {.version = MESSAGE_VERSION,
					  .type = (uint8_t)type,
					  .edge = edge,
					  .job = job,
					  .arg = arg};
	struct outgoing *out;

	if (handover_control(node, peer, &head, heap, bytes)) {
		free(heap);
		return;
	}
	out = calloc(1, sizeof(*out));
	if (out == NULL) {
		free(heap);
		return; /* the peer's silence timer finds it */
	}
	out->head = head;
	out->peer = peer;
	out->heap = heap;
	out->bytes = bytes;
	outgoing_queue(node, out);
}

static void outgoing_done(struct node *node, struct outgoing *out)
{
	TAILQ_REMOVE(&node->in_flight, out, link);
	node->handover.control_framed[out->peer] -= outgoing_is_control(out);
	node->batches_in_flight -= out->region != NULL;
	node->sends_in_flight--;
	outgoing_free(out);
}

/* --- Receiving -----------------------------------------------------------------------------------
 */

static void incoming_free(struct incoming *in)
{
	region_unref(&in->region);
	free(in->heap);
	free(in);
}

static bool incoming_accept(struct node *node, struct incoming *in)
{
	void *body;

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
	if (transport_accept(node->transport, node->now_ns, in->offer, body,
			     (uint64_t)(uintptr_t)in) == 0)
		TAILQ_INSERT_TAIL(&node->accepted, in, link);
	else
		incoming_free(in); /* lost in the meantime */
	return true;
}

static uint16_t refusal(struct node *node, const struct message_head *head, uint64_t bytes)
{
	struct region_pool_stats pool;
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
	region_pool_stats(node->pool, &pool);
	return bytes <= pool.bytes / 2 ? 0 : MESSAGE_REFUSED_SIZE;
}

static void offered(struct node *node, const struct transport_event *event)
{
	struct incoming *in;
	uint16_t code = MESSAGE_REFUSED_FORM;

	if (event->head_bytes == sizeof(struct message_head)) {
		struct message_head head;

		memcpy(&head, event->head, sizeof(head));
		code = refusal(node, &head, event->body_bytes);
	}
	in = code == 0 ? calloc(1, sizeof(*in)) : NULL;
	if (in == NULL && code == 0)
		code = MESSAGE_REFUSED_MEMORY;
	if (in == NULL) {
		transport_reject(node->transport, node->now_ns, event->offer, code);
		return;
	}
	memcpy(&in->head, event->head, sizeof(in->head));
	in->peer = event->node;
	in->offer = event->offer;
	in->bytes = event->body_bytes;
	/* Batches wait in turn for memory; control messages never wait behind them. */
	if ((in->head.type == MESSAGE_BATCH && !TAILQ_EMPTY(&node->unaccepted)) ||
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
		if (code != 0) { /* its job has ended meanwhile */
			transport_reject(node->transport, node->now_ns, in->offer, code);
			incoming_free(in);
			worked = true;
		} else if (incoming_accept(node, in)) {
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

static void send_refused(struct node *node, const struct outgoing *out, uint16_t code);

static void told_refused(struct node *node, const struct incoming *in)
{
	struct outgoing out = {.head = in->head, .peer = in->peer};

	out.head.type = (uint8_t)in->head.edge;
	send_refused(node, &out, (uint16_t)in->head.arg);
}

static void receive_control(struct node *node, struct incoming *in)
{
	const struct message_head *head = &in->head;
	struct job *job;

	if (head->type == MESSAGE_REFUSED) {
		told_refused(node, in);
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
	if (job == NULL)
		return;
	switch (head->type) {
	case MESSAGE_MARK:
		if (!job->over && head->edge < job->plan->edge_count)
			sched_mark(job->sched, head->edge, in->peer, head->arg);
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
		if (in->peer == job->leader)
			job_end(job);
		break;
	default:
		if (job->lead != NULL)
			lead_message(job, in->peer, head, in->heap, in->bytes);
		break;
	}
}

static void received(struct node *node, struct incoming *in)
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

	if (refusal(node, head, body_bytes) == MESSAGE_REFUSED_FORM || (region != NULL) != batch) {
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

/* Without an offer: a control message, whole in its frame. */
static void received_small(struct node *node, const struct transport_event *event)
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

static void lost(struct node *node, const struct transport_event *event)
{
	struct incoming *in;

	TAILQ_FOREACH (in, &node->unaccepted, link) {
		if (in->offer == event->offer) { /* never accepted */
			TAILQ_REMOVE(&node->unaccepted, in, link);
			free(in);
			return;
		}
	}
	/* A cookie is a pointer only if it is one of ours: an offer's number may look like one. */
	TAILQ_FOREACH (in, &node->accepted, link) {
		if ((uint64_t)(uintptr_t)in == event->cookie) {
			TAILQ_REMOVE(&node->accepted, in, link);
			incoming_free(in);
			return;
		}
	}
}

/* --- Outcomes ------------------------------------------------------------------------------------
 */

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

static void send_refused(struct node *node, const struct outgoing *out, uint16_t code)
{
	struct job *job = job_find(node, out->head.job);

	if (out->head.type == MESSAGE_LISTED && code == MESSAGE_REFUSED_SIZE) {
		char *text = strdup("{\"error\":\"the list of files is too long for one message: "
				    "name fewer files, or use several jobs\"}");

		message_send_heap(node, out->peer, MESSAGE_LISTED, out->head.job, 0, 0, text,
				  text != NULL ? strlen(text) : 0);
		return;
	}
	if (job == NULL || job->over)
		return;
	if (code == MESSAGE_REFUSED_JOB)
		job_fail(job, "node %u does not know the job any more", out->peer);
	else if (code == MESSAGE_REFUSED_MEMORY)
		job_fail(job, "node %u is out of memory", out->peer);
	else if (code == MESSAGE_REFUSED_SIZE)
		job_fail(
		    job,
		    "node %u has no room for a message of %llu bytes: raise its --memory, or make "
		    "the job smaller",
		    out->peer, (unsigned long long)out->bytes);
	else
		job_fail(job, "node %u does not understand this node: are both the same version?",
			 out->peer);
}

static void send_failed(struct node *node, struct outgoing *out,
			const struct transport_event *event)
{
	char why[WATCH_TEXT_BYTES];

	if (event->reason == TRANSPORT_REJECTED)
		send_refused(node, out, event->code);
	else if (event->reason != TRANSPORT_RESTARTED && job_find(node, out->head.job) != NULL)
		messages_peer_lost(node, out->peer, watch_reason(node, event->reason, why));
}

/* Sent to a former life of the peer, which has not got it: the new one may be meant as well. What
 * the restart means for each job TRANSPORT_PEER_UP says, which follows. */
static bool send_again(struct node *node, struct outgoing *out, const struct transport_event *event)
{
	const struct job *job = job_find(node, out->head.job);

	if (event->reason != TRANSPORT_RESTARTED || job == NULL || job->over ||
	    ++out->tries > SENDS_MAX)
		return false;
	TAILQ_REMOVE(&node->in_flight, out, link);
	node->batches_in_flight -= out->region != NULL;
	node->sends_in_flight--;
	TAILQ_INSERT_TAIL(&node->unsent[out->peer], out, link);
	node->unsent_count++;
	return true;
}

static void handle(struct node *node, const struct transport_event *event)
{
	struct outgoing *out = (struct outgoing *)(uintptr_t)event->cookie;
	char why[WATCH_TEXT_BYTES];

	switch (event->kind) {
	case TRANSPORT_OFFER:
		offered(node, event);
		break;
	case TRANSPORT_MESSAGE:
		if (event->body != NULL)
			received_small(node, event);
		else
			received(node, (struct incoming *)(uintptr_t)event->cookie);
		break;
	case TRANSPORT_LOST:
		lost(node, event);
		break;
	case TRANSPORT_SENT:
		outgoing_done(node, out);
		break;
	case TRANSPORT_FAILED:
		if (send_again(node, out, event))
			break;
		send_failed(node, out, event);
		outgoing_done(node, out);
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
	return unsent_retry(node) || worked;
}

static void drop_outgoing(struct outgoing_queue *queue)
{
	struct outgoing *out;

	while ((out = TAILQ_FIRST(queue)) != NULL) {
		TAILQ_REMOVE(queue, out, link);
		outgoing_free(out);
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

void messages_drop(struct node *node)
{
	drop_outgoing(&node->in_flight);
	for (uint32_t peer = 0; peer < node->nodes; peer++)
		drop_outgoing(&node->unsent[peer]);
	drop_incoming(&node->accepted);
	drop_incoming(&node->unaccepted);
}
