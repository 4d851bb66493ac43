/* libmillrace: the public calls, on top of an embedded run. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/millrace.h>

#include "run.h"

const char *mr_version(void)
{
	return MR_VERSION;
}

/* What a program could get wrong that nothing behind here would catch. */
static int options_check(const struct mr_options *options, char *error, size_t error_bytes)
{
	const char *wrong = NULL;

	if (options->file == NULL)
		wrong = "no composition file";
	else if (options->input_count > MR_SETS_MAX || options->output_count > MR_SETS_MAX)
		wrong = "more than 64 inputs or outputs";
	else if (options->nodes > MR_NODES_MAX || options->port_count > MR_NODES_MAX)
		wrong = "more than 64 nodes";
	else if (options->port_count > 0 && options->nodes > 0 &&
		 options->nodes != options->port_count)
		wrong = "as many ports as nodes are needed, or none";
	else if (options->workers > MR_WORKERS_MAX)
		wrong = "more than 64 workers";
	else if (options->sandbox != NULL && sandbox_backend(options->sandbox) == NULL)
		wrong = "no such sandbox: " SANDBOX_NAMES;
	if (wrong == NULL)
		return 0;
	snprintf(error, error_bytes, "%s", wrong);
	return -EINVAL;
}

static void summary_fill(struct mr_summary *summary, const struct run_result *result)
{
	const struct job_status *status = &result->status;
	const struct job_counters *counters = &status->counters;

	*summary = (struct mr_summary){
	    .seconds = status->ended_ns > status->started_ns
			   ? (double)(status->ended_ns - status->started_ns) / 1e9
			   : 0,
	    .nodes = status->nodes,
	    .staged_bytes = counters->staged_bytes,
	    .shuffled_bytes = counters->shuffled_bytes,
	    .spilled_bytes = counters->spilled_bytes,
	    .result_bytes = counters->result_bytes,
	    .invocations = counters->invocations,
	    .retries = counters->retries,
	    .duplicates = counters->duplicates,
	    .drops = counters->drops,
	    .retransmits = counters->retransmits,
	    .run_ns = counters->run_ns,
	};
	snprintf(summary->note, sizeof(summary->note), "%s", result->note);
}

static void run(const struct mr_options *options, struct run_result *result)
{
	const struct run_request request = {.options = *options};
	const struct locate_places places = {options->file, options->function_dirs,
					     options->function_dir_count};
	struct bundle bundle;
	int rc = bundle_load(&bundle, &places, options->composition,
			     options->sandbox ? options->sandbox : "wasm", result->error,
			     sizeof(result->error));

	if (rc < 0) {
		run_result_fail(result, RUN_COMPOSITION, rc);
		return;
	}
	embedded_run(&request, &bundle, result);
	bundle_free(&bundle);
}

int mr_run(const struct mr_options *options, struct mr_summary *summary, char *error,
	   size_t error_bytes)
{
	struct run_result *result;
	int rc = options_check(options, error, error_bytes);

	if (rc < 0)
		return rc;
	result = calloc(1, sizeof(*result));
	if (result == NULL) {
		snprintf(error, error_bytes, "out of memory");
		return -ENOMEM;
	}
	run(options, result);
	if (summary != NULL)
		summary_fill(summary, result);
	rc = result->rc;
	if (rc < 0)
		snprintf(error, error_bytes, "%s", result->error);
	free(result);
	return rc;
}
