/* A sink's output: double-buffered writing. */
#include <errno.h>

#include "out.h"

/* Of one write from the caller's memory: between two, progress is told and a cancel is heard. */
#define OUT_DIRECT_BYTES (8u << 20)

static void out_done(struct io_op *op, int64_t result)
{
	struct out *out = op->opaque;

	out->busy = false;
	if (result < 0) {
		out->rc = (int)result;
		return;
	}
	out->written += (uint64_t)result;
	if (out->progress != NULL)
		atomic_store_explicit(out->progress, out->written, memory_order_relaxed);
}

void out_init(struct out *out, struct io_engine *io, const struct sink_job *job, uint8_t *memory,
	      uint64_t half_bytes)
{
	*out = (struct out){
	    .io = io,
	    .fd = job->out_fd,
	    .half = {memory, memory + half_bytes},
	    .half_bytes = half_bytes,
	    .progress = job->written,
	    .cancel = job->cancel,
	};
	out->op = (struct io_op){.done = out_done, .opaque = out};
}

static int out_settle(struct out *out)
{
	while (out->busy)
		io_wait(out->io);
	if (out->rc == 0 && out->cancel != NULL &&
	    atomic_load_explicit(out->cancel, memory_order_relaxed))
		out->rc = -ECANCELED;
	return out->rc;
}

static void out_write(struct out *out, const uint8_t *data, uint64_t bytes)
{
	out->busy = true;
	io_write(out->io, &out->op, out->fd, data, bytes, IO_STREAM);
	io_poll(out->io);
}

int out_flush(struct out *out)
{
	int rc = out_settle(out);

	if (rc < 0 || out->fill == 0)
		return rc;
	out_write(out, out->half[out->current], out->fill);
	out->current ^= 1;
	out->fill = 0;
	return 0;
}

int out_direct(struct out *out, const uint8_t *data, uint64_t bytes)
{
	int rc = out_flush(out);

	while (rc == 0 && bytes > 0) {
		uint64_t piece = bytes < OUT_DIRECT_BYTES ? bytes : OUT_DIRECT_BYTES;

		rc = out_settle(out);
		if (rc < 0)
			break;
		out_write(out, data, piece);
		data += piece;
		bytes -= piece;
	}
	return rc < 0 ? rc : out_settle(out);
}

int out_finish(struct out *out)
{
	int rc = out_flush(out);

	return rc < 0 ? rc : out_settle(out);
}
