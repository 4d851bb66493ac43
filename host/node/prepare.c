/* Code of a job's functions: fetched from the leader by hash where it is not known, then prepared
 * by a worker. */
#include "node_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct preparation {
	struct task task;
	struct job *job;
	uint32_t function;
	int rc;
	char error[MR_ERROR_BYTES_MAX];
};

static void say_ready(struct job *job)
{
	if (job->lead != NULL)
		lead_message(job, job->node->id,
			     &(struct message_head){.type = MESSAGE_READY, .job = job->id}, NULL,
			     0);
	else
		message_send_heap(job->node, job->leader, MESSAGE_READY, job->id, 0, 0, NULL, 0);
}

void prepare_counted(struct job *job)
{
	if (--job->preparing == 0 && !job->over)
		say_ready(job);
}

static void prepare_work(struct task *task)
{
	struct preparation *preparation = (struct preparation *)task;
	struct job *job = preparation->job;
	struct sandbox_code *code;

	preparation->rc = code_prepare(
	    job->functions[preparation->function].code, code_sandbox(job, preparation->function),
	    job->node->cache_dir, &code, preparation->error, sizeof(preparation->error));
}

static void prepare_done(struct task *task)
{
	struct preparation *preparation = (struct preparation *)task;
	struct job *job = preparation->job;

	if (preparation->rc != 0)
		job_fail(job, "function %s: %s", job->plan->functions[preparation->function].name,
			 preparation->error);
	else
		prepare_counted(job);
	job_unbusy(job);
	free(preparation);
}

static void prepare_push(struct job *job, uint32_t function)
{
	struct preparation *preparation = calloc(1, sizeof(*preparation));

	if (preparation == NULL) {
		job_fail(job, "no memory to prepare function %s",
			 job->plan->functions[function].name);
		return;
	}
	preparation->job = job;
	preparation->function = function;
	preparation->task.work = prepare_work;
	preparation->task.done = prepare_done;
	job->busy++;
	workers_push(&job->node->workers, &preparation->task);
}

static bool used(const struct plan *plan, uint32_t function)
{
	for (uint32_t v = 0; v < plan->vertex_count; v++)
		if (plan->vertices[v].kind == VERTEX_FUNCTION &&
		    plan->vertices[v].function == function)
			return true;
	return false;
}

int prepare_start(struct job *job)
{
	for (uint32_t f = 0; f < job->plan->function_count; f++)
		job->preparing += used(job->plan, f);
	if (job->preparing == 0)
		say_ready(job);
	for (uint32_t f = 0; f < job->plan->function_count; f++) {
		struct job_function *function = &job->functions[f];

		if (!used(job->plan, f))
			continue;
		if (function->code == NULL &&
		    code_open(&function->code, function->hash, code_owner(job, f)) != 0)
			return -ENOMEM;
		function->asked = !code_known(function->code);
		if (!function->asked)
			prepare_push(job, f);
		else
			message_send_heap(job->node, job->leader, MESSAGE_CODE_GET, job->id, 0,
					  function->hash, NULL, 0);
	}
	return 0;
}

void prepare_code_arrived(struct node *node, struct job *job, uint64_t hash, const void *bytes,
			  size_t byte_count)
{
	for (uint32_t f = 0; f < job->plan->function_count; f++) {
		struct job_function *function = &job->functions[f];
		int rc;

		if (!function->asked || function->hash != hash)
			continue;
		rc = code_supply(function->code, bytes, byte_count);
		if (rc != 0) {
			job_fail(job, "node %u: code of function %s: %s", node->id,
				 job->plan->functions[f].name,
				 rc == -EBADMSG ? "does not match its hash" : strerror(-rc));
			return;
		}
		function->asked = false;
		prepare_push(job, f);
	}
}
