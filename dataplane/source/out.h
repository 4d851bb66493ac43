/* A sink's output: two buffers, one being filled while the other is written. */
#ifndef OUT_H
#define OUT_H

#include <string.h>

#include "sink.h"

struct out {
	struct io_engine *io;
	int fd;
	uint8_t *half[2];
	uint64_t half_bytes;
	uint32_t current; // the half being filled
	uint64_t fill;
	struct io_op op; // the write of the other half
	bool busy;
	int rc; // 0, or why the output is broken
	uint64_t written;
	atomic_uint_fast64_t *progress;
	const atomic_bool *cancel;
};

/* memory: 2 * half_bytes, the caller's. */
void out_init(struct out *out, struct io_engine *io, const struct sink_job *job, uint8_t *memory,
	      uint64_t half_bytes);
/* Starts writing what is filled and turns to the other half. 0, -ECANCELED or -errno. */
int out_flush(struct out *out);
/* Flushes and writes bytes of the caller's from where they are. Returns when they are written. */
int out_direct(struct out *out, const uint8_t *data, uint64_t bytes);
/* Flushes and waits for the last write. */
int out_finish(struct out *out);

/* Copies a line and its '\n'. Returns where the line now lies until the next call but one: in the
 * buffer, or (longer than that) where it was; NULL when the output is broken (out->rc). */
static inline const uint8_t *out_line(struct out *out, const uint8_t *line, uint64_t bytes)
{
	uint8_t *to;

	if (__builtin_expect(out->half_bytes - out->fill <= bytes, 0)) {
		if (bytes >= out->half_bytes) {
			if (out_direct(out, line, bytes) < 0)
				return NULL;
			out->half[out->current][out->fill++] = '\n';
			return line;
		}
		if (out_flush(out) < 0)
			return NULL;
	}
	to = out->half[out->current] + out->fill;
	memcpy(to, line, bytes);
	to[bytes] = '\n';
	out->fill += bytes + 1;
	return to;
}

#endif
