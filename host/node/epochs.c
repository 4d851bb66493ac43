/* Epochs of a job: all of one is here, all nodes have told the leader, the next one begins. */
#include "node_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int epochs_open(struct job *job)
{
	for (uint32_t e = 0; e < job->plan->edge_count; e++) {
		const struct plan_edge *edge = &job->plan->edges[e];

		if (edge->state &&
		    store_create(&job->edges[e].next, edge->distribution == DIST_KEY) != 0)
			return -ENOMEM;
	}
	return 0;
}

/* --- The end of an epoch ---------------------------------------------------------------------- */

void epoch_note_outputs(struct run *run)
{
	const struct plan *plan = run->job->plan;

	if (plan->until && plan->until_vertex == run->action.vertex)
		run->job->until_items += run->out_sets[plan->until_set].item_count;
}

/* So that an edge never has more than one store that is to go. */
static bool old_stores_gone(const struct job *job)
{
	for (uint32_t e = 0; e < job->plan->edge_count; e++)
		if (job->edges[e].old != NULL)
			return false;
	return true;
}

bool epoch_report(struct job *job)
{
	const struct message_head told = {
	    .type = MESSAGE_EPOCH_DONE, .edge = job->epoch, .arg = job->until_items};

	if (!job->epoch_made || job->over || job->failed_sent || !old_stores_gone(job))
		return false;
	if (checkpoint_due(job) && !checkpoint_saved(job))
		return checkpoint_save(job);
	job->epoch_made = false;
	if (job->lead != NULL)
		lead_message(job, job->node->id, &told, NULL, 0);
	else
		message_send_heap(job->node, job->leader, told.type, job->id, told.edge, told.arg,
				  NULL, 0);
	return true;
}

/* --- The beginning of the next ---------------------------------------------------------------- */

/* The version that its consumers took is old, the one that was made takes its place; another
 * edge's batches are all old. */
static int edge_turn(struct job *job, uint32_t e)
{
	const struct plan_edge *planned = &job->plan->edges[e];
	struct job_edge *edge = &job->edges[e];
	bool state = planned->state;

	memset(edge->shipped, 0, sizeof(edge->shipped));
	edge->drained = edge->sealed = false;
	edge->seen_count = 0;
	if (edge->seen != NULL)
		memset(edge->seen, 0, edge->seen_slots * sizeof(*edge->seen));
	if (planned->distribution == DIST_EACH)
		return 0;
	edge->old = edge->store;
	edge->store = edge->next;
	edge->next = NULL;
	return store_create(state ? &edge->next : &edge->store, planned->distribution == DIST_KEY);
}

static void epoch_begin(struct job *job)
{
	int rc = 0;

	job->epoch++;
	job->until_items = 0;
	if (job->checkpoint != NULL)
		checkpoint_begin(job);
	for (uint32_t e = 0; e < job->plan->edge_count; e++) {
		enum sched_life life = sched_edge_life(job->sched, e);

		if (life == SCHED_EPOCH || life == SCHED_STATE)
			rc = rc != 0 ? rc : edge_turn(job, e);
	}
	sched_epoch(job->sched);
	if (rc != 0)
		job_fail(job, "node %u has no memory left to begin epoch %u", job->node->id,
			 job->epoch);
}

bool epoch_meet(struct job *job, uint32_t epoch)
{
	if (job->over || epoch < job->epoch)
		return false;
	if (epoch == job->epoch)
		return true;
	/* Only who has heard that this one is committed goes on, and for that we had to tell; a
	 * leader says so itself. */
	if (job->lead != NULL || epoch - job->epoch > 1 || !sched_epoch_done(job->sched) ||
	    job->epoch_made) {
		job_fail(job, "node %u is in epoch %u, and has got something of epoch %u",
			 job->node->id, job->epoch, epoch);
		return false;
	}
	epoch_begin(job);
	return !job->failed_sent;
}

/* --- At the leader ---------------------------------------------------------------------------- */

void epoch_next(struct job *job)
{
	struct lead *lead = job->lead;

	job->counters.epochs++;
	lead->until_items = 0;
	lead->waiting = lead_all_nodes(job->node);
	lead_send_all(job, MESSAGE_EPOCH, job->epoch + 1, NULL);
	epoch_begin(job);
}

static void epoch_commit(struct job *job)
{
	bool empty = job->plan->until && job->lead->until_items == 0;

	if (job->epoch + 1 == job->plan->epochs || empty) {
		job->counters.epochs++;
		sched_last(job->sched);
	} else if (checkpoint_due(job)) {
		checkpoint_commit(job);
	} else {
		epoch_next(job);
	}
}

void epoch_told(struct job *job, uint32_t peer, uint32_t epoch, uint64_t until_items)
{
	struct lead *lead = job->lead;

	if (lead->phase != LEAD_RUNNING || epoch != job->epoch || !(lead->waiting & 1ull << peer) ||
	    job->failed_sent)
		return;
	lead->until_items += until_items;
	lead->waiting &= ~(1ull << peer);
	if (lead->waiting == 0)
		epoch_commit(job);
}
