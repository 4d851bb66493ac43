/* Fetching splits: each byte once, items end at line ends, as a plain splitter says; refusals. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source.h"
#include "test.h"

struct fetch {
	struct source_fetch fetch;
	struct io_engine *engine;
	uint8_t *data;
	uint64_t offset;
	uint64_t bytes;
	int sized_calls;
	int done_calls;
	int rc;
	bool later; // answer from outside the callback
	void (*meddle)(int fd);
	int meddle_fd;
};

static void fetch_read(struct fetch *f)
{
	f->data = malloc(f->bytes + 1);
	if (f->meddle != NULL)
		f->meddle(f->meddle_fd);
	source_fetch_read(&f->fetch, f->data);
}

static void on_sized(struct source_fetch *fetch, int rc, uint64_t offset, uint64_t bytes)
{
	struct fetch *f = fetch->opaque;

	f->sized_calls++;
	f->rc = rc;
	f->offset = offset;
	f->bytes = bytes;
	if (rc == 0 && !f->later)
		fetch_read(f);
}

static void on_done(struct source_fetch *fetch, int rc)
{
	struct fetch *f = fetch->opaque;

	f->done_calls++;
	f->rc = rc;
}

/* Runs a fetch to its end; its data is the caller's to free. */
static int fetch_run(struct io_engine *engine, const struct source_split *split, struct fetch *f)
{
	f->fetch.split = split;
	f->fetch.sized = on_sized;
	f->fetch.done = on_done;
	f->fetch.opaque = f;
	if (f->fetch.bytes_max == 0)
		f->fetch.bytes_max = UINT64_MAX;
	source_fetch_start(&f->fetch, engine);
	while (io_in_flight(engine) > 0)
		io_wait(engine);
	if (f->later && f->rc == 0) {
		fetch_read(f);
		while (io_in_flight(engine) > 0)
			io_wait(engine);
	}
	CHECK(f->sized_calls == 1 && f->done_calls <= 1);
	return f->rc;
}

static void split_file(struct source_split *split, const char *path)
{
	struct stat st;

	CHECK(stat(path, &st) == 0);
	*split = (struct source_split){
	    .path = path,
	    .file_bytes = (uint64_t)st.st_size,
	    .mtime_ns = st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec,
	    .end = (uint64_t)st.st_size,
	};
}

static void file_fill(const char *path, const void *data, uint64_t bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0 && write(fd, data, bytes) == (ssize_t)bytes);
	close(fd);
}

/* --- Against a plain splitter ---------------------------------------------------------------- */

/* Item of each line's first byte, going from line to line. */
static void items_expect(const uint8_t *text, uint64_t first, uint64_t end, uint64_t bytes,
			 uint64_t *begins, uint64_t *ends, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		begins[i] = ends[i] = UINT64_MAX;
	for (uint64_t at = first; at < end;) {
		const uint8_t *line_end = memchr(text + at, '\n', end - at);
		uint64_t next = line_end != NULL ? (uint64_t)(line_end - text) + 1 : end;
		uint64_t item = bytes > 0 ? (at - first) / bytes : 0;

		if (begins[item] == UINT64_MAX)
			begins[item] = at;
		ends[item] = next;
		at = next;
	}
}

static void test_text(struct io_engine *engine, const char *path, const uint8_t *text,
		      struct source_split split)
{
	uint32_t count = source_split_count(split.end - split.first, split.bytes);
	uint64_t *begins = calloc(count, sizeof(*begins));
	uint64_t *ends = calloc(count, sizeof(*ends));
	uint64_t covered = split.first;

	items_expect(text, split.first, split.end, split.bytes, begins, ends, count);
	for (uint32_t i = 0; i < count; i++) {
		struct fetch f = {.later = rand() % 2};

		split.index = i;
		CHECK(fetch_run(engine, &split, &f) == 0, "%s", f.fetch.error);
		CHECK(f.done_calls == 1);
		if (begins[i] == UINT64_MAX) {
			CHECK(f.bytes == 0);
		} else {
			CHECK(f.offset == begins[i] && f.offset + f.bytes == ends[i]);
			CHECK(f.offset == covered);
			CHECK(memcmp(f.data, text + f.offset, f.bytes) == 0);
			covered += f.bytes;
		}
		free(f.data);
	}
	CHECK(covered == split.end, "bytes are missing");
	free(begins);
	free(ends);
}

static void test_splits(struct io_engine *engine, const char *path, uint32_t rounds)
{
	enum { BYTES_MAX = 300000 };
	uint8_t *text = malloc(BYTES_MAX);

	for (uint32_t round = 0; round < rounds; round++) {
		uint64_t bytes = (uint64_t)rand() % (round % 8 == 0 ? BYTES_MAX : 200);
		uint32_t line = 1u << rand() % (round % 8 == 0 ? 19 : 7);
		struct source_split split;

		for (uint64_t i = 0; i < bytes; i++)
			text[i] = (uint32_t)rand() % line == 0 ? '\n' : 'x';
		file_fill(path, text, bytes);
		split_file(&split, path);
		split.bytes = (uint64_t)rand() % (bytes / (1 + (uint64_t)rand() % 50) + 2);
		if (bytes / (split.bytes + 1) > 100)
			split.bytes = bytes / 100;
		if (rand() % 2 == 0 && bytes > 0) {
			split.first = (uint64_t)rand() % bytes;
			split.end = split.first + (uint64_t)rand() % (bytes - split.first + 1);
		}
		test_text(engine, path, text, split);
	}
	free(text);
}

/* --- Refusals -------------------------------------------------------------------------------- */

static void expect_fail(struct io_engine *engine, const struct source_split *split, struct fetch f,
			int rc, int done_calls, const char *text)
{
	CHECK(fetch_run(engine, split, &f) == rc, "%d: %s", f.rc, f.fetch.error);
	CHECK(f.done_calls == done_calls);
	CHECK(strstr(f.fetch.error, text) != NULL, "got: %s", f.fetch.error);
	free(f.data);
}

static void meddle_cut(int fd)
{
	CHECK(ftruncate(fd, 3) == 0);
}

static void meddle_write(int fd)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 5}};

	CHECK(pwrite(fd, "X", 1, 0) == 1 && futimens(fd, times) == 0);
}

static void test_changes(struct io_engine *engine, const char *path)
{
	struct source_split split;
	int fd;

	file_fill(path, "one\ntwo\nthree\n", 14);
	split_file(&split, path);
	fd = open(path, O_WRONLY);
	expect_fail(engine, &split, (struct fetch){.meddle = meddle_write, .meddle_fd = fd},
		    -ESTALE, 1, "changed while it was read: run again");
	expect_fail(engine, &split, (struct fetch){0}, -ESTALE, 0,
		    "changed since it was listed (14 bytes then, 14 now): run again");
	split_file(&split, path);
	expect_fail(engine, &split, (struct fetch){.meddle = meddle_cut, .meddle_fd = fd}, -ESTALE,
		    1, "was cut short while it was read: run again");
	close(fd);
	CHECK(unlink(path) == 0);
	expect_fail(engine, &split, (struct fetch){0}, -ENOENT, 0,
		    "it is gone since it was listed: run again");
}

static void test_refusals(struct io_engine *engine, const char *path)
{
	struct source_split split;
	char fifo[100];

	file_fill(path, "0123456789\n012345678901234567890123456789\nabc\n", 46);
	split_file(&split, path);
	split.bytes = 11;
	split.index = 1;
	expect_fail(engine, &split, (struct fetch){.fetch.bytes_max = 30}, -EFBIG, 0,
		    "the item at byte 11 has more than the 30 bytes there is room for: split it");
	expect_fail(engine, &split, (struct fetch){.fetch.bytes_max = 31}, 0, 1, "");
	split.path = "/tmp";
	expect_fail(engine, &split, (struct fetch){0}, -EISDIR, 0, "/tmp: is a folder");
	split.path = "/dev/zero";
	expect_fail(engine, &split, (struct fetch){0}, -EINVAL, 0, "is no regular file");
	snprintf(fifo, sizeof(fifo), "%s.fifo", path);
	CHECK(mkfifo(fifo, 0644) == 0);
	split.path = fifo;
	expect_fail(engine, &split, (struct fetch){0}, -EINVAL, 0, "is no regular file");
	CHECK(unlink(fifo) == 0);
	split.path = path;
	CHECK(chmod(path, 0) == 0 && (geteuid() != 0 || seteuid(65534) == 0));
	expect_fail(engine, &split, (struct fetch){0}, -EACCES, 0,
		    "Permission denied: make it readable for this user");
	CHECK(getuid() != 0 || seteuid(0) == 0);
}

static void test_close(struct io_engine *engine, const char *path)
{
	struct source_split split;
	struct fetch f = {.later = true, .fetch.bytes_max = 100};
	int fd = dup(0);

	close(fd);
	file_fill(path, "a\n", 2);
	split_file(&split, path);
	f.fetch.split = &split;
	f.fetch.sized = on_sized;
	f.fetch.opaque = &f;
	source_fetch_start(&f.fetch, engine);
	while (io_in_flight(engine) > 0)
		io_wait(engine);
	CHECK(f.sized_calls == 1 && f.bytes == 2);
	source_fetch_close(&f.fetch);
	CHECK(dup(0) == fd, "a descriptor leaked");
	close(fd);
}

static void test_count(void)
{
	CHECK(source_split_count(0, 0) == 1);
	CHECK(source_split_count(0, 10) == 1);
	CHECK(source_split_count(10, 0) == 1);
	CHECK(source_split_count(10, 10) == 1);
	CHECK(source_split_count(11, 10) == 2);
	CHECK(source_split_count(UINT64_MAX, 1) == UINT32_MAX);
}

int main(int argc, char **argv)
{
	uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 200;
	struct io_engine *engine = NULL;
	char path[] = "/tmp/source-fetch-XXXXXX";
	int rc = io_engine_create(&engine);

	if (rc == -ENOSYS || rc == -EPERM)
		SKIP("no io_uring here: %s", strerror(-rc));
	CHECK(rc == 0 && close(mkstemp(path)) == 0);
	srand(argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1);
	test_count();
	test_splits(engine, path, rounds);
	test_close(engine, path);
	test_changes(engine, path);
	test_refusals(engine, path);
	unlink(path);
	io_engine_destroy(&engine);
	return 0;
}
