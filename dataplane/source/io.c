/* The io_uring engine: operations cut into pieces, pieces in a fixed table, callbacks on
 * completion.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <liburing.h>

#include "io.h"

/* Pieces of one operation in flight: enough to keep a disk busy, few enough that a long operation
 * leaves room in the ring for short ones. */
#define IO_OP_PIECES_MAX 8

/* A late signal keeps the eventfd readable for so many turns at most. */
#define IO_WAKE_CLEAR_TURNS 64

enum io_kind { IO_OPEN, IO_READ, IO_WRITE };

/* One request in the ring, resumed until its bytes have moved. Its index is the user_data. */
struct io_piece {
	struct io_op *op;
	uint64_t at; // from the operation's start
	uint32_t bytes;
	uint32_t moved;
	bool waiting; // for the descriptor to become ready, after EAGAIN
	struct io_piece *next_free;
};

struct io_engine {
	struct io_uring ring;
	bool disabled; // until the owner's first submission makes it the ring's only issuer
	bool polling;
	int wake_fd;
	uint32_t turns;
	const void *owner;
	struct io_op *queue_head; // operations with pieces not yet issued
	struct io_op **queue_tail;
	struct io_piece *free;
	uint32_t in_flight; // operations
	struct io_piece pieces[MR_IO_DEPTH];
};

/* --- The engine ------------------------------------------------------------------------------ */

/* Best first. A single issuer whose completions wait for it needs no interrupts or signals (Linux
 * 6.1); the owner is not known yet, hence disabled. Older kernels refuse flags with EINVAL. */
static int ring_init(struct io_uring *ring, bool *disabled)
{
	static const unsigned flags[] = {
	    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
		IORING_SETUP_R_DISABLED,
	    IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
	    0,
	};
	int rc = -EINVAL;

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags) && rc == -EINVAL; i++) {
		rc = io_uring_queue_init(MR_IO_DEPTH, ring, flags[i]);
		*disabled = (flags[i] & IORING_SETUP_R_DISABLED) != 0;
	}
	return rc;
}

int io_engine_create(struct io_engine **engine)
{
	struct io_engine *e = calloc(1, sizeof(*e));
	int rc;

	if (e == NULL)
		return -ENOMEM;
	rc = ring_init(&e->ring, &e->disabled);
	if (rc < 0)
		goto fail_ring;
	e->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (e->wake_fd < 0) {
		rc = -errno;
		goto fail_eventfd;
	}
	rc = io_uring_register_eventfd(&e->ring, e->wake_fd);
	if (rc < 0)
		goto fail_register;
	e->queue_tail = &e->queue_head;
	for (uint32_t i = MR_IO_DEPTH; i-- > 0;) {
		e->pieces[i].next_free = e->free;
		e->free = &e->pieces[i];
	}
	*engine = e;
	return 0;

fail_register:
	close(e->wake_fd);
fail_eventfd:
	io_uring_queue_exit(&e->ring);
fail_ring:
	free(e);
	return rc;
}

void io_engine_destroy(struct io_engine **engine)
{
	if (*engine == NULL)
		return;
	assert((*engine)->in_flight == 0);
	io_uring_queue_exit(&(*engine)->ring);
	close((*engine)->wake_fd);
	free(*engine);
	*engine = NULL;
}

void io_engine_serialise(struct io_engine *engine)
{
	assert(engine->in_flight == 0);
	engine->free->next_free = NULL;
}

int io_engine_fd(const struct io_engine *engine)
{
	return engine->wake_fd;
}

uint32_t io_in_flight(const struct io_engine *engine)
{
	return engine->in_flight;
}

static void owner_assert(struct io_engine *e)
{
	static _Thread_local const char self;

	if (e->owner == NULL)
		e->owner = &self;
	assert(e->owner == &self);
}

/* --- Operations waiting for pieces ----------------------------------------------------------- */

static void queue_push(struct io_engine *e, struct io_op *op)
{
	op->next = NULL;
	op->queued = true;
	*e->queue_tail = op;
	e->queue_tail = &op->next;
}

static void queue_remove(struct io_engine *e, struct io_op *op)
{
	struct io_op **link = &e->queue_head;

	while (*link != op)
		link = &(*link)->next;
	*link = op->next;
	if (e->queue_tail == &op->next)
		e->queue_tail = link;
	op->queued = false;
}

static void op_start(struct io_engine *e, struct io_op *op, enum io_kind kind)
{
	owner_assert(e);
	op->kind = (uint8_t)kind;
	op->issued = 0;
	op->pending = 0;
	op->error = 0;
	e->in_flight++;
	queue_push(e, op);
}

void io_open(struct io_engine *engine, struct io_op *op, const char *path, int flags, uint32_t mode)
{
	op->path = path;
	op->flags = flags;
	op->mode = mode;
	op->bytes = 0;
	op_start(engine, op, IO_OPEN);
}

void io_read(struct io_engine *engine, struct io_op *op, int fd, void *data, uint64_t bytes,
	     uint64_t offset)
{
	op->fd = fd;
	op->data = data;
	op->bytes = bytes;
	op->offset = offset;
	op_start(engine, op, IO_READ);
}

void io_write(struct io_engine *engine, struct io_op *op, int fd, const void *data, uint64_t bytes,
	      uint64_t offset)
{
	op->fd = fd;
	op->data = (uint8_t *)(uintptr_t)data;
	op->bytes = bytes;
	op->offset = offset;
	op_start(engine, op, IO_WRITE);
}

/* --- Pieces ---------------------------------------------------------------------------------- */

static void piece_prepare(struct io_uring_sqe *sqe, const struct io_piece *piece)
{
	const struct io_op *op = piece->op;
	uint8_t *data = op->data + piece->at + piece->moved;
	uint32_t bytes = piece->bytes - piece->moved;
	uint64_t offset =
	    op->offset == IO_STREAM ? IO_STREAM : op->offset + piece->at + piece->moved;

	if (op->kind == IO_OPEN)
		io_uring_prep_openat(sqe, AT_FDCWD, op->path, op->flags | O_CLOEXEC, op->mode);
	else if (piece->waiting)
		io_uring_prep_poll_add(sqe, op->fd, op->kind == IO_READ ? POLLIN : POLLOUT);
	else if (op->kind == IO_READ)
		io_uring_prep_read(sqe, op->fd, data, bytes, offset);
	else
		io_uring_prep_write(sqe, op->fd, data, bytes, offset);
}

/* There is always room: the ring has as many entries as there are pieces. */
static void piece_issue(struct io_engine *e, struct io_piece *piece)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&e->ring);

	assert(sqe != NULL);
	piece_prepare(sqe, piece);
	io_uring_sqe_set_data(sqe, piece);
}

static uint32_t op_pieces_max(const struct io_op *op)
{
	return op->offset == IO_STREAM ? 1 : IO_OP_PIECES_MAX;
}

static bool op_wants_piece(const struct io_op *op)
{
	return op->issued < op->bytes && op->pending < op_pieces_max(op);
}

/* Cuts the next piece off an operation. The first may be empty, so that an operation of no bytes
 * completes, or fails, like any other. */
static void op_cut(struct io_engine *e, struct io_op *op)
{
	struct io_piece *piece = e->free;
	uint64_t left = op->bytes - op->issued;

	e->free = piece->next_free;
	piece->op = op;
	piece->at = op->issued;
	piece->bytes = (uint32_t)(left < MR_IO_BYTES_MAX ? left : MR_IO_BYTES_MAX);
	piece->moved = 0;
	piece->waiting = false;
	op->issued += piece->bytes;
	op->pending++;
	piece_issue(e, piece);
}

static void queue_issue(struct io_engine *e)
{
	while (e->queue_head != NULL && e->free != NULL) {
		struct io_op *op = e->queue_head;

		op_cut(e, op);
		if (!op_wants_piece(op))
			queue_remove(e, op);
	}
}

/* --- Completions ----------------------------------------------------------------------------- */

/* No more pieces of this operation: it failed, or its file ended. */
static void op_curtail(struct io_engine *e, struct io_op *op, uint64_t bytes)
{
	if (bytes < op->bytes)
		op->bytes = bytes;
	if (op->queued && op->issued >= op->bytes)
		queue_remove(e, op);
}

/* Returns true when the piece goes back into the ring. */
static bool piece_advance(struct io_engine *e, struct io_piece *piece, int result)
{
	struct io_op *op = piece->op;

	if (result == -EINTR)
		return true;
	if (result == -EAGAIN) {
		piece->waiting = true;
		return true;
	}
	if (op->kind == IO_WRITE && result == 0 && piece->bytes > 0 && !piece->waiting)
		result = -EIO;
	if (result < 0) {
		if (op->error == 0)
			op->error = result;
		op_curtail(e, op, op->issued);
		return false;
	}
	if (op->kind == IO_OPEN) {
		op->fd = result;
		return false;
	}
	if (piece->waiting) {
		piece->waiting = false;
		return true;
	}
	piece->moved += (uint32_t)result;
	if (result == 0 && piece->moved < piece->bytes)
		op_curtail(e, op, piece->at + piece->moved);
	return piece->at + piece->moved < op->bytes && piece->moved < piece->bytes;
}

/* Returns the number of callbacks run: 0 or 1. */
static uint32_t piece_complete(struct io_engine *e, struct io_piece *piece, int result)
{
	struct io_op *op = piece->op;

	if (piece_advance(e, piece, result)) {
		piece_issue(e, piece);
		return 0;
	}
	piece->next_free = e->free;
	e->free = piece;
	op->pending--;
	if (!op->queued && op_wants_piece(op))
		queue_push(e, op);
	if (op->pending > 0 || op->queued)
		return 0;
	e->in_flight--;
	op->done(op, op->error < 0 ? op->error : op->kind == IO_OPEN ? op->fd : (int64_t)op->bytes);
	return 1;
}

/* Clears the eventfd before completions are collected, so that no wake-up is lost. Only when the
 * ring has news, to save the system call; but a signal may come late, after its completion has been
 * collected: hence every now and then without news, too. */
static void wake_clear(struct io_engine *e)
{
	uint64_t signals;
	unsigned flags = IO_URING_READ_ONCE(*e->ring.sq.kflags);

	if (io_uring_cq_ready(&e->ring) == 0 &&
	    (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) == 0 &&
	    e->turns++ % IO_WAKE_CLEAR_TURNS != 0)
		return;
	(void)!read(e->wake_fd, &signals, sizeof(signals));
}

static uint32_t ring_reap(struct io_engine *e)
{
	uint32_t ran = 0;

	for (uint32_t left = MR_IO_DEPTH; left > 0; left--) {
		struct io_uring_cqe *cqe;
		struct io_piece *piece;
		int result;

		if (io_uring_peek_cqe(&e->ring, &cqe) != 0)
			break;
		piece = io_uring_cqe_get_data(cqe);
		result = cqe->res;
		io_uring_cqe_seen(&e->ring, cqe);
		ran += piece_complete(e, piece, result);
	}
	return ran;
}

/* By the system call: liburing 2.3 declares io_uring_enable_rings() but does not export it. */
static void ring_enable(struct io_engine *e)
{
	long rc =
	    syscall(SYS_io_uring_register, e->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);

	assert(rc == 0);
	(void)rc;
	e->disabled = false;
}

/* Short of memory or interrupted, the kernel leaves the entries in the ring for the next turn. */
static void ring_submit(struct io_engine *e, uint32_t wait)
{
	int rc;

	queue_issue(e);
	if (wait == 0 && io_uring_sq_ready(&e->ring) == 0)
		return;
	if (e->disabled)
		ring_enable(e);
	rc = io_uring_submit_and_wait(&e->ring, wait);
	assert(rc >= 0 || rc == -EINTR || rc == -EAGAIN || rc == -EBUSY || rc == -ENOMEM);
	(void)rc;
}

static uint32_t engine_turn(struct io_engine *e, uint32_t wait)
{
	uint32_t ran;

	owner_assert(e);
	assert(!e->polling);
	e->polling = true;
	ring_submit(e, wait);
	wake_clear(e);
	ran = ring_reap(e);
	ring_submit(e, 0); /* what callbacks started must not wait for the next turn */
	e->polling = false;
	return ran;
}

uint32_t io_poll(struct io_engine *engine)
{
	return engine_turn(engine, 0);
}

uint32_t io_wait(struct io_engine *engine)
{
	uint32_t ran = 0;

	while (ran == 0 && engine->in_flight > 0)
		ran = engine_turn(engine, 1);
	return ran;
}
