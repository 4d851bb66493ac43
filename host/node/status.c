/* What other threads may see of a node: published copies of jobs' status; metrics.c has the
 * metrics. */
#include "node_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PUBLISH_NS 100000000ull
#define PROGRESS_NS 200000000ull

const char *job_state_name(enum job_state state)
{
	static const char *const names[] = {"starting", "running", "ending", "done", "failed"};

	return names[state];
}

static struct status_entry *find_entry(struct node *node, uint64_t id)
{
	struct status_entry *entry;

	STAILQ_FOREACH (entry, &node->statuses, link)
		if (entry->status.id == id)
			return entry;
	return NULL;
}

static enum job_state state_of(const struct lead *lead)
{
	switch (lead->phase) {
	case LEAD_LISTING:
	case LEAD_STARTING:
		return JOB_STARTING;
	case LEAD_RUNNING:
		return JOB_RUNNING;
	case LEAD_ENDING:
		return JOB_ENDING;
	default:
		return lead->failed ? JOB_FAILED : JOB_DONE;
	}
}

static uint64_t written_now(const struct job *job)
{
	uint64_t written = 0;

	for (uint32_t v = 0; v < job->plan->vertex_count; v++)
		written += atomic_load_explicit(&job->sinks[v].written, memory_order_relaxed);
	return written;
}

static void publish_job(struct node *node, struct job *job)
{
	struct status_entry *entry = find_entry(node, job->id);
	struct job_status *status;

	if (entry == NULL)
		return;
	status = &entry->status;
	if (status->state >= JOB_DONE)
		return;
	status->state = state_of(job->lead);
	status->started_ns = job->lead->started_ns;
	status->ended_ns = job->lead->ended_ns;
	status->counters = job->counters;
	for (uint32_t n = 0; n < node->nodes; n++)
		if (n != node->id)
			job_counters_add(&status->counters, &job->lead->node_counters[n]);
	status->counters.result_bytes = written_now(job);
	if (job->lead->failed)
		snprintf(status->error, sizeof(status->error), "%s", job->lead->error);
	if (status->state == JOB_DONE)
		node->jobs_done++;
	if (status->state == JOB_FAILED)
		node->jobs_failed++;
}

/* Old finished jobs make room for new ones. */
static void forget_old(struct node *node)
{
	while (node->status_count > NODE_STATUS_KEPT) {
		struct status_entry *entry, *last = NULL;

		STAILQ_FOREACH (entry, &node->statuses, link)
			if (entry->status.state >= JOB_DONE)
				last = entry;
		if (last == NULL)
			return;
		STAILQ_REMOVE(&node->statuses, last, status_entry, link);
		node->status_count--;
		free(last);
	}
}

static void send_progress(struct job *job)
{
	struct job_counters *counters;

	if (job->over || job->node->now_ns - job->progress_ns < PROGRESS_NS)
		return;
	job->progress_ns = job->node->now_ns;
	counters = malloc(sizeof(*counters));
	if (counters == NULL)
		return;
	*counters = job->counters;
	message_send_heap(job->node, job->leader, MESSAGE_PROGRESS, job->id, 0, 0, counters,
			  sizeof(*counters));
}

void status_publish(struct node *node, bool force)
{
	struct job *job;

	if (!force && node->now_ns - node->published_ns < PUBLISH_NS)
		return;
	node->published_ns = node->now_ns;
	node->unpublished = false;
	TAILQ_FOREACH (job, &node->jobs, link) {
		job_update_counters(job);
		if (job->lead == NULL)
			send_progress(job);
	}
	pthread_mutex_lock(&node->lock);
	TAILQ_FOREACH (job, &node->jobs, link)
		if (job->lead != NULL)
			publish_job(node, job);
	metrics_publish(node);
	forget_old(node);
	pthread_cond_broadcast(&node->changed);
	pthread_mutex_unlock(&node->lock);
}

int node_job_status(struct node *node, uint64_t id, struct job_status *status)
{
	struct status_entry *entry;

	pthread_mutex_lock(&node->lock);
	entry = find_entry(node, id);
	if (entry != NULL)
		*status = entry->status;
	pthread_mutex_unlock(&node->lock);
	return entry != NULL ? 0 : -ENOENT;
}

uint32_t node_jobs(struct node *node, uint64_t *ids, uint32_t max)
{
	struct status_entry *entry;
	uint32_t count = 0;

	pthread_mutex_lock(&node->lock);
	STAILQ_FOREACH (entry, &node->statuses, link) {
		if (count < max)
			ids[count] = entry->status.id;
		count++;
	}
	pthread_mutex_unlock(&node->lock);
	return count;
}

int node_job_cancel(struct node *node, uint64_t id)
{
	struct command *command = calloc(1, sizeof(*command));
	int rc = command != NULL ? 0 : -ENOMEM;

	if (rc != 0)
		return rc;
	pthread_mutex_lock(&node->lock);
	if (find_entry(node, id) == NULL) {
		free(command);
		rc = -ENOENT;
	} else {
		command->kind = COMMAND_CANCEL;
		command->id = id;
		STAILQ_INSERT_TAIL(&node->commands, command, link);
		node_wake(node);
	}
	pthread_mutex_unlock(&node->lock);
	return rc;
}

int node_job_wait(struct node *node, uint64_t id, uint32_t timeout_ms)
{
	struct status_entry *entry;
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += timeout_ms % 1000 * 1000000l;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&node->lock);
	while ((entry = find_entry(node, id)) != NULL && entry->status.state < JOB_DONE && rc == 0)
		rc = pthread_cond_timedwait(&node->changed, &node->lock, &until);
	if (entry == NULL)
		rc = -ENOENT;
	else
		rc = entry->status.state >= JOB_DONE ? 0 : -ETIMEDOUT;
	pthread_mutex_unlock(&node->lock);
	return rc;
}
