/* Writing a checkpoint: a worker writes what the states of the epoch hold on this node. */
#include "checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptor.h"
#include <millrace/hash.h>

int checkpoint_file_begin(struct checkpoint_file *file)
{
	snprintf(file->part, sizeof(file->part), "%s.part", file->path);
	/* What a kill left there, or somebody else put there: a link or a FIFO is not to be opened.
	 */
	if (unlink(file->part) != 0 && errno != ENOENT)
		return -errno;
	file->fd = open(file->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return file->fd < 0 ? -errno : 0;
}

static int folder_sync(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd) != 0)
		rc = -errno;
	close(fd);
	return rc;
}

int checkpoint_file_end(struct checkpoint_file *file, int rc, const char *folder)
{
	if (rc == 0 && fsync(file->fd) != 0)
		rc = -errno;
	if (close(file->fd) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(file->part, file->path) != 0)
		rc = -errno;
	if (rc == 0)
		return folder_sync(folder);
	unlink(file->part);
	return rc;
}

struct save {
	struct task task;
	struct job *job;
	struct checkpoint_file file;
	void *piece; /* STATE_PIECE_BYTES */
	int rc;
	char error[MR_ERROR_BYTES_MAX];
};

static int batch_save(struct save *save, uint32_t edge, const struct store_batch *batch)
{
	struct state_batch head = {.bytes = batch->bytes, .edge = edge};
	int rc;

	head.hash = mr_hash64(&head, offsetof(struct state_batch, hash));
	rc = descriptor_write(save->file.fd, &head, sizeof(head));
	for (uint64_t at = 0; rc == 0 && at < batch->bytes; at += STATE_PIECE_BYTES) {
		uint64_t left = batch->bytes - at;
		size_t bytes = left < STATE_PIECE_BYTES ? (size_t)left : STATE_PIECE_BYTES;
		uint64_t hash;

		if (batch->region != NULL) /* copied: another process may share it */
			memcpy(save->piece, batch->region->base + at, bytes);
		else
			rc = spill_read(save->job->node->spill, save->piece, bytes,
					batch->spill_offset + at);
		hash = mr_hash64(save->piece, bytes);
		rc = rc ?: descriptor_write(save->file.fd, save->piece, bytes);
		rc = rc ?: descriptor_write(save->file.fd, &hash, sizeof(hash));
	}
	return rc;
}

static int states_save(struct save *save)
{
	const struct job *job = save->job;
	struct state_head head = {.magic = STATE_MAGIC,
				  .identity = job->checkpoint->identity,
				  .epoch = job->epoch,
				  .node = job->node->id};
	int rc;

	for (uint32_t e = 0; e < job->plan->edge_count; e++)
		if (job->plan->edges[e].state)
			head.batches += store_stats(job->edges[e].next)->batches;
	head.hash = mr_hash64(&head, offsetof(struct state_head, hash));
	rc = descriptor_write(save->file.fd, &head, sizeof(head));
	for (uint32_t e = 0; rc == 0 && e < job->plan->edge_count; e++) {
		struct store_batch batch;

		if (!job->plan->edges[e].state)
			continue;
		for (uint32_t i = 0; rc == 0 && store_batch(job->edges[e].next, i, &batch); i++)
			rc = batch_save(save, e, &batch);
	}
	return rc;
}

static void save_work(struct task *task)
{
	struct save *save = (struct save *)task;
	const struct job *job = save->job;

	save->piece = malloc(STATE_PIECE_BYTES);
	if (save->piece == NULL ||
	    !checkpoint_state_path(job->checkpoint, job->epoch, job->node->id, save->file.path))
		save->rc = save->piece == NULL ? -ENOMEM : -ENAMETOOLONG;
	checkpoint_states_remove(job->checkpoint, job->node->id, job->checkpoint->committed);
	if (save->rc == 0)
		save->rc = checkpoint_file_begin(&save->file);
	if (save->rc == 0)
		save->rc =
		    checkpoint_file_end(&save->file, states_save(save), job->checkpoint->folder);
	if (save->rc != 0)
		checkpoint_explain("write", save->file.path, save->rc, save->error,
				   sizeof(save->error));
	free(save->piece);
}

/* What is read here must stay where it is. */
static void states_seal(struct job *job, bool sealed)
{
	for (uint32_t e = 0; e < job->plan->edge_count; e++)
		if (job->plan->edges[e].state)
			job->edges[e].sealed = sealed;
}

static void save_done(struct task *task)
{
	struct save *save = (struct save *)task;
	struct job *job = save->job;

	states_seal(job, false);
	job->checkpoint->saving = false;
	job->checkpoint->saved = save->rc == 0;
	if (save->rc != 0)
		job_fail(job, "%s", save->error);
	job_unbusy(job);
	free(save);
}

static bool states_settled(const struct job *job)
{
	for (uint32_t e = 0; e < job->plan->edge_count; e++)
		if (job->plan->edges[e].state && store_spilling(job->edges[e].next))
			return false;
	return true;
}

bool checkpoint_save(struct job *job)
{
	struct checkpoint *checkpoint = job->checkpoint;
	struct save *save;

	if (checkpoint->saving)
		return false;
	states_seal(job, true);
	if (!states_settled(job))
		return false;
	save = calloc(1, sizeof(*save));
	if (save == NULL) {
		job_fail(job, "no memory for a checkpoint");
		return false;
	}
	save->job = job;
	save->task.work = save_work;
	save->task.done = save_done;
	checkpoint->saving = true;
	job->busy++;
	workers_push(&job->node->workers, &save->task);
	return true;
}
