/* Resuming: a worker brings the batches of a checkpoint back, one at a time, each checked. */
#include "checkpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptor.h"
#include <millrace/hash.h>

struct checkpoint_load {
	struct task task;
	struct job *job;
	int fd;
	char path[MR_URI_BYTES_MAX];
	uint64_t left; /* batches that are still to come */
	struct state_batch head;
	bool head_read;
	bool pushed;
	struct region *region; /* what the last turn brought */
	int rc;
};

static int head_read(struct checkpoint_load *load)
{
	const struct job *job = load->job;
	struct state_head head;
	int rc = descriptor_read(load->fd, &head, sizeof(head));

	if (rc != 0)
		return rc;
	if (memcmp(head.magic, STATE_MAGIC, sizeof(head.magic)) != 0 ||
	    head.hash != mr_hash64(&head, offsetof(struct state_head, hash)) ||
	    head.identity != job->checkpoint->identity || head.epoch != job->epoch - 1 ||
	    head.node != job->node->id)
		return -EBADMSG;
	load->left = head.batches;
	return 0;
}

static int batch_head_read(struct checkpoint_load *load)
{
	const struct plan *plan = load->job->plan;
	int rc = descriptor_read(load->fd, &load->head, sizeof(load->head));

	if (rc != 0)
		return rc;
	if (load->head.hash != mr_hash64(&load->head, offsetof(struct state_batch, hash)) ||
	    load->head.edge >= plan->edge_count || !plan->edges[load->head.edge].state ||
	    load->head.bytes < sizeof(struct mr_region) || load->head.bytes > MR_REGION_BYTES_MAX)
		return -EBADMSG;
	load->head_read = true;
	return 0;
}

static int batch_read(struct checkpoint_load *load)
{
	int rc = load->head_read ? 0 : batch_head_read(load);

	if (rc == 0)
		rc = region_alloc(load->job->node->pool, load->head.bytes, REGION_RECEIVE,
				  &load->region);
	for (uint64_t at = 0; rc == 0 && at < load->head.bytes; at += STATE_PIECE_BYTES) {
		uint64_t left = load->head.bytes - at;
		size_t bytes = left < STATE_PIECE_BYTES ? (size_t)left : STATE_PIECE_BYTES;
		uint8_t *to = load->region->base + at;
		uint64_t hash;

		rc = descriptor_read(load->fd, to, bytes)
			 ?: descriptor_read(load->fd, &hash, sizeof(hash));
		if (rc == 0 && hash != mr_hash64(to, bytes))
			rc = -EBADMSG;
	}
	return rc;
}

/* The file's head, or one batch. */
static void load_work(struct task *task)
{
	struct checkpoint_load *load = (struct checkpoint_load *)task;
	uint64_t bytes;

	if (load->fd >= 0) {
		load->rc = batch_read(load);
		return;
	}
	load->fd = descriptor_open(load->path, &bytes);
	load->rc = load->fd < 0 ? load->fd : head_read(load);
}

static void load_failed(struct checkpoint_load *load, int rc)
{
	char error[MR_ERROR_BYTES_MAX];

	if (rc == -EBADMSG || rc == -EIO) {
		job_fail(load->job,
			 "checkpoint: %.600s is damaged, by its checksums: restore it, or remove "
			 "%.200s/checkpoint to begin anew",
			 load->path, load->job->checkpoint->folder);
		return;
	}
	checkpoint_explain("read", load->path, rc, error, sizeof(error));
	job_fail(load->job, "%s", error);
}

static int batch_take(struct checkpoint_load *load)
{
	struct job *job = load->job;
	struct store *store = job->edges[load->head.edge].store;
	uint64_t before = store_stats(store)->items;
	struct region *batch = load->region;
	struct region_fault fault;
	int rc;

	load->region = NULL;
	load->head_read = false;
	load->left--;
	region_freeze(batch);
	rc = store_add(store, batch, &fault);
	if (rc == 0)
		sched_state(job->sched, load->head.edge, store_stats(store)->items - before);
	return rc == -EEXIST ? -EBADMSG : rc;
}

static void load_push(struct checkpoint_load *load)
{
	load->pushed = true;
	load->job->busy++;
	workers_push(&load->job->node->workers, &load->task);
}

static void load_done(struct task *task)
{
	struct checkpoint_load *load = (struct checkpoint_load *)task;
	struct job *job = load->job;

	load->pushed = false;
	if (job->over || load->rc == -ENOMEM) {
		/* checkpoint_pump() tries again when memory has become free. */
	} else {
		if (load->rc == 0 && load->region != NULL)
			load->rc = batch_take(load);
		if (load->rc != 0)
			load_failed(load, load->rc);
		else if (load->left > 0)
			load_push(load);
		else
			prepare_counted(job);
	}
	job_unbusy(job);
}

bool checkpoint_pump(struct job *job)
{
	struct checkpoint_load *load = job->checkpoint != NULL ? job->checkpoint->load : NULL;

	if (load == NULL || load->pushed || load->rc != -ENOMEM || job->over || job->failed_sent)
		return false;
	load_push(load);
	return true;
}

int checkpoint_load_begin(struct job *job)
{
	struct checkpoint_load *load = calloc(1, sizeof(*load));

	if (load == NULL)
		return -ENOMEM;
	job->checkpoint->load = load;
	load->job = job;
	load->fd = -1;
	load->task.work = load_work;
	load->task.done = load_done;
	checkpoint_state_path(job->checkpoint, job->epoch - 1, job->node->id, load->path);
	job->preparing++;
	load_push(load);
	return 0;
}

void checkpoint_load_free(struct checkpoint_load **freed)
{
	struct checkpoint_load *load = *freed;

	*freed = NULL;
	if (load == NULL)
		return;
	region_unref(&load->region);
	if (load->fd >= 0)
		close(load->fd);
	free(load);
}
