/* A sink's run: the runs of its store go to its file, on a thread of its own (it blocks). */
#include "node_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SINK_BUFFER_PER_RUN                                                  \
	(256u << 10) /* two reads of 128 KiB in flight hide a disk's latency \
		      */

struct sink_work {
	struct run *run;
	struct sink_job job;
	struct sink_run *runs;
	struct sink_key keys[MR_MERGE_KEYS_MAX];
	struct region *buffer;
	pthread_t thread;
	int rc;
};

static int count_items(struct run *run, uint32_t *count)
{
	uint64_t items = 0;

	for (uint32_t e = 0; e < run->job->plan->edge_count; e++)
		if (run->job->plan->edges[e].to == run->action.vertex)
			items += store_stats(run->job->edges[e].store)->items;
	*count = (uint32_t)items;
	return items <= MR_SET_ITEMS_MAX ? 0 : -EOVERFLOW;
}

static int collect_runs(struct run *run, struct sink_work *work)
{
	struct job *job = run->job;
	struct spill_file *spill = job->node->spill;

	for (uint32_t e = 0; e < job->plan->edge_count; e++) {
		struct store_cursor cursor = {0};
		struct store_item item;
		int rc;

		if (job->plan->edges[e].to != run->action.vertex)
			continue;
		while (store_next(job->edges[e].store, &cursor, spill, &item, &rc)) {
			struct sink_run *target = &work->runs[work->job.run_count];

			if (item.item.bytes_len == 0)
				continue;
			*target = (struct sink_run){.fd = -1, .bytes = item.item.bytes_len};
			if (item.batch != NULL) {
				target->data = item.batch->base + item.item.bytes_off;
			} else {
				target->fd = spill_fd(spill);
				target->offset = item.spill_offset + item.item.bytes_off;
			}
			work->job.run_count++;
		}
		if (rc != 0)
			return rc;
	}
	return 0;
}

static void sink_execute(struct task *task)
{
	struct run *run = (struct run *)task;
	struct sink_work *work = run->sink;

	work->rc = sink_write(&work->job, run->error, sizeof(run->error));
}

static void sink_finished(struct task *task)
{
	struct run *run = (struct run *)task;
	struct sink_work *work = run->sink;
	struct job_sink *sink = &run->job->sinks[run->action.vertex];
	int rc = work->rc;

	if (work->thread != 0)
		pthread_join(work->thread, NULL);
	region_unref(&work->buffer);
	free(work->runs);
	free(work);
	run->sink = NULL;
	run->job->counters.result_bytes +=
	    atomic_load_explicit(&sink->written, memory_order_relaxed);
	if (rc == 0 && !run->job->over) {
		sink->complete = true;
		run_end(run, true);
	} else if (run->job->over) {
		run_end(run, false);
	} else {
		run_failed(run);
	}
}

static void *sink_thread(void *argument)
{
	struct run *run = argument;
	struct workers *workers = &run->job->node->workers;

	sink_execute(&run->task);
	pthread_mutex_lock(&workers->lock);
	STAILQ_INSERT_TAIL(&workers->finished, &run->task, link);
	node_wake(workers->node);
	pthread_mutex_unlock(&workers->lock);
	return NULL;
}

static void sink_failed(struct run *run, const char *what, int rc)
{
	if (run->sink != NULL) {
		region_unref(&run->sink->buffer);
		free(run->sink->runs);
		free(run->sink);
		run->sink = NULL;
	}
	snprintf(run->error, sizeof(run->error), "%s: %s", what, strerror(-rc));
	run_failed(run);
}

/* Stores must not be moving to disk while they are read. */
static bool stores_settled(const struct run *run)
{
	const struct job *job = run->job;

	for (uint32_t e = 0; e < job->plan->edge_count; e++)
		if (job->plan->edges[e].to == run->action.vertex &&
		    store_spilling(job->edges[e].store))
			return false;
	return true;
}

static int sink_buffer(struct run *run, struct sink_work *work)
{
	uint64_t pool_bytes = region_pool_provider(run->job->node->pool)->bytes;
	uint64_t min = sink_buffer_min(&work->job);
	uint64_t want = (uint64_t)(work->job.run_count + 1) * SINK_BUFFER_PER_RUN;

	if (want > pool_bytes / 2)
		want = pool_bytes / 2;
	for (want = want > min ? want : min;; want = want / 2 > min ? want / 2 : min) {
		int rc = region_alloc(run->job->node->pool, want, REGION_RECEIVE, &work->buffer);

		if (rc == 0 || want == min)
			return rc;
	}
}

void sink_run_start(struct run *run)
{
	struct job *job = run->job;
	struct sink_work *work;
	uint32_t items;
	int rc;

	for (uint32_t e = 0; e < job->plan->edge_count; e++)
		if (job->plan->edges[e].to == run->action.vertex)
			job->edges[e].sealed = true;
	if (!stores_settled(run)) {
		run_wait(run);
		return;
	}
	rc = count_items(run, &items);
	work = run->sink = rc == 0 ? calloc(1, sizeof(*work)) : NULL;
	if (work != NULL)
		work->runs = calloc(items + 1, sizeof(*work->runs));
	if (work == NULL || work->runs == NULL) {
		sink_failed(run, "too many results for memory", rc != 0 ? rc : -ENOMEM);
		return;
	}
	work->run = run;
	rc = collect_runs(run, work);
	if (rc != 0) {
		sink_failed(run, "cannot read back spilled results", rc);
		return;
	}
	for (uint32_t i = 0; i < run->vertex->merge_count; i++)
		work->keys[i] = (struct sink_key){.column = run->vertex->merge[i].column,
						  .number = run->vertex->merge[i].number,
						  .descending = run->vertex->merge[i].descending};
	work->job.runs = work->runs;
	work->job.keys = work->keys;
	work->job.key_count = run->vertex->merge_count;
	work->job.out_fd = job->sinks[run->action.vertex].file.fd;
	work->job.out_name = job->sinks[run->action.vertex].file.path;
	work->job.written = &job->sinks[run->action.vertex].written;
	work->job.cancel = &job->cancel;
	rc = sink_buffer(run, work);
	if (rc == -ENOMEM) {
		free(work->runs);
		free(work);
		run->sink = NULL;
		run_wait(run);
		return;
	}
	if (rc != 0) {
		sink_failed(run, "too little memory to merge the results: raise --memory", rc);
		return;
	}
	work->job.buffer = work->buffer->base;
	work->job.buffer_bytes = work->buffer->bytes;
	run->state = RUN_WORKING;
	run->task.node = job->node;
	run->task.work = sink_execute;
	run->task.done = sink_finished;
	if (job->node->simulated) {
		workers_push(&job->node->workers, &run->task);
		return;
	}
	job->node->workers.outstanding++;
	rc = pthread_create(&work->thread, NULL, sink_thread, run);
	if (rc != 0) {
		job->node->workers.outstanding--;
		sink_failed(run, "cannot start a thread", -rc);
	}
}
