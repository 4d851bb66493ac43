/*
 * File input and output by io_uring: one engine per owner thread, operations with callbacks.
 *
 * An operation is memory of the caller's, embedded in what it serves, valid until its callback. The
 * engine cuts long reads and writes into MR_IO_BYTES_MAX pieces (several in flight), resumes short
 * ones, retries EINTR, waits out EAGAIN, and queues what the ring has no room for: never an
 * allocation. The owner is the thread of the first call after create; all calls assert it.
 *
 * Source: io_uring(7), io_uring_setup(2).
 */
#ifndef IO_H
#define IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <millrace/limits.h>

struct io_engine;
struct io_op;

/* result: bytes moved (a read's may be short only at the end of the file), a descriptor for an
 * open, or -errno. */
typedef void (*io_done_fn)(struct io_op *op, int64_t result);

struct io_op {
	io_done_fn done; // caller sets
	void *opaque;    // caller's own
	/* The engine's: */
	struct io_op *next;
	uint8_t kind;
	int fd;
	int flags;
	uint32_t mode;
	uint8_t *data;
	const char *path;
	uint64_t bytes;
	uint64_t offset;
	uint64_t issued;
	uint32_t pending;
	bool queued;
	int error;
};

/* As an offset: at the descriptor's own position, piece after piece, as pipes and terminals need
 * it. One such operation at a time on a descriptor. */
#define IO_STREAM UINT64_MAX

/* 0 or -errno (ENOSYS, EPERM: io_uring is not there: the text of the error is the caller's). */
int io_engine_create(struct io_engine **engine);
/* One piece at a time, so that completions come in the order of the calls (simulation). Before the
 * first operation. */
void io_engine_serialise(struct io_engine *engine);
/* Nothing may be in flight: asserts it. Nulls *engine. */
void io_engine_destroy(struct io_engine **engine);
/* An eventfd that becomes readable when completions wait. Only to be polled: io_poll() clears it.
 * (It may stay readable for a few more turns with nothing waiting.) */
int io_engine_fd(const struct io_engine *engine);
/* Owner only, all of them. They cannot fail: what goes wrong arrives in done(), which is only ever
 * called by io_poll() and io_wait(), may start new operations and may free the op's container. path
 * and data stay valid until then. */
void io_open(struct io_engine *engine, struct io_op *op, const char *path, int flags,
	     uint32_t mode);
void io_read(struct io_engine *engine, struct io_op *op, int fd, void *data, uint64_t bytes,
	     uint64_t offset);
void io_write(struct io_engine *engine, struct io_op *op, int fd, const void *data, uint64_t bytes,
	      uint64_t offset);
/* Submits what is queued and runs the callbacks of what has completed; returns their number. Not to
 * be called from a callback. Hardly a system call when there is nothing to submit or to
 * collect. */
uint32_t io_poll(struct io_engine *engine);
/* The same, but waits for at least one completion when any is in flight. */
uint32_t io_wait(struct io_engine *engine);
uint32_t io_in_flight(const struct io_engine *engine);

#endif
