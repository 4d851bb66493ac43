/* Shipping: batches to the nodes that consume them, marks behind them, and their arrival. */
#include "node_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

static void ship_batch(struct run *run, uint32_t edge, uint32_t to, struct region *batch,
		       bool counts)
{
	struct job *job = run->job;
	struct node *node = job->node;

	struct message_head head = {
	    .version = MESSAGE_VERSION, .type = MESSAGE_BATCH, .edge = edge, .job = job->id};

	if (counts)
		job->edges[edge].shipped[to]++;
	if (to == node->id) {
		job->counters.local_bytes += batch->bytes;
		ship_deliver(job, edge, region_ref(batch));
		return;
	}
	job->counters.shuffled_bytes += batch->bytes;
	if (handover_batch(node, to, &head, batch)) {
		job->counters.handed_bytes += batch->bytes;
		return;
	}
	head.arg = mr_hash64(batch->base, batch->bytes);
	message_send_region(node, to, &head, region_ref(batch));
}

/* counts is false for what an attempt ships that another one brings, or brought, as well. */
void ship_outputs(struct run *run, bool counts)
{
	struct node *node = run->job->node;

	for (uint32_t i = 0; i < run->output_count; i++) {
		struct run_output *output = &run->outputs[i];

		for (uint32_t to = 0; to < node->nodes && !run->job->over; to++) {
			if (output->batches[to] == NULL)
				continue;
			/* An attempt about to fail has got only some of its batches out. */
			if (!counts && !run->repeated && fault_strikes(node, 500000))
				continue;
			ship_batch(run, output->edge, to, output->batches[to], counts);
		}
	}
}

static void send_mark(struct job *job, uint32_t edge, uint32_t to)
{
	struct message_mark *mark = malloc(sizeof(*mark));

	if (mark == NULL) {
		job_fail(job, "node %u has no memory left for a message to node %u", job->node->id,
			 to);
		return;
	}
	*mark = (struct message_mark){.epoch = job->epoch};
	message_send_heap(job->node, to, MESSAGE_MARK, job->id, edge, job->edges[edge].shipped[to],
			  mark, sizeof(*mark));
}

void ship_marks(struct job *job, uint32_t vertex)
{
	struct node *node = job->node;

	for (uint32_t e = 0; e < job->plan->edge_count; e++) {
		const struct plan_edge *edge = &job->plan->edges[e];

		if (edge->from != vertex || (edge->distribution == DIST_EACH &&
					     job->plan->vertices[vertex].kind == VERTEX_SOURCE))
			continue;
		for (uint32_t to = 0; to < node->nodes; to++) {
			if (!sched_hosts(job->sched, edge->to, to) ||
			    (sched_edge_local(job->sched, e) && to != node->id))
				continue;
			if (to == node->id)
				sched_mark(job->sched, e, node->id, job->edges[e].shipped[to]);
			else
				send_mark(job, e, to);
		}
	}
}

/* --- Arrival
 * -------------------------------------------------------------------------------------- */

/* Remembers a partition; -EEXIST when it was there. Partition numbers are kept plus one. */
static int seen_add(struct job_edge *edge, uint64_t partition)
{
	uint64_t key = partition + 1;
	uint32_t slot;

	if (2 * (edge->seen_count + 1) > edge->seen_slots) {
		uint32_t slots = edge->seen_slots > 0 ? 2 * edge->seen_slots : 64;
		uint64_t *grown = calloc(slots, sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		for (uint32_t i = 0; i < edge->seen_slots; i++) {
			if (edge->seen[i] == 0)
				continue;
			slot = (uint32_t)mr_hash64(&edge->seen[i], 8) & (slots - 1);
			while (grown[slot] != 0)
				slot = (slot + 1) & (slots - 1);
			grown[slot] = edge->seen[i];
		}
		free(edge->seen);
		edge->seen = grown;
		edge->seen_slots = slots;
	}
	slot = (uint32_t)mr_hash64(&key, 8) & (edge->seen_slots - 1);
	for (; edge->seen[slot] != 0; slot = (slot + 1) & (edge->seen_slots - 1))
		if (edge->seen[slot] == key)
			return -EEXIST;
	edge->seen[slot] = key;
	edge->seen_count++;
	return 0;
}

static int each_hold(struct job *job, struct region *batch, const struct mr_set *set,
		     uint32_t *handle)
{
	uint32_t i;

	for (i = 0; i < job->each_count && job->each[i].region != NULL; i++)
		;
	if (i == job->each_count) {
		uint32_t room = job->each_count > 0 ? 2 * job->each_count : 16;
		struct each_batch *grown = realloc(job->each, room * sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		memset(grown + job->each_count, 0, (room - job->each_count) * sizeof(*grown));
		job->each = grown;
		job->each_count = room;
	}
	job->each[i] = (struct each_batch){.region = batch, .set = *set};
	*handle = i;
	return 0;
}

void each_release(struct job *job, uint32_t handle)
{
	struct each_batch *each = &job->each[handle];

	if (each->users == 0 && each->drained)
		region_unref(&each->region);
}

/* Takes the reference unless it fails. */
static int deliver_each(struct job *job, uint32_t e, struct region *batch)
{
	const struct region_check_limits limits = {.items_max = 1u << MR_EACH_ITEM_BITS,
						   .bytes_max = MR_REGION_BYTES_MAX};
	const struct mr_region *header = (const struct mr_region *)(const void *)batch->base;
	bool local = sched_edge_local(job->sched, e);
	const struct mr_set *set;
	struct region_fault fault;
	uint32_t handle = 0;
	int rc = region_check_image(batch->base, batch->bytes, 0, &limits, &fault);

	if (rc == 0 && (header->in_count != 1 || header->out_count != 0)) {
		snprintf(fault.text, sizeof(fault.text), "a batch holds one set, not %u and %u",
			 header->in_count, header->out_count);
		rc = -EBADMSG;
	}
	if (rc != 0) {
		job_fail(job, "an output for %s: %s",
			 job->plan->vertices[job->plan->edges[e].to].name, fault.text);
		return rc;
	}
	rc = seen_add(&job->edges[e], header->partition);
	if (rc != 0) {
		job->counters.duplicates += rc == -EEXIST;
		return rc;
	}
	set = (const struct mr_set *)(const void *)(batch->base + header->sets_off);
	if (set->item_count > 0)
		rc = each_hold(job, batch, set, &handle);
	/* Dealt items keep the number they had in the output: node, node + nodes, ... */
	if (rc == 0)
		rc = sched_each_batch(job->sched, e, handle,
				      (header->partition << MR_EACH_ITEM_BITS) +
					  (local ? 0 : job->node->id),
				      local ? 1 : job->node->nodes, set->item_count);
	if (rc == 0 && set->item_count == 0)
		region_unref(&batch);
	if (rc != 0) {
		if (set->item_count > 0 && job->each_count > handle &&
		    job->each[handle].region == batch)
			job->each[handle].region = NULL;
		job_fail(
		    job,
		    "more than %d outputs wait for %s to take them one by one: it waits for its "
		    "`broadcast` inputs, or takes too long",
		    MR_EACH_BATCHES_MAX, job->plan->vertices[job->plan->edges[e].to].name);
	}
	return rc;
}

static void deliver_stored(struct job *job, uint32_t e, struct region *batch)
{
	const struct mr_region *header = (const struct mr_region *)(const void *)batch->base;
	struct store *store = job->plan->edges[e].state ? job->edges[e].next : job->edges[e].store;
	uint64_t before = store_stats(store)->items;
	struct region_fault fault;
	uint64_t partition = header->partition;
	int rc = store_add(store, batch, &fault);

	if (rc == 0)
		sched_batch(job->sched, e, store_stats(store)->items - before);
	else if (rc == -EEXIST)
		job->counters.duplicates++;
	else
		job_fail(job, "output %llu for %s: %s", (unsigned long long)partition,
			 job->plan->vertices[job->plan->edges[e].to].name,
			 rc == -EBADMSG ? fault.text : strerror(-rc));
}

void ship_deliver(struct job *job, uint32_t edge, struct region *batch)
{
	const struct mr_region *header = (const struct mr_region *)(const void *)batch->base;

	if (job->over || !epoch_meet(job, header->epoch)) {
		job->counters.duplicates += !job->over;
		region_unref(&batch);
	} else if (sched_edge_complete(job->sched, edge)) {
		job->counters.duplicates++;
		region_unref(&batch);
	} else if (job->plan->edges[edge].distribution != DIST_EACH) {
		deliver_stored(job, edge, batch);
	} else if (deliver_each(job, edge, batch) != 0) {
		region_unref(&batch);
	}
}
