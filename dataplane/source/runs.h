/*
 * Runs as sequences of lines: in memory as they are, from a file through two buffers of which one
 * is read ahead. What is left of a line at the end of one buffer is moved in front of the other.
 */
#ifndef RUNS_H
#define RUNS_H

#include <string.h>

#include "sink.h"

struct run_slot {
	struct io_op op;
	uint8_t *data; // with room for the rest of a line before it
	uint64_t bytes;
	int64_t result;
	bool pending;
};

struct run_reader {
	struct io_engine *io;
	int fd;
	uint64_t offset; // of what is not yet asked for
	uint64_t left;
	uint64_t part_bytes; // a quarter of the buffer: of a slot's data, and of the room before it
	uint32_t current;    // the slot being consumed
	struct run_slot slots[2];
};

struct run {
	const uint8_t *line; // the head, or NULL after the last
	uint64_t bytes;      // of the head, without '\n'
	const uint8_t *next; // unread bytes in memory: [next, limit)
	const uint8_t *limit;
	uint64_t lines; // read so far
	struct run_reader *reader;
};

/* reader is NULL for a run in memory, else where its state lives, with buffer_bytes of memory at
 * buffer; starts reading ahead. */
void run_init(struct run *run, const struct sink_run *source, struct run_reader *reader,
	      struct io_engine *io, uint8_t *buffer, uint64_t buffer_bytes);

/* The head when no '\n' is left in memory. 0; -EFBIG for a line longer than part_bytes; -ENODATA
 * when the file ended early; -errno. */
int run_refill(struct run *run);

static inline int run_advance(struct run *run)
{
	const uint8_t *end = memchr(run->next, '\n', (size_t)(run->limit - run->next));

	if (__builtin_expect(end == NULL, 0))
		return run_refill(run);
	run->line = run->next;
	run->bytes = (uint64_t)(end - run->next);
	run->next = end + 1;
	run->lines++;
	return 0;
}

#endif
