/* Runs a job on a daemon: brings it the code, submits, follows, and fetches the results. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "run.h"
#include "sink.h"

#define POLL_MS 50 /* how late the end of a job is heard of */
#define SUBMIT_TURNS 2
#define POLL_MS_FIRST 5 /* a small job is over by then */

static enum run_outcome outcome_of(int rc, enum run_outcome refused)
{
	if (rc == -EHOSTUNREACH || rc == -EPROTO)
		return RUN_UNREACHABLE;
	return rc == -EINVAL ? refused : RUN_JOB_FAILED;
}

/* A relative path means one of this process, not of the daemon's: "file:a/b" becomes absolute, the
 * rest percent-encoded as RFC 3986 wants. 0 or -errno. */
static int uri_absolute(const char *uri, char *absolute, size_t bytes)
{
	char cwd[PATH_MAX];
	size_t used;

	if (strncmp(uri, "file:", 5) != 0 || uri[5] == '/') {
		used = (size_t)snprintf(absolute, bytes, "%s", uri);
		return used < bytes ? 0 : -ENAMETOOLONG;
	}
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		return -errno;
	used = (size_t)snprintf(absolute, bytes, "file:");
	for (const char *c = cwd; *c != '\0' && used + 4 < bytes; c++) {
		bool plain = isalnum((unsigned char)*c) || strchr("/-._~", *c) != NULL;

		used += (size_t)snprintf(absolute + used, bytes - used, plain ? "%c" : "%%%02X",
					 (unsigned char)*c);
	}
	used += (size_t)snprintf(absolute + used, bytes - used, "/%s", uri + 5);
	return used < bytes ? 0 : -ENAMETOOLONG;
}

struct remote_inputs {
	struct job_binding bindings[MR_SETS_MAX];
	char uris[MR_SETS_MAX][MR_URI_BYTES_MAX];
};

static int inputs_resolve(struct remote_inputs *inputs, struct job_spec *spec, char *error,
			  size_t error_bytes)
{
	for (uint32_t i = 0; i < spec->input_count; i++) {
		const struct job_binding *from = &spec->inputs[i];
		int rc = uri_absolute(from->target, inputs->uris[i], sizeof(inputs->uris[i]));

		if (rc < 0) {
			snprintf(error, error_bytes, "input %s: %s", from->set, strerror(-rc));
			return rc;
		}
		inputs->bindings[i] = (struct job_binding){from->set, inputs->uris[i]};
	}
	spec->inputs = inputs->bindings;
	return 0;
}

static int job_submit(struct client *client, const struct run_request *request,
		      const struct bundle *bundle, uint64_t *id, char *error, size_t error_bytes)
{
	struct remote_inputs *inputs = calloc(1, sizeof(*inputs));
	struct job_spec spec;
	int rc;

	if (inputs == NULL) {
		snprintf(error, error_bytes, "no memory for a job");
		return -ENOMEM;
	}
	run_spec_fill(&spec, request, bundle);
	rc = inputs_resolve(inputs, &spec, error, error_bytes);
	/* Code that was there when asked for may be pushed out before the job arrives. */
	for (int turn = 0; turn < SUBMIT_TURNS; turn++) {
		for (uint32_t i = 0; rc == 0 && i < spec.code_count; i++)
			rc = client_code_bring(client, spec.codes[i].bytes,
					       spec.codes[i].byte_count, error, error_bytes);
		if (rc == 0)
			rc = client_job_submit(client, &spec, id, error, error_bytes);
		if (rc != -ENOENT || turn + 1 == SUBMIT_TURNS)
			break;
		rc = 0;
	}
	free(inputs);
	return rc;
}

static bool job_ended(const struct job_status *status)
{
	return status->state == JOB_DONE || status->state == JOB_FAILED;
}

/* Until the job has ended; a job cancelled is followed for as long. */
static int job_follow(struct client *client, const struct run_request *request, uint64_t id,
		      struct run_result *result)
{
	uint32_t wait_ms = POLL_MS_FIRST;
	bool cancelled = false;

	for (;;) {
		struct timespec wait = {0, wait_ms * 1000000l};
		int rc = client_job_status(client, id, &result->status, result->error,
					   sizeof(result->error));

		if (rc < 0)
			return rc;
		run_progress(request, &result->status, 0);
		if (job_ended(&result->status))
			return 0;
		if (run_cancelled(request) && !cancelled) {
			rc = client_job_delete(client, id, result->error, sizeof(result->error));
			if (rc < 0)
				return rc;
			cancelled = true;
		}
		nanosleep(&wait, NULL);
		wait_ms = 2 * wait_ms < POLL_MS ? 2 * wait_ms : POLL_MS;
	}
}

static int result_fetch(struct client *client, uint64_t id, const struct mr_binding *output,
			char *error, size_t error_bytes)
{
	struct sink_file file;
	int rc = sink_open(&file, output->target, error, error_bytes);

	if (rc < 0)
		return rc;
	rc = client_result_fetch(client, id, output->set, file.fd, error, error_bytes);
	if (rc == 0)
		return sink_commit(&file, error, error_bytes);
	sink_abandon(&file);
	return rc;
}

static int results_fetch(struct client *client, const struct run_request *request, uint64_t id,
			 char *error, size_t error_bytes)
{
	const struct mr_options *options = &request->options;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < options->output_count; i++) {
		if (run_cancelled(request)) {
			snprintf(error, error_bytes, "interrupted");
			rc = -EINTR;
		} else {
			rc = result_fetch(client, id, &options->outputs[i], error, error_bytes);
		}
	}
	return rc;
}

static void job_run(struct client *client, const struct run_request *request,
		    const struct bundle *bundle, struct run_result *result)
{
	char ignored[MR_ERROR_BYTES_MAX];
	uint64_t id;
	int rc = job_submit(client, request, bundle, &id, result->error, sizeof(result->error));

	if (rc < 0) {
		run_result_fail(result, outcome_of(rc, RUN_USAGE), rc);
		return;
	}
	rc = job_follow(client, request, id, result);
	if (rc < 0) {
		run_result_fail(result, outcome_of(rc, RUN_JOB_FAILED), rc);
		return;
	}
	run_result_end(request, result);
	if (result->outcome == RUN_OK) {
		rc = results_fetch(client, request, id, result->error, sizeof(result->error));
		if (rc == -EINTR)
			run_result_fail(result, RUN_INTERRUPTED, rc);
		else if (rc < 0)
			run_result_fail(result, outcome_of(rc, RUN_JOB_FAILED), rc);
	}
	/* Fetched or failed, the daemon need not keep it. Should it not hear, it forgets in time.
	 */
	client_job_delete(client, id, ignored, sizeof(ignored));
}

void remote_run(const struct run_request *request, const struct bundle *bundle,
		struct run_result *result)
{
	struct client *client = NULL;
	int rc = client_open(&client, request->connect, result->error, sizeof(result->error));

	if (rc < 0) {
		run_result_fail(result, rc == -EINVAL ? RUN_USAGE : RUN_CANNOT_START, rc);
		return;
	}
	job_run(client, request, bundle, result);
	client_close(&client);
}
