/* Runs as sequences of lines: reading ahead. */
#include <errno.h>

#include "runs.h"

static void slot_done(struct io_op *op, int64_t result)
{
	struct run_slot *slot = op->opaque;

	slot->result = result;
	slot->pending = false;
}

/* Starts reading the next bytes of the file, if any, into a slot. */
static void slot_fill(struct run_reader *r, struct run_slot *slot)
{
	slot->bytes = r->left < r->part_bytes ? r->left : r->part_bytes;
	slot->result = 0;
	if (slot->bytes == 0)
		return;
	slot->pending = true;
	slot->op = (struct io_op){.done = slot_done, .opaque = slot};
	io_read(r->io, &slot->op, r->fd, slot->data, slot->bytes, r->offset);
	r->offset += slot->bytes;
	r->left -= slot->bytes;
}

void run_init(struct run *run, const struct sink_run *source, struct run_reader *reader,
	      struct io_engine *io, uint8_t *buffer, uint64_t buffer_bytes)
{
	static const uint8_t nothing;

	*run = (struct run){.reader = reader};
	if (reader == NULL) {
		run->next = source->bytes > 0 ? source->data : &nothing;
		run->limit = run->next + source->bytes;
		return;
	}
	*reader = (struct run_reader){
	    .io = io,
	    .fd = source->fd,
	    .offset = source->offset,
	    .left = source->bytes,
	    .part_bytes = buffer_bytes / 4,
	    .current = 1,
	};
	for (uint32_t i = 0; i < 2; i++)
		reader->slots[i].data = buffer + (2 * i + 1) * reader->part_bytes;
	run->next = run->limit = reader->slots[1].data;
	slot_fill(reader, &reader->slots[0]);
}

/* The rest of the run is its last line, which has no '\n', or nothing. */
static int run_end(struct run *run)
{
	run->line = run->next < run->limit ? run->next : NULL;
	run->bytes = (uint64_t)(run->limit - run->next);
	run->lines += run->line != NULL;
	run->next = run->limit;
	return 0;
}

/* Moves on to the slot read ahead, the unread rest before it. */
static int slot_switch(struct run *run)
{
	struct run_reader *r = run->reader;
	struct run_slot *from = &r->slots[r->current];
	struct run_slot *to = &r->slots[r->current ^ 1];
	uint64_t rest = (uint64_t)(run->limit - run->next);

	while (to->pending)
		io_wait(r->io);
	if (to->result < 0)
		return (int)to->result;
	if ((uint64_t)to->result != to->bytes)
		return -ENODATA;
	if (rest > r->part_bytes)
		return -EFBIG;
	memcpy(to->data - rest, run->next, rest);
	run->next = to->data - rest;
	run->limit = to->data + to->bytes;
	r->current ^= 1;
	slot_fill(r, from);
	return 0;
}

int run_refill(struct run *run)
{
	struct run_reader *r = run->reader;

	while (r != NULL && r->slots[r->current ^ 1].bytes > 0) {
		const uint8_t *end;
		int rc = slot_switch(run);

		if (rc < 0)
			return rc;
		end = memchr(r->slots[r->current].data, '\n', r->slots[r->current].bytes);
		if (end == NULL)
			continue;
		run->line = run->next;
		run->bytes = (uint64_t)(end - run->next);
		run->next = end + 1;
		run->lines++;
		return 0;
	}
	return run_end(run);
}
