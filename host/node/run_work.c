/* What a worker does with a staged invocation: run it, check what it left, build its batches; and
 * what the I/O thread does when it comes back. */
#include "node_internal.h"

#include <errno.h>
#include <string.h>

#include "probe.h"
#include "shuffle.h"

/* Items one invocation may put out: their table alone is bounded by its region. */
static bool feeds_key(const struct run *run, uint32_t set)
{
	const struct plan *plan = run->job->plan;

	for (uint32_t i = 0; i < run->output_count; i++) {
		const struct plan_edge *edge = &plan->edges[run->outputs[i].edge];

		if (edge->from_set == set && edge->distribution == DIST_KEY)
			return true;
	}
	return false;
}

static int check_outputs(struct run *run)
{
	const struct plan_function *function = &run->job->plan->functions[run->vertex->function];
	const char *names[MR_SETS_MAX];
	struct sandbox_outputs declared = {.in_count = function->in_count,
					   .out_count = function->out_count,
					   .names = names,
					   .bytes_max = function->output_bytes_max,
					   .items_max = function->output_items_max};

	for (uint32_t i = 0; i < function->out_count; i++) {
		names[i] = function->out[i].name;
		declared.keyed |= (uint64_t)feeds_key(run, i) << i;
	}
	return sandbox_check_outputs(run->region, run->sets_off, &declared, run->out_sets,
				     &run->result);
}

/* One batch with everything, for each node that hosts the consumer. */
static int build_whole(struct run *run, struct run_output *output, const struct mr_set *set,
		       const char *name, const struct invocation_name *producer)
{
	struct job *job = run->job;
	uint32_t self = job->node->id;
	bool local = sched_edge_local(job->sched, output->edge);
	struct region *batch;
	int rc = shuffle_whole(job->node->pool, run->region->base, set, name, producer, &batch);

	if (rc != 0)
		return rc;
	for (uint32_t to = 0; to < job->node->nodes; to++)
		if (local ? to == self
			  : sched_hosts(job->sched, job->plan->edges[output->edge].to, to))
			output->batches[to] = region_ref(batch);
	region_unref(&batch);
	return 0;
}

int run_build_batches(struct run *run)
{
	struct job *job = run->job;
	const struct plan_function *function = &job->plan->functions[run->vertex->function];
	struct invocation_name producer = {.job = job->id,
					   .partition = run->action.partition,
					   .vertex = run->action.vertex,
					   .epoch = job->epoch,
					   .attempt = run->action.attempt};

	for (uint32_t i = 0; i < run->output_count; i++) {
		struct run_output *output = &run->outputs[i];
		const struct plan_edge *edge = &job->plan->edges[output->edge];
		const struct mr_set *set = &run->out_sets[edge->from_set];
		const char *name = function->out[edge->from_set].name;
		int rc;

		if (output->built) /* before memory ran short */
			continue;
		if (edge->distribution == DIST_KEY)
			rc = shuffle_by_key(job->node->pool, run->region->base, set, name,
					    &producer, job->node->nodes, output->batches);
		else if (edge->distribution == DIST_EACH &&
			 !sched_edge_local(job->sched, output->edge))
			rc = shuffle_deal(job->node->pool, run->region->base, set, name, &producer,
					  job->node->nodes, output->batches);
		else
			rc = build_whole(run, output, set, name, &producer);
		if (rc != 0)
			return rc;
		output->built = true;
	}
	return 0;
}

void run_work(struct task *task)
{
	struct run *run = (struct run *)task;
	const struct plan_function *function = &run->job->plan->functions[run->vertex->function];

	if (!run->has_run) {
		const struct mr_region *header;
		int rc = run->gather != NULL ? gather_finish(run->gather, &run->image_end) : 0;

		run->result = (struct sandbox_result){.outcome = SANDBOX_OK};
		if (rc != 0) {
			run->result.outcome = SANDBOX_BAD_OUTPUT;
			snprintf(run->result.text, sizeof(run->result.text),
				 "its inputs are damaged: %s", strerror(-rc));
			return;
		}
		header =
		    (const struct mr_region *)(const void *)(run->region->base + run->header_off);
		run->sets_off = header->sets_off;
		region_wipe_except(run->region, run->header_off, run->image_end - run->header_off);
		PROBE_INVOCATION_START(run->job->node->id, run->job->id, run->action.vertex,
				       run->action.partition, run->action.attempt);
		sandbox_run(run->code, run->region, function->time_limit_ms, &run->result);
		PROBE_INVOCATION_END(run->job->node->id, run->job->id, run->action.vertex,
				     run->action.partition, run->result.outcome,
				     run->result.run_ns);
		if (run->result.outcome == SANDBOX_OK)
			check_outputs(run);
		if (run->result.outcome != SANDBOX_OK)
			return;
		run->has_run = true;
	}
	run->ship_rc = run_build_batches(run);
}

/* --- Back on the I/O thread
 * -------------------------------------------------------------------------- */

static void run_outcome(struct run *run)
{
	struct job *job = run->job;
	bool function = run->vertex->kind == VERTEX_FUNCTION; /* faults are injected into these */

	if (run->result.outcome != SANDBOX_OK) {
		snprintf(run->error, sizeof(run->error), "%.900s", run->result.text);
		run_failed(run);
	} else if (run->ship_rc != 0 && run->ship_rc != -ENOMEM) {
		snprintf(run->error, sizeof(run->error), "its outputs cannot be shipped: %s",
			 run->ship_rc == -E2BIG || run->ship_rc == -EOVERFLOW
			     ? "they are larger than the node's memory can hold: raise --memory"
			     : strerror(-run->ship_rc));
		run_failed(run);
	} else if (function && !run->repeated &&
		   fault_strikes(job->node, job->node->faults.fail_ppm)) {
		ship_outputs(run, false);
		snprintf(run->error, sizeof(run->error), "injected fault");
		run_failed(run);
	} else {
		ship_outputs(run, !run->repeated);
		if (function && !run->repeated) {
			job->counters.committed++;
			epoch_note_outputs(run);
		}
		if (!function || run->repeated || job->over ||
		    !fault_strikes(job->node, job->node->faults.repeat_ppm)) {
			run_end(run, true);
			return;
		}
		run_release(run);
		run->repeated = true;
		run_begin(run);
	}
}

void run_finished(struct task *task)
{
	struct run *run = (struct run *)task;
	struct job *job = run->job;

	/* In virtual time functions take none, so that a seed's trace does not depend on the
	 * machine. */
	if (run->vertex->kind == VERTEX_FUNCTION && !job->node->simulated &&
	    run->result.run_ns > 0) {
		job->counters.run_ns += run->result.run_ns;
		histogram_add(&job->node->histograms.run_ns, run->result.run_ns);
	}
	run->result.run_ns = 0;
	/* Its inputs are used: batches they came from may be spilled again. */
	gather_free(&run->gather);
	if (job->over) {
		run_end(run, false);
	} else if (run->has_run && run->ship_rc == -ENOMEM) {
		run->ship_rc = 0;
		run_wait(run);
	} else {
		job->counters.invocations += run->vertex->kind == VERTEX_FUNCTION;
		run_outcome(run);
	}
}
