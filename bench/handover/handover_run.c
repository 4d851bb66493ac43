/*
 * Two processes, each on a core of its own, that meet as nodes do. Writer and summer are never more
 * than a few messages apart, with and without hand-over: what is measured is the same memory in the
 * same state.
 */
#include "handover_run.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"
#include "rendezvous.h"
#include "scratch.h"
#include "words.h"

#define PING_BYTES 32
#define PINGS 200000
#define WARM_PINGS 20000
#define MEET_NS 5000000000ull

enum task { TASK_ECHO, TASK_SUM, TASK_SUM_ALONE, TASK_END };

/* Beside the channel: what "alone" goes by, and the sums. */
struct shared {
	_Atomic uint64_t written; // pieces; writer: wo, summer: ro
	char line[64];
	_Atomic uint64_t summed; // pieces; summer: wo, writer: ro
	_Atomic uint64_t sum;    // summer: wo
};

struct side {
	struct region_pool *pool;
	struct rendezvous *rendezvous;
	struct attach_channel *channel;
	struct shared *shared;
	/* The writer's pool, whole: taken before there are two processes, so that what goes alone
	 * is memory in use too. */
	struct region *regions[WORDS_PIECES];
	uint64_t *pieces; /* the same, by their addresses */
};

static int core_take(uint32_t index)
{
	int core = process_core(index);
	cpu_set_t cpus;

	if (core < 0)
		return -EDOM;
	CPU_ZERO(&cpus);
	CPU_SET(core, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus) == 0 ? 0 : -errno;
}

static int side_open(struct side *side, const char *directory, uint32_t node,
		     struct region_pool *pool, char *error, size_t error_bytes)
{
	static const struct rendezvous_peer peers[2] = {{0, 0x7f000001, 7411},
							{1, 0x7f000002, 7411}};
	struct rendezvous_config config = {
	    .directory = directory,
	    .self = peers[node],
	    .incarnation = 1,
	    .pool = region_pool_provider(pool),
	    .peers = &peers[1 - node],
	    .peer_count = 1,
	};
	uint64_t start_ns = process_now_ns();
	struct rendezvous_event event;
	int rc = rendezvous_open(&side->rendezvous, &config, error, error_bytes);

	if (rc != 0)
		return rc;
	while (!rendezvous_poll(side->rendezvous, process_now_ns(), &event)) {
		if (process_now_ns() - start_ns > MEET_NS)
			return -ETIMEDOUT;
		sched_yield();
	}
	side->channel = event.channel;
	return event.kind == RENDEZVOUS_UP ? 0 : -EPIPE;
}

static void side_close(struct side *side)
{
	attach_close(&side->channel);
	rendezvous_close(&side->rendezvous);
}

/* --- The second process: echoes, or sums -------------------------------------------------------
 */

static void message_await(struct attach_channel *channel, struct attach_message *message)
{
	while (!attach_receive(channel, message))
		;
}

static void echo(struct side *side)
{
	struct attach_message message;

	for (uint32_t i = 0; i < WARM_PINGS + PINGS; i++) {
		message_await(side->channel, &message);
		attach_send(side->channel, message.bytes, message.head_bytes,
			    message.bytes + message.head_bytes, message.body_bytes);
		attach_flush(side->channel);
	}
}

static void sum(struct side *side)
{
	struct attach_message message;
	uint64_t total = 0;

	for (uint64_t i = 0; i < WORDS_PIECES_RUN; i++) {
		message_await(side->channel, &message);
		total += words_sum((const uint64_t *)(const void *)message.region->base);
		region_unref(&message.region);
		attach_flush(side->channel);
	}
	atomic_store(&side->shared->sum, total);
	attach_send(side->channel, "", 0, NULL, 0);
	attach_flush(side->channel);
}

static void sum_alone(struct side *side)
{
	struct shared *shared = side->shared;
	uint64_t total = 0;

	for (uint64_t i = 0; i < WORDS_PIECES_RUN; i++) {
		while (atomic_load_explicit(&shared->written, memory_order_acquire) <= i)
			;
		total += words_sum(side->pieces + i % WORDS_PIECES * WORDS_IN_PIECE);
		atomic_store_explicit(&shared->summed, i + 1, memory_order_release);
	}
	atomic_store(&shared->sum, total);
	attach_send(side->channel, "", 0, NULL, 0);
	attach_flush(side->channel);
}

static void second_process(struct side *side, const char *directory)
{
	char error[MR_ERROR_BYTES_MAX] = "";
	struct region_provider provider;
	struct attach_message message;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (core_take(1) != 0 || region_provider_memfd(&provider, WORDS_PIECE_BYTES) != 0 ||
	    region_pool_create(&side->pool, &provider, 0) != 0 ||
	    side_open(side, directory, 1, side->pool, error, sizeof(error)) != 0)
		_exit(1);
	for (;;) {
		message_await(side->channel, &message);
		switch ((enum task)message.bytes[0]) {
		case TASK_ECHO:
			echo(side);
			break;
		case TASK_SUM:
			sum(side);
			break;
		case TASK_SUM_ALONE:
			sum_alone(side);
			break;
		case TASK_END:
			side_close(side);
			_exit(0);
		}
	}
}

/* --- The first: asks, or writes --------------------------------------------------------------- */

static void task_tell(struct side *side, enum task task)
{
	const uint8_t byte = (uint8_t)task;

	attach_send(side->channel, &byte, 1, NULL, 0);
	attach_flush(side->channel);
}

static int number_compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a;
	uint32_t right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static int pings_measure(struct side *side, struct handover_figures *figures)
{
	uint32_t *trips_ns = malloc(PINGS * sizeof(*trips_ns));
	const uint8_t ping[PING_BYTES] = {0};
	struct attach_message message;

	if (trips_ns == NULL)
		return -ENOMEM;
	task_tell(side, TASK_ECHO);
	for (uint32_t i = 0; i < WARM_PINGS + PINGS; i++) {
		uint64_t start_ns = process_now_ns();

		attach_send(side->channel, "", 0, ping, sizeof(ping));
		attach_flush(side->channel);
		message_await(side->channel, &message);
		if (i >= WARM_PINGS)
			trips_ns[i - WARM_PINGS] = (uint32_t)(process_now_ns() - start_ns);
	}
	qsort(trips_ns, PINGS, sizeof(*trips_ns), number_compare);
	figures->p50_us = trips_ns[PINGS / 2] / 2e3;
	figures->p99_us = trips_ns[PINGS / 100 * 99] / 2e3;
	free(trips_ns);
	return 0;
}

/* The only region of the pool that is free is the one longest out: so they rotate. */
static int piece_renew(struct side *side, struct region **region)
{
	region_unref(region);
	return region_alloc(side->pool, WORDS_PIECE_BYTES, REGION_ANY, region);
}

static int lend_all(struct side *side, struct region **regions, uint64_t *start_ns)
{
	struct attach_message message;

	for (uint64_t i = 0; i < WORDS_PIECES_RUN; i++) {
		struct region **region = &regions[i % WORDS_PIECES];
		int rc;

		if (i == WORDS_PIECES)
			*start_ns = process_now_ns();
		while (attach_lent_bytes(side->channel) >= WORDS_AHEAD * WORDS_PIECE_BYTES)
			attach_receive(side->channel, &message);
		rc = piece_renew(side, region);
		if (rc != 0)
			return rc;
		words_write((uint64_t *)(void *)(*region)->base, i);
		region_freeze(*region);
		rc = attach_lend(side->channel, "", 0, *region);
		if (rc != 0)
			return rc;
		attach_flush(side->channel);
	}
	message_await(side->channel, &message);
	return 0;
}

static int lent_measure(struct side *side, struct handover_figures *figures)
{
	uint64_t start_ns = 0;
	int rc;

	task_tell(side, TASK_SUM);
	rc = lend_all(side, side->regions, &start_ns);
	if (rc != 0)
		return rc;
	figures->gbit_per_s = words_gbit_per_s(process_now_ns() - start_ns);
	return atomic_load(&side->shared->sum) == words_sum_expected(WORDS_PIECES_RUN) ? 0
										       : -EILSEQ;
}

static int alone_measure(struct side *side, struct handover_figures *figures)
{
	struct shared *shared = side->shared;
	struct attach_message message;
	uint64_t start_ns = 0;

	task_tell(side, TASK_SUM_ALONE);
	for (uint64_t i = 0; i < WORDS_PIECES_RUN; i++) {
		if (i == WORDS_PIECES)
			start_ns = process_now_ns();
		while (i - atomic_load_explicit(&shared->summed, memory_order_acquire) >=
		       WORDS_AHEAD)
			;
		words_write(side->pieces + i % WORDS_PIECES * WORDS_IN_PIECE, i);
		atomic_store_explicit(&shared->written, i + 1, memory_order_release);
	}
	message_await(side->channel, &message);
	figures->alone_gbit_per_s = words_gbit_per_s(process_now_ns() - start_ns);
	return atomic_load(&shared->sum) == words_sum_expected(WORDS_PIECES_RUN) ? 0 : -EILSEQ;
}

static int measure(struct side *side, const char *directory, struct handover_figures *figures,
		   char *error, size_t error_bytes)
{
	int rc = core_take(0);

	if (rc == 0)
		rc = side_open(side, directory, 0, side->pool, error, error_bytes);
	if (rc != 0)
		return rc;
	rc = pings_measure(side, figures);
	if (rc == 0)
		rc = lent_measure(side, figures);
	if (rc == 0)
		rc = alone_measure(side, figures);
	task_tell(side, TASK_END);
	return rc;
}

static int pool_open(struct side *side)
{
	struct region_provider provider;
	int rc = region_provider_memfd(&provider, (uint64_t)WORDS_PIECES * WORDS_PIECE_BYTES);

	if (rc != 0)
		return rc;
	side->pieces = (uint64_t *)(void *)provider.base;
	side->shared = mmap(NULL, sizeof(*side->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	rc = side->shared != MAP_FAILED ? region_pool_create(&side->pool, &provider, 0) : -ENOMEM;
	if (rc != 0)
		provider.release(&provider);
	for (uint32_t i = 0; i < WORDS_PIECES && rc == 0; i++)
		rc = region_alloc(side->pool, WORDS_PIECE_BYTES, REGION_ANY, &side->regions[i]);
	return rc;
}

int handover_run(struct handover_figures *figures, char *error, size_t error_bytes)
{
	char directory[SCRATCH_PATH_BYTES];
	struct side side = {0};
	cpu_set_t cpus;
	pid_t pid = -1;
	int rc = pool_open(&side);

	error[0] = 0;
	if (rc == 0)
		rc = scratch_folder(directory);
	if (rc != 0)
		goto out;
	sched_getaffinity(0, sizeof(cpus), &cpus);
	pid = fork();
	if (pid == 0)
		second_process(&side, directory);
	rc = pid > 0 ? measure(&side, directory, figures, error, error_bytes) : -errno;
	sched_setaffinity(0, sizeof(cpus), &cpus);
	side_close(&side);
	if (pid > 0 && rc != 0)
		kill(pid, SIGKILL);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	scratch_remove(directory);
out:
	if (rc != 0 && error[0] == 0)
		snprintf(error, error_bytes, "hand-over: %s", strerror(-rc));
	for (uint32_t i = 0; i < WORDS_PIECES; i++)
		region_unref(&side.regions[i]);
	region_pool_destroy(&side.pool);
	if (side.shared != NULL && side.shared != MAP_FAILED)
		munmap(side.shared, sizeof(*side.shared));
	return rc;
}
