/* One invocation attempt from the scheduler's START to its outcome; staging is in run_stage.c, what
 * a worker does in run_work.c. */
#include "node_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "run_size.h"

bool fault_strikes(struct node *node, uint32_t ppm)
{
	if (ppm == 0)
		return false;
	/* xorshift64*: only for injected faults */
	node->fault_random ^= node->fault_random >> 12;
	node->fault_random ^= node->fault_random << 25;
	node->fault_random ^= node->fault_random >> 27;
	return (node->fault_random * 0x2545F4914F6CDD1Dull >> 32) % 1000000 < ppm;
}

uint64_t run_input_bytes_max(const struct job *job, const struct plan_function *function,
			     uint32_t vertex)
{
	const uint32_t index = job->plan->vertices[vertex].function;
	const struct job_function *prepared = &job->functions[index];
	struct sandbox_code *code = NULL;
	uint64_t room = job->node->run_bytes_max;
	uint64_t taken = function->memory_bytes;

	/* Prepared long ago: this only looks it up. */
	if (code_prepare(prepared->code, code_sandbox(job, index), NULL, &code, NULL, 0) == 0)
		taken += code->header_off;
	for (uint32_t e = 0; e < job->plan->edge_count; e++) {
		const struct plan_edge *edge = &job->plan->edges[e];
		uint32_t items;
		uint64_t bytes;

		if (edge->to != vertex || edge->distribution != DIST_BROADCAST)
			continue;
		store_measure(job->edges[e].store, 0, MR_KEY_GROUPS, &items, &bytes);
		taken += (bytes + items * sizeof(struct mr_item)) *
			 (1000 + function->memory_per_input) / 1000;
	}
	taken += 4 * MR_PAGE_BYTES; /* header, set table, names, rounding */
	if (taken >= room)
		return 0;
	return (room - taken) * 1000 / (1000 + function->memory_per_input);
}

static void run_describe(const struct run *run, char *text, size_t text_bytes)
{
	const struct job *job = run->job;
	const struct sched_action *action = &run->action;
	const char *name = run->vertex->name;

	if (run->fetch.split != NULL)
		snprintf(text, text_bytes, "%s on %s, item at byte %llu", name,
			 run->fetch.split->path, (unsigned long long)run->item_offset);
	else if (sched_driver(job->sched, action->vertex) == DIST_KEY)
		snprintf(text, text_bytes, "%s on key groups %llu to %u", name,
			 (unsigned long long)action->partition, action->group_end - 1);
	else if (sched_driver(job->sched, action->vertex) == DIST_EACH)
		snprintf(text, text_bytes, "%s on item %u of output %llu", name, action->index,
			 (unsigned long long)(action->partition >> MR_EACH_ITEM_BITS));
	else
		snprintf(text, text_bytes, "%s", name);
}

/* Drops all it holds but its slot. */
void run_release(struct run *run)
{
	struct node *node = run->job->node;

	gather_free(&run->gather);
	if (run->item_store != NULL)
		store_destroy(&run->item_store, node->spill);
	region_unref(&run->region);
	node->invoke_bytes -= run->region_bytes;
	run->region_bytes = 0;
	for (uint32_t i = 0; i < run->output_count; i++)
		for (uint32_t to = 0; to < node->nodes; to++)
			region_unref(&run->outputs[i].batches[to]);
	free(run->outputs);
	run->outputs = NULL;
	run->output_count = 0;
	run->has_run = false;
	run->fetch.split = NULL;
}

/* Does it take one item of a function's output, rather than of a source? */
static bool takes_held_item(const struct run *run)
{
	const struct job *job = run->job;

	return run->vertex->kind == VERTEX_FUNCTION &&
	       sched_driver(job->sched, run->action.vertex) == DIST_EACH &&
	       job->sources[run->source_vertex].splits == NULL;
}

void run_end(struct run *run, bool ok)
{
	struct job *job = run->job;

	run_release(run);
	run->state = RUN_IDLE;
	/* A failed attempt comes back for its item, or the job is over and drops all. */
	if (ok && takes_held_item(run)) {
		job->each[run->action.handle].users--;
		each_release(job, run->action.handle);
	}
	if (!job->over)
		sched_done(job->sched, run->action.slot, ok);
	job_unbusy(job);
}

void run_failed(struct run *run)
{
	char what[MR_URI_BYTES_MAX + 128];
	char why[MR_ERROR_BYTES_MAX];

	run_describe(run, what, sizeof(what));
	snprintf(why, sizeof(why), "%s", run->error);
	snprintf(run->error, sizeof(run->error), "%.600s: %.400s", what, why);
	/* One that was run again after its success has succeeded, whatever the second run does. */
	run_end(run, run->repeated);
}

void run_wait(struct run *run)
{
	run->state = RUN_WAITING;
	/* What holds a region goes before what wants one. */
	if (run->has_run)
		TAILQ_INSERT_HEAD(&run->job->node->waiting, run, link);
	else
		TAILQ_INSERT_TAIL(&run->job->node->waiting, run, link);
}

static void run_abandon(struct run *run)
{
	if (run->fetch_open)
		source_fetch_close(&run->fetch);
	run->fetch_open = false;
	run_end(run, false);
}

/* Runs of jobs that are over do not wait for anything: what they hold may be what others wait for.
 */
static bool abandon_ended(struct node *node)
{
	struct run *run, *next;
	bool worked = false;

	for (run = TAILQ_FIRST(&node->waiting); run != NULL; run = next) {
		next = TAILQ_NEXT(run, link);
		if (!run->job->over)
			continue;
		TAILQ_REMOVE(&node->waiting, run, link);
		run_abandon(run);
		worked = true;
	}
	return worked;
}

bool runs_retry(struct node *node)
{
	struct run_queue again;
	struct run *run;
	bool worked = false;

	worked = abandon_ended(node);
	TAILQ_INIT(&again);
	TAILQ_CONCAT(&again, &node->waiting, link);
	while ((run = TAILQ_FIRST(&again)) != NULL) {
		TAILQ_REMOVE(&again, run, link);
		if (run->vertex->kind == VERTEX_SINK)
			sink_run_start(run);
		else if (run->has_run)
			run_to_worker(run);
		else
			run_stage(run);
		if (run->state != RUN_WAITING) {
			worked = true;
			continue;
		}
		/* In order: who came later waits behind. */
		TAILQ_CONCAT(&node->waiting, &again, link);
		break;
	}
	return worked;
}

void run_to_worker(struct run *run)
{
	struct node *node = run->job->node;

	if (!run->has_run)
		histogram_add(&node->histograms.stage_ns, node->now_ns - run->begun_ns);
	run->state = RUN_WORKING;
	run->task.kind = run->vertex;
	run->task.work = run_work;
	run->task.done = run_finished;
	workers_push(&node->workers, &run->task);
}

static int prepare_outputs(struct run *run)
{
	const struct plan *plan = run->job->plan;

	for (uint32_t e = 0; e < plan->edge_count; e++)
		if (plan->edges[e].from == run->action.vertex)
			run->output_count++;
	run->outputs = calloc(run->output_count > 0 ? run->output_count : 1, sizeof(*run->outputs));
	if (run->outputs == NULL)
		return -ENOMEM;
	run->output_count = 0;
	for (uint32_t e = 0; e < plan->edge_count; e++) {
		const struct plan_edge *edge = &plan->edges[e];

		if (edge->from != run->action.vertex ||
		    (edge->distribution == DIST_EACH && run->vertex->kind == VERTEX_SOURCE))
			continue;
		run->outputs[run->output_count++].edge = e;
	}
	return 0;
}

/* The source vertex an `each` item of a function vertex comes from, or the vertex itself. */
static uint32_t find_source(const struct job *job, uint32_t vertex)
{
	for (uint32_t e = 0; e < job->plan->edge_count; e++) {
		const struct plan_edge *edge = &job->plan->edges[e];

		if (edge->to == vertex && edge->distribution == DIST_EACH)
			return edge->from;
	}
	return vertex;
}

/* Begins an attempt in a slot that holds nothing. */
void run_begin(struct run *run)
{
	struct job *job = run->job;

	run->error[0] = 0;
	run->begun_ns = job->node->now_ns;
	run->image_end = 0;
	run->ship_rc = 0;
	run->item_bytes = UINT64_MAX;
	run->item_offset = 0;
	if (prepare_outputs(run) != 0) {
		snprintf(run->error, sizeof(run->error), "no memory");
		run_failed(run);
		return;
	}
	if (run->vertex->kind == VERTEX_FUNCTION &&
	    code_prepare(job->functions[run->vertex->function].code,
			 code_sandbox(job, run->vertex->function), NULL, &run->code, run->error,
			 sizeof(run->error)) != 0) {
		run_failed(run);
		return;
	}
	run->header_off = run->code != NULL ? run->code->header_off : 0;
	if (run->vertex->kind == VERTEX_SINK)
		sink_run_start(run);
	else
		run_stage(run);
}

void run_start(struct job *job, const struct sched_action *action)
{
	struct run *run = &job->runs[action->slot];

	assert(run->state == RUN_IDLE);
	run->job = job;
	run->action = *action;
	run->vertex = &job->plan->vertices[action->vertex];
	run->source_vertex = find_source(job, action->vertex);
	run->code = NULL;
	run->repeated = false;
	job->busy++;
	if (action->attempt > 0) {
		job->counters.retries++;
	} else if (takes_held_item(run)) {
		job->each[action->handle].users++;
		job->each[action->handle].drained |= action->last_item;
	}
	run_begin(run);
}
