/* Sinks: memory shared out among runs and output; concatenation; the merge. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "merge.h"
#include "quote.h"

#define OUT_HALF_BYTES_MIN 65536      /* smaller writes cost more than they move */
#define OUT_HALF_BYTES_MAX (1u << 20) /* larger ones gain nothing: one piece of a write */
#define RUN_BYTES_MIN 16384           /* 2,000 runs and more in 64 MiB, reads of a page or more */
#define RUN_BYTES_MAX (8u << 20)      /* lines of 2 MiB; reading further ahead gains nothing */

/* How a job's buffer is shared out: two output halves, then one buffer for each run in a file. */
struct layout {
	uint64_t half_bytes;
	uint64_t run_bytes;
};

static uint32_t file_runs(const struct sink_job *job)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < job->run_count; i++)
		count += job->runs[i].data == NULL && job->runs[i].bytes > 0;
	return count;
}

uint64_t sink_buffer_min(const struct sink_job *job)
{
	uint64_t runs = job->key_count > 0 ? file_runs(job) : 0;

	return 2 * OUT_HALF_BYTES_MIN + runs * RUN_BYTES_MIN;
}

static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* A line of a run in a file has up to half the run's buffer and must fit one half of the output:
 * where runs are few and memory is plenty, the output grows with their buffers. */
static struct layout layout_make(const struct sink_job *job)
{
	uint64_t runs = job->key_count > 0 ? file_runs(job) : 0;
	uint64_t bytes = job->buffer_bytes;
	struct layout layout = {
	    .half_bytes =
		clamp(bytes / (runs > 0 ? 16 : 2), OUT_HALF_BYTES_MIN, OUT_HALF_BYTES_MAX),
	};

	if (runs == 0)
		return layout;
	layout.run_bytes = (bytes - 2 * layout.half_bytes) / runs;
	if (layout.run_bytes / 2 >= layout.half_bytes) {
		layout.run_bytes = (bytes - 2 * MR_PAGE_BYTES) / (runs + 1);
		if (layout.run_bytes > RUN_BYTES_MAX)
			layout.run_bytes = RUN_BYTES_MAX;
		if (layout.half_bytes < layout.run_bytes / 2 + MR_PAGE_BYTES)
			layout.half_bytes = layout.run_bytes / 2 + MR_PAGE_BYTES;
	}
	layout.run_bytes &= ~(uint64_t)(MR_PAGE_BYTES - 1);
	return layout;
}

/* --- Concatenation --------------------------------------------------------------------------- */

struct wait {
	bool done;
	int64_t result;
};

static void wait_done(struct io_op *op, int64_t result)
{
	struct wait *wait = op->opaque;

	wait->done = true;
	wait->result = result;
}

/* Reads straight into the output half being filled while the other is written. */
static int copy_file(struct out *out, const struct sink_run *run)
{
	uint64_t at = 0;

	while (at < run->bytes) {
		uint64_t room = out->half_bytes - out->fill;
		uint64_t bytes = run->bytes - at < room ? run->bytes - at : room;
		struct wait wait = {0};
		struct io_op op = {.done = wait_done, .opaque = &wait};
		int rc;

		io_read(out->io, &op, run->fd, out->half[out->current] + out->fill, bytes,
			run->offset + at);
		while (!wait.done)
			io_wait(out->io);
		if (wait.result < 0)
			return (int)wait.result;
		if ((uint64_t)wait.result != bytes)
			return -ENODATA;
		at += bytes;
		out->fill += bytes;
		rc = out->fill == out->half_bytes ? out_flush(out) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int copy_memory(struct out *out, const struct sink_run *run)
{
	if (run->bytes >= out->half_bytes)
		return out_direct(out, run->data, run->bytes);
	if (run->bytes > out->half_bytes - out->fill && out_flush(out) < 0)
		return out->rc;
	if (run->bytes > 0)
		memcpy(out->half[out->current] + out->fill, run->data, run->bytes);
	out->fill += run->bytes;
	return 0;
}

static int concatenate(const struct sink_job *job, struct out *out, char *error, size_t error_bytes)
{
	int rc = 0;

	for (uint32_t i = 0; i < job->run_count && rc == 0; i++) {
		const struct sink_run *run = &job->runs[i];

		rc = run->data != NULL ? copy_memory(out, run) : copy_file(out, run);
		if (rc < 0 && out->rc == 0)
			snprintf(error, error_bytes, "run %u of %u cannot be read: %s", i + 1,
				 job->run_count,
				 rc == -ENODATA ? "its file was cut short" : strerror(-rc));
	}
	return rc;
}

/* --- The merge ------------------------------------------------------------------------------- */

static int merge_job(const struct sink_job *job, struct layout layout, struct out *out, char *error,
		     size_t error_bytes)
{
	uint8_t *buffer = job->buffer + 2 * layout.half_bytes;
	uint32_t readers_used = 0;
	struct line_order order;
	struct run *runs = calloc(job->run_count + 1, sizeof(*runs));
	struct run_reader *readers = calloc(file_runs(job) + 1, sizeof(*readers));
	int rc = line_order_init(&order, job->keys, job->key_count);

	if (rc < 0) {
		snprintf(error, error_bytes, "a merge takes at most %d columns, counted from 1",
			 MR_MERGE_KEYS_MAX);
		goto free_runs;
	}
	if (runs == NULL || readers == NULL) {
		snprintf(error, error_bytes, "out of memory merging %u runs", job->run_count);
		rc = -ENOMEM;
		goto free_runs;
	}
	for (uint32_t i = 0; i < job->run_count; i++) {
		const struct sink_run *source = &job->runs[i];
		struct run_reader *reader = NULL;

		if (source->data == NULL && source->bytes > 0)
			reader = &readers[readers_used++];
		run_init(&runs[i], source, reader, out->io, buffer, layout.run_bytes);
		if (reader != NULL)
			buffer += layout.run_bytes;
	}
	rc = merge_runs(runs, job->run_count, &order, out, error, error_bytes);
	/* After an error, reads and a write may still be under way in the buffers. */
	while (io_in_flight(out->io) > 0 && rc < 0)
		io_wait(out->io);
free_runs:
	free(readers);
	free(runs);
	return rc;
}

/* --- Errors ---------------------------------------------------------------------------------- */

static void output_error(const struct sink_job *job, const struct out *out, char *error,
			 size_t error_bytes)
{
	const char *name = job->out_name != NULL ? job->out_name : "the output";
	const char *slash = job->out_name != NULL ? strrchr(job->out_name, '/') : NULL;
	int folder = slash != NULL ? (int)(slash - name) : 0;
	struct quoted path;
	struct quoted place;

	quote_string(&path, name);
	quote(&place,
	      folder > 0      ? name
	      : slash != NULL ? "/"
			      : ".",
	      folder > 0 ? (size_t)folder : 1);
	if (out->rc == -ECANCELED)
		snprintf(error, error_bytes, "cancelled writing %s after %" PRIu64 " bytes",
			 path.text, out->written);
	else if (out->rc == -ENOSPC || out->rc == -EDQUOT)
		snprintf(error, error_bytes,
			 "no space left on %s writing %s after %" PRIu64
			 " bytes: free space or choose another --out",
			 place.text, path.text, out->written);
	else
		snprintf(error, error_bytes, "cannot write %s after %" PRIu64 " bytes: %s",
			 path.text, out->written, strerror(-out->rc));
}

int sink_write(const struct sink_job *job, char *error, size_t error_bytes)
{
	struct layout layout;
	struct io_engine *io = NULL;
	struct out out;
	int rc;

	if (job->buffer_bytes < sink_buffer_min(job)) {
		snprintf(error, error_bytes,
			 "writing %u runs takes a buffer of %" PRIu64 " bytes, not %" PRIu64
			 ": give more memory",
			 job->run_count, sink_buffer_min(job), job->buffer_bytes);
		return -EINVAL;
	}
	rc = io_engine_create(&io);
	if (rc < 0) {
		snprintf(error, error_bytes,
			 "io_uring is not available: %s: use Linux 5.10 or later, and allow "
			 "io_uring in this container",
			 strerror(-rc));
		return rc;
	}
	layout = layout_make(job);
	out_init(&out, io, job, job->buffer, layout.half_bytes);
	rc = job->key_count > 0 ? merge_job(job, layout, &out, error, error_bytes)
				: concatenate(job, &out, error, error_bytes);
	if (rc == 0)
		rc = out_finish(&out);
	if (out.rc < 0)
		output_error(job, &out, error, error_bytes);
	while (io_in_flight(io) > 0)
		io_wait(io);
	io_engine_destroy(&io);
	return rc;
}
