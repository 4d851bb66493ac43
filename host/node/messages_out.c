/* Messages out: a queue in front of the transport for each peer, and what became of them. */
#include "messages_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	int rc = io_cores_send(node, out);

	if (rc == 0) {
		TAILQ_INSERT_TAIL(&node->in_flight, out, link);
		node->batches_in_flight += out->region != NULL;
		node->sends_in_flight++;
	}
	return rc;
}

static void outgoing_unsendable(struct node *node, struct outgoing *out, int rc)
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
	int rc = -EAGAIN;

	out->serial = ++node->outgoing_serial;
	node->handover.control_framed[out->peer] += outgoing_is_control(out);
	/* In order behind what already waits for that peer. */
	if (TAILQ_EMPTY(&node->unsent[out->peer]))
		rc = outgoing_submit(node, out);
	if (rc == -EAGAIN) {
		TAILQ_INSERT_TAIL(&node->unsent[out->peer], out, link);
		node->unsent_count++;
	} else if (rc != 0) {
		outgoing_unsendable(node, out, rc);
	}
}

bool outgoing_retry(struct node *node)
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
				outgoing_unsendable(node, out, rc);
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
			job_fail(
			    job,
			    "node %u has no memory left to send a batch to node %u: free some on "
			    "its host, or run fewer jobs at once",
			    node->id, peer);
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

/* No transport has it any more. */
static void outgoing_take_back(struct node *node, struct outgoing *out)
{
	TAILQ_REMOVE(&node->in_flight, out, link);
	node->batches_in_flight -= out->region != NULL;
	node->sends_in_flight--;
	io_cores_ended(node, out);
}

void outgoing_done(struct node *node, struct outgoing *out)
{
	outgoing_take_back(node, out);
	node->handover.control_framed[out->peer] -= outgoing_is_control(out);
	outgoing_free(out);
}

/* --- Outcomes --------------------------------------------------------------------------------- */

void outgoing_refused(struct node *node, const struct outgoing *out, uint16_t code)
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
		job_fail(job,
			 "node %u has ended this job already, for a reason of its own: see its "
			 "log, then "
			 "run the job again",
			 out->peer);
	else if (code == MESSAGE_REFUSED_MEMORY)
		job_fail(
		    job,
		    "node %u has no memory left to receive from node %u: free some on its host, or "
		    "run fewer jobs at once",
		    out->peer, node->id);
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
		outgoing_refused(node, out, event->code);
	else if (event->reason != TRANSPORT_RESTARTED && job_find(node, out->head.job) != NULL)
		messages_peer_lost(node, out->peer, watch_reason(node, event->reason, why));
}

/* Back to its place: what was to go after it may wait there already. */
static void unsent_insert(struct node *node, struct outgoing *out)
{
	struct outgoing *later;

	node->unsent_count++;
	TAILQ_FOREACH (later, &node->unsent[out->peer], link) {
		if (later->serial > out->serial) {
			TAILQ_INSERT_BEFORE(later, out, link);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&node->unsent[out->peer], out, link);
}

/* Sent to a former life of the peer, which has not got it: the new one may be meant as well. What
 * the restart means for each job TRANSPORT_PEER_UP says, which follows. */
static bool send_again(struct node *node, struct outgoing *out, const struct transport_event *event)
{
	const struct job *job = job_find(node, out->head.job);

	if (event->reason != TRANSPORT_RESTARTED || job == NULL || job->over ||
	    ++out->tries > SENDS_MAX)
		return false;
	outgoing_take_back(node, out);
	unsent_insert(node, out);
	return true;
}

void outgoing_again(struct node *node, struct outgoing *out)
{
	outgoing_take_back(node, out);
	node->core_loads[out->core].full[out->peer] = true;
	unsent_insert(node, out);
}

void outgoing_undone(struct node *node, struct outgoing *out, int rc)
{
	outgoing_take_back(node, out);
	outgoing_unsendable(node, out, rc);
}

void outgoing_failed(struct node *node, struct outgoing *out, const struct transport_event *event)
{
	if (send_again(node, out, event))
		return;
	send_failed(node, out, event);
	outgoing_done(node, out);
}

static void drop_outgoing(struct outgoing_queue *queue)
{
	struct outgoing *out;

	while ((out = TAILQ_FIRST(queue)) != NULL) {
		TAILQ_REMOVE(queue, out, link);
		outgoing_free(out);
	}
}

void outgoing_drop_all(struct node *node)
{
	drop_outgoing(&node->in_flight);
	for (uint32_t peer = 0; peer < node->nodes; peer++)
		drop_outgoing(&node->unsent[peer]);
}
