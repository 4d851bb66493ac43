/* The io_uring engine: pieces, short reads, errors, order, callbacks that start operations. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "io.h"
#include "test.h"

struct wait {
	struct io_op op;
	int64_t result;
	uint32_t calls;
};

static void wait_done(struct io_op *op, int64_t result)
{
	struct wait *wait = op->opaque;

	wait->result = result;
	wait->calls++;
}

static void wait_init(struct wait *wait)
{
	*wait = (struct wait){.op = {.done = wait_done, .opaque = wait}};
}

static int64_t wait_for(struct io_engine *engine, struct wait *wait)
{
	while (wait->calls == 0)
		io_wait(engine);
	CHECK(wait->calls == 1);
	return wait->result;
}

static int64_t read_now(struct io_engine *engine, int fd, void *data, uint64_t bytes,
			uint64_t offset)
{
	struct wait wait;

	wait_init(&wait);
	io_read(engine, &wait.op, fd, data, bytes, offset);
	return wait_for(engine, &wait);
}

static int64_t write_now(struct io_engine *engine, int fd, const void *data, uint64_t bytes,
			 uint64_t offset)
{
	struct wait wait;

	wait_init(&wait);
	io_write(engine, &wait.op, fd, data, bytes, offset);
	return wait_for(engine, &wait);
}

static int scratch_open(void)
{
	char path[] = "/tmp/source-io-XXXXXX";
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	unlink(path);
	return fd;
}

static void pattern_fill(uint8_t *data, uint64_t bytes, uint64_t from)
{
	for (uint64_t i = 0; i < bytes; i++)
		data[i] = (uint8_t)((from + i) * 2654435761u >> 13);
}

static void test_sizes(struct io_engine *engine)
{
	static const uint64_t sizes[] = {0,
					 1,
					 4095,
					 MR_IO_BYTES_MAX - 1,
					 MR_IO_BYTES_MAX,
					 MR_IO_BYTES_MAX + 1,
					 20 * MR_IO_BYTES_MAX + 7,
					 64u << 20};
	uint8_t *out = malloc(64u << 20);
	uint8_t *in = malloc(64u << 20);

	pattern_fill(out, 64u << 20, 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		int fd = scratch_open();

		CHECK(write_now(engine, fd, out, sizes[i], 3) == (int64_t)sizes[i]);
		CHECK(read_now(engine, fd, in, sizes[i], 3) == (int64_t)sizes[i]);
		CHECK(memcmp(in, out, sizes[i]) == 0);
		close(fd);
	}
	free(in);
	free(out);
}

/* A read past the end is short, whichever piece the end falls into. */
static void test_end_of_file(struct io_engine *engine)
{
	uint64_t bytes = 5 * (uint64_t)MR_IO_BYTES_MAX + 10;
	uint8_t *out = malloc(bytes);
	uint8_t *in = malloc(64u << 20);
	int fd = scratch_open();

	pattern_fill(out, bytes, 9);
	CHECK(write_now(engine, fd, out, bytes, 0) == (int64_t)bytes);
	CHECK(read_now(engine, fd, in, 64u << 20, 0) == (int64_t)bytes);
	CHECK(memcmp(in, out, bytes) == 0);
	CHECK(read_now(engine, fd, in, 100, bytes - 1) == 1);
	CHECK(read_now(engine, fd, in, 100, bytes) == 0);
	CHECK(read_now(engine, fd, in, 64u << 20, bytes + 100) == 0);
	close(fd);
	free(in);
	free(out);
}

static void test_errors(struct io_engine *engine)
{
	uint8_t *data = calloc(1, 64u << 20);
	struct wait wait;
	int full = open("/dev/full", O_WRONLY);
	int closed = scratch_open();

	close(closed);
	CHECK(write_now(engine, full, data, 1, 0) == -ENOSPC);
	CHECK(write_now(engine, full, data, 64u << 20, 0) == -ENOSPC);
	CHECK(write_now(engine, closed, data, 64u << 20, 0) == -EBADF);
	CHECK(read_now(engine, closed, data, 10, 0) == -EBADF);
	CHECK(read_now(engine, closed, data, 0, 0) == -EBADF);
	wait_init(&wait);
	io_open(engine, &wait.op, "/nonexistent/file", O_RDONLY, 0);
	CHECK(wait_for(engine, &wait) == -ENOENT);
	wait_init(&wait);
	io_open(engine, &wait.op, "/dev/zero", O_RDONLY, 0);
	CHECK(wait_for(engine, &wait) >= 0);
	data[0] = 1;
	CHECK(read_now(engine, (int)wait.result, data, 3000000, 0) == 3000000);
	CHECK(data[0] == 0);
	close((int)wait.result);
	close(full);
	free(data);
	CHECK(io_in_flight(engine) == 0);
}

/* An operation that fails while it waits in the queue with others behind it leaves them whole. */
static void test_failure_in_queue(struct io_engine *engine)
{
	enum { COUNT = 400 };
	struct wait *waits = calloc(COUNT, sizeof(*waits));
	uint8_t *data = calloc(1, 32u << 20);
	int full = open("/dev/full", O_WRONLY);
	int fd = scratch_open();

	for (uint32_t i = 0; i < COUNT; i++) {
		wait_init(&waits[i]);
		if (i % 2 == 0)
			io_write(engine, &waits[i].op, full, data, 32u << 20, 0);
		else
			io_write(engine, &waits[i].op, fd, data, 5, 5 * i);
	}
	CHECK(io_in_flight(engine) == COUNT);
	while (io_in_flight(engine) > 0)
		io_wait(engine);
	for (uint32_t i = 0; i < COUNT; i++) {
		CHECK(waits[i].calls == 1);
		CHECK(waits[i].result == (i % 2 == 0 ? -ENOSPC : 5));
	}
	close(full);
	close(fd);
	free(waits);
	free(data);
}

/* --- Callbacks that start operations and free their container --------------------------------- */

struct chain {
	struct io_op op;
	struct io_engine *engine;
	int fd;
	uint32_t left;
	uint32_t *finished;
	uint32_t value;
};

static void chain_done(struct io_op *op, int64_t result)
{
	struct chain *chain = op->opaque;

	CHECK(result == sizeof(chain->value));
	if (chain->left-- > 0) {
		chain->value = chain->left;
		io_write(chain->engine, op, chain->fd, &chain->value, sizeof(chain->value),
			 chain->left * sizeof(chain->value));
		return;
	}
	(*chain->finished)++;
	free(chain);
}

static void test_reissue(struct io_engine *engine, uint32_t chains)
{
	uint32_t finished = 0;
	int fd = scratch_open();

	for (uint32_t i = 0; i < chains; i++) {
		struct chain *chain = malloc(sizeof(*chain));

		*chain = (struct chain){.op = {.done = chain_done, .opaque = chain},
					.engine = engine,
					.fd = fd,
					.left = 20,
					.finished = &finished};
		io_write(engine, &chain->op, fd, &chain->value, sizeof(chain->value), 0);
	}
	while (io_in_flight(engine) > 0) {
		struct pollfd wake = {.fd = io_engine_fd(engine), .events = POLLIN};

		if (io_poll(engine) == 0 && io_in_flight(engine) > 0)
			CHECK(poll(&wake, 1, 10000) == 1, "no completion woke us");
	}
	CHECK(finished == chains);
	close(fd);
}

/* --- Pipes ----------------------------------------------------------------------------------- */

struct drain {
	int fd;
	uint8_t *data;
	uint64_t bytes;
};

static void *drain_run(void *arg)
{
	struct drain *drain = arg;
	ssize_t got;

	usleep(50000);
	while ((got = read(drain->fd, drain->data + drain->bytes, 65536)) > 0)
		drain->bytes += (uint64_t)got;
	return NULL;
}

/* In order and whole through a pipe smaller than the data, blocking or not. */
static void test_stream(struct io_engine *engine, int flags)
{
	uint64_t bytes = 3 * (uint64_t)MR_IO_BYTES_MAX + 5;
	uint8_t *out = malloc(bytes);
	struct drain drain = {.data = malloc(bytes + 65536)};
	pthread_t thread;
	int ends[2];

	pattern_fill(out, bytes, 77);
	CHECK(pipe2(ends, flags & ~O_NONBLOCK) == 0);
	CHECK(fcntl(ends[1], F_SETFL, flags) == 0);
	drain.fd = ends[0];
	CHECK(pthread_create(&thread, NULL, drain_run, &drain) == 0);
	CHECK(write_now(engine, ends[1], out, bytes, IO_STREAM) == (int64_t)bytes);
	close(ends[1]);
	pthread_join(thread, NULL);
	CHECK(drain.bytes == bytes && memcmp(drain.data, out, bytes) == 0);
	close(ends[0]);
	free(drain.data);
	free(out);
}

/* The descriptor sleeps while nothing completes and wakes when something does. */
static void test_wake(struct io_engine *engine)
{
	struct pollfd wake = {.fd = io_engine_fd(engine), .events = POLLIN};
	struct wait wait;
	char byte;
	int ends[2];

	CHECK(pipe(ends) == 0);
	wait_init(&wait);
	for (uint32_t turn = 0; turn < 64; turn++)
		CHECK(io_poll(engine) == 0);
	CHECK(poll(&wake, 1, 0) == 0);
	io_read(engine, &wait.op, ends[0], &byte, 1, IO_STREAM);
	CHECK(io_poll(engine) == 0);
	CHECK(poll(&wake, 1, 20) == 0);
	CHECK(write(ends[1], "x", 1) == 1);
	CHECK(poll(&wake, 1, 10000) == 1);
	CHECK(io_poll(engine) == 1 && wait.result == 1 && byte == 'x');
	for (uint32_t turn = 0; turn < 64 && poll(&wake, 1, 0) == 1; turn++)
		io_poll(engine);
	CHECK(poll(&wake, 1, 0) == 0, "stays readable with nothing to collect");
	close(ends[0]);
	close(ends[1]);
}

static void *suite_run(void *arg)
{
	struct io_engine *engine = arg;

	CHECK(io_poll(engine) == 0 && io_wait(engine) == 0);
	test_sizes(engine);
	test_end_of_file(engine);
	test_errors(engine);
	test_failure_in_queue(engine);
	test_reissue(engine, 1);
	test_reissue(engine, 3000);
	test_stream(engine, 0);
	test_stream(engine, O_NONBLOCK);
	test_wake(engine);
	return NULL;
}

/* Created by one thread, owned by another: as a node does. */
int main(void)
{
	struct io_engine *engine = NULL;
	pthread_t thread;
	int rc = io_engine_create(&engine);

	if (rc == -ENOSYS || rc == -EPERM)
		SKIP("no io_uring here: %s", strerror(-rc));
	CHECK(rc == 0, "%s", strerror(-rc));
	CHECK(pthread_create(&thread, NULL, suite_run, engine) == 0);
	pthread_join(thread, NULL);
	io_engine_destroy(&engine);
	CHECK(engine == NULL);
	io_engine_destroy(&engine);
	return 0;
}
