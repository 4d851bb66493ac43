/* Fetching one split of a file: open, find the line ends around it, read. All by io_uring. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quote.h"
#include "split.h"

enum phase {
	FETCH_OPEN,
	FETCH_BEGIN, // looking for the line end before the item
	FETCH_END,   // looking for the line end that closes it
	FETCH_SIZED, // waiting for the caller's answer
	FETCH_READ,
};

static void fetch_close(struct source_fetch *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	free(f->probe);
	f->probe = NULL;
}

/* Reports to whom it is due: done() once the caller has asked for the bytes, else sized(). */
static void fetch_finish(struct source_fetch *f, int rc)
{
	fetch_close(f);
	if (f->phase == FETCH_READ)
		f->done(f, rc);
	else
		f->sized(f, rc, f->offset, f->bytes);
}

__attribute__((format(printf, 3, 4))) static void fetch_fail(struct source_fetch *f, int rc,
							     const char *format, ...)
{
	struct quoted quoted;
	va_list args;
	int at =
	    snprintf(f->error, sizeof(f->error), "%s: ", quote_string(&quoted, f->split->path));

	va_start(args, format);
	vsnprintf(f->error + at, sizeof(f->error) - (size_t)at, format, args);
	va_end(args);
	fetch_finish(f, rc);
}

static void fetch_fail_read(struct source_fetch *f, int64_t result)
{
	fetch_fail(f, (int)result, "cannot be read at byte %" PRIu64 ": %s", f->probe_at,
		   strerror((int)-result));
}

/* --- The file -------------------------------------------------------------------------------- */

/* Still what was listed? */
static bool file_is_same(const struct source_fetch *f, const struct stat *st)
{
	return (uint64_t)st->st_size == f->split->file_bytes &&
	       st->st_mtim.tv_sec * 1000000000ll + st->st_mtim.tv_nsec == f->split->mtime_ns;
}

static void fetch_fail_open(struct source_fetch *f, int rc)
{
	const char *advice = "check the path";

	if (rc == -EACCES || rc == -EPERM)
		advice = "make it readable for this user";
	else if (rc == -ENOENT)
		advice = "it is gone since it was listed: run again";
	else if (rc == -EMFILE || rc == -ENFILE)
		advice = "raise the limit of open files (ulimit -n)";
	fetch_fail(f, rc, "cannot be opened: %s: %s", strerror(-rc), advice);
}

/* 0, or the fetch is over. */
static int file_check(struct source_fetch *f)
{
	struct stat st;
	int rc = fstat(f->fd, &st) == 0 ? 0 : -errno;

	if (rc < 0) {
		fetch_fail(f, rc, "cannot be looked at: %s", strerror(-rc));
		return rc;
	}
	if (S_ISDIR(st.st_mode)) {
		fetch_fail(f, -EISDIR, "is a folder: write PATH/** for all the files below it");
		return -EISDIR;
	}
	if (!S_ISREG(st.st_mode)) {
		fetch_fail(f, -EINVAL, "is no regular file: copy what it yields into one");
		return -EINVAL;
	}
	if (!file_is_same(f, &st)) {
		fetch_fail(f, -ESTALE,
			   "changed since it was listed (%" PRIu64 " bytes then, %" PRIu64
			   " now): run again",
			   f->split->file_bytes, (uint64_t)st.st_size);
		return -ESTALE;
	}
	/* O_NONBLOCK kept a FIFO from blocking the open; reads must not fail with EAGAIN for it. */
	fcntl(f->fd, F_SETFL, 0);
	return 0;
}

/* --- Line ends ------------------------------------------------------------------------------- */

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Where the search of this phase gives up. Beyond its own aim an item cannot begin: the line is
 * then an earlier item's. */
static uint64_t probe_end(const struct source_fetch *f)
{
	return f->phase == FETCH_BEGIN ? split_target(f->split, f->split->index + 1) - 1
				       : f->split->end;
}

static void fetch_sized(struct source_fetch *f, uint64_t end)
{
	if (end - f->offset > f->bytes_max) {
		fetch_fail(f, -EFBIG,
			   "the item at byte %" PRIu64 " has more than the %" PRIu64
			   " bytes there is room for: split it (?split=line&bytes=SIZE), shorten "
			   "its line, or give more memory",
			   f->offset, f->bytes_max);
		return;
	}
	f->phase = FETCH_SIZED;
	f->bytes = end - f->offset;
	free(f->probe);
	f->probe = NULL;
	f->sized(f, 0, f->offset, f->bytes);
}

static void probe_done(struct io_op *op, int64_t result);

/* Reads the next piece in which the line end may lie. */
static void probe_read(struct source_fetch *f)
{
	uint64_t bytes = min_u64(probe_end(f) - f->probe_at, MR_SPLIT_PROBE_BYTES);

	f->op.done = probe_done;
	io_read(f->engine, &f->op, f->fd, f->probe, bytes, f->probe_at);
}

/* The item begins at f->offset: where does it end? */
static void fetch_find_end(struct source_fetch *f)
{
	uint64_t target = split_target(f->split, f->split->index + 1);

	if (target == f->split->end) {
		fetch_sized(f, target);
		return;
	}
	f->phase = FETCH_END;
	f->probe_at = target - 1;
	probe_read(f);
}

static void probe_next(struct source_fetch *f)
{
	if (f->phase == FETCH_BEGIN && f->probe_at >= probe_end(f))
		fetch_sized(f, f->offset); /* inside one long line: empty */
	else if (f->phase == FETCH_END &&
		 (f->probe_at >= probe_end(f) || f->probe_at - f->offset > f->bytes_max))
		fetch_sized(f, f->probe_at);
	else
		probe_read(f);
}

static void probe_done(struct io_op *op, int64_t result)
{
	struct source_fetch *f = op->opaque;
	const uint8_t *line_end;

	if (result < 0) {
		fetch_fail_read(f, result);
		return;
	}
	if (result == 0) {
		fetch_fail(f, -ESTALE, "was cut short while it was read: run again");
		return;
	}
	line_end = memchr(f->probe, '\n', (size_t)result);
	if (line_end == NULL) {
		f->probe_at += (uint64_t)result;
		probe_next(f);
		return;
	}
	f->probe_at += (uint64_t)(line_end - f->probe) + 1;
	if (f->phase == FETCH_END) {
		fetch_sized(f, f->probe_at);
		return;
	}
	f->offset = f->probe_at;
	fetch_find_end(f);
}

static void open_done(struct io_op *op, int64_t result)
{
	struct source_fetch *f = op->opaque;
	uint32_t items = source_split_count(f->split->end - f->split->first, f->split->bytes);

	if (result < 0) {
		fetch_fail_open(f, (int)result);
		return;
	}
	f->fd = (int)result;
	if (file_check(f) < 0)
		return;
	if (items > 1)
		f->probe = malloc(MR_SPLIT_PROBE_BYTES);
	if (items > 1 && f->probe == NULL) {
		fetch_fail(f, -ENOMEM, "out of memory");
		return;
	}
	if (f->split->index == 0) {
		fetch_find_end(f);
		return;
	}
	f->phase = FETCH_BEGIN;
	f->probe_at = f->offset - 1;
	probe_next(f);
}

/* --- The caller's calls ---------------------------------------------------------------------- */

void source_fetch_start(struct source_fetch *fetch, struct io_engine *engine)
{
	const struct source_split *split = fetch->split;

	assert(split->first <= split->end && split->end <= split->file_bytes);
	assert(split->index < source_split_count(split->end - split->first, split->bytes));
	fetch->engine = engine;
	fetch->fd = -1;
	fetch->phase = FETCH_OPEN;
	fetch->probe = NULL;
	fetch->probe_at = 0;
	fetch->offset = split_target(split, split->index);
	fetch->bytes = 0;
	fetch->error[0] = '\0';
	fetch->op = (struct io_op){.done = open_done, .opaque = fetch};
	io_open(engine, &fetch->op, split->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
}

static void read_done(struct io_op *op, int64_t result)
{
	struct source_fetch *f = op->opaque;
	struct stat st;

	if (result < 0)
		fetch_fail_read(f, result);
	else if ((uint64_t)result != f->bytes)
		fetch_fail(f, -ESTALE, "was cut short while it was read: run again");
	else if (fstat(f->fd, &st) != 0 || !file_is_same(f, &st))
		fetch_fail(f, -ESTALE, "changed while it was read: run again");
	else
		fetch_finish(f, 0);
}

void source_fetch_read(struct source_fetch *fetch, void *dest)
{
	assert(fetch->phase == FETCH_SIZED);
	fetch->phase = FETCH_READ;
	fetch->probe_at = fetch->offset;
	fetch->op.done = read_done;
	io_read(fetch->engine, &fetch->op, fetch->fd, dest, fetch->bytes, fetch->offset);
}

void source_fetch_close(struct source_fetch *fetch)
{
	assert(fetch->phase == FETCH_SIZED);
	fetch_close(fetch);
}
