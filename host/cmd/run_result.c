/* What the ways to run a job have in common: the job's spec, progress, and how it ended. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cluster.h"
#include "run.h"

static_assert(sizeof(struct mr_binding) == sizeof(struct job_binding) &&
		  offsetof(struct mr_binding, target) == offsetof(struct job_binding, target),
	      "public and inner bindings are the same, and passed on as they are");

uint32_t run_nodes(const struct run_request *request)
{
	const struct mr_options *options = &request->options;

	if (options->nodes > 0)
		return options->nodes;
	return options->port_count > 0 ? (uint32_t)options->port_count : 1;
}

uint64_t run_memory_bytes(const struct run_request *request)
{
	return request->options.memory_bytes ? request->options.memory_bytes
					     : cluster_memory_default(run_nodes(request));
}

void run_spec_fill(struct job_spec *spec, const struct run_request *request,
		   const struct bundle *bundle)
{
	const struct mr_options *options = &request->options;

	*spec = (struct job_spec){
	    .file = options->file,
	    .text = bundle->text,
	    .text_bytes = bundle->text_bytes,
	    .composition = options->composition,
	    .inputs = (const struct job_binding *)options->inputs,
	    .input_count = (uint32_t)options->input_count,
	    .outputs = (const struct job_binding *)options->outputs,
	    .output_count = (uint32_t)options->output_count,
	    .codes = bundle->codes,
	    .code_count = bundle->plan->function_count,
	    .checkpoint = request->checkpoint_dir,
	    .checkpoint_every = request->checkpoint_every,
	};
}

bool run_cancelled(const struct run_request *request)
{
	return request->cancel != NULL && atomic_load(request->cancel);
}

void run_result_fail(struct run_result *result, enum run_outcome outcome, int rc)
{
	result->outcome = outcome;
	result->rc = rc;
}

void run_result_end(const struct run_request *request, struct run_result *result)
{
	if (result->status.state == JOB_DONE) {
		result->outcome = RUN_OK;
		return;
	}
	if (run_cancelled(request)) {
		snprintf(result->error, sizeof(result->error), "interrupted");
		run_result_fail(result, RUN_INTERRUPTED, -EINTR);
		return;
	}
	snprintf(result->error, sizeof(result->error), "%s", result->status.error);
	run_result_fail(result, RUN_JOB_FAILED, -EIO);
}

uint64_t run_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void run_progress(const struct run_request *request, const struct job_status *status,
		  uint64_t now_ns)
{
	const struct job_counters *counters = &status->counters;
	uint64_t end_ns = status->ended_ns ? status->ended_ns : now_ns;
	struct mr_progress progress = {
	    .seconds =
		end_ns > status->started_ns ? (double)(end_ns - status->started_ns) / 1e9 : 0,
	    .staged_bytes = counters->staged_bytes,
	    .total_bytes = counters->total_bytes,
	    .shuffled_bytes = counters->shuffled_bytes,
	    .invocations = counters->invocations,
	    .result_bytes = counters->result_bytes,
	};

	if (request->options.progress != NULL)
		request->options.progress(&progress, request->options.opaque);
}
