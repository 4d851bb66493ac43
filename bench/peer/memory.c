/* What this machine's memory allows: copying, and writing on one core what another one sums. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "peer.h"
#include "words.h"
#include "worker_pair.h"

#define ROTATION_BYTES ((size_t)WORDS_PIECES * WORDS_PIECE_BYTES)
#define PIECES (2ull * WORDS_PIECES) /* of one run: through all twice, when they were touched */

struct memory {
	uint8_t *from;
	uint8_t *to;
	_Atomic uint64_t written, summed; // pieces; writer: wo, summer: ro, and the other way
	uint64_t sum;
};

static uint8_t *rotation_map(void)
{
	uint8_t *at =
	    mmap(NULL, ROTATION_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	madvise(at, ROTATION_BYTES, MADV_HUGEPAGE);
	memset(at, 1, ROTATION_BYTES);
	return at;
}

static uint64_t *piece_at(const struct memory *memory, uint64_t piece)
{
	return (uint64_t *)(memory->to + piece % WORDS_PIECES * WORDS_PIECE_BYTES);
}

static void core_take(enum pair_role role)
{
	int core = process_core(role);
	cpu_set_t cpus;

	if (core < 0)
		return;
	CPU_ZERO(&cpus);
	CPU_SET(core, &cpus);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
}

static void *summer_run(void *opaque)
{
	struct memory *memory = opaque;
	uint64_t sum = 0;

	core_take(PAIR_RECEIVER);
	for (uint64_t piece = 0; piece < PIECES; piece++) {
		while (atomic_load_explicit(&memory->written, memory_order_acquire) <= piece)
			sched_yield();
		sum += words_sum(piece_at(memory, piece));
		atomic_store_explicit(&memory->summed, piece + 1, memory_order_release);
	}
	memory->sum = sum;
	return NULL;
}

static void *writer_run(void *opaque)
{
	struct memory *memory = opaque;

	core_take(PAIR_SENDER);
	for (uint64_t piece = 0; piece < PIECES; piece++) {
		while (piece - atomic_load_explicit(&memory->summed, memory_order_acquire) >=
		       WORDS_AHEAD)
			sched_yield();
		words_write(piece_at(memory, piece), piece);
		atomic_store_explicit(&memory->written, piece + 1, memory_order_release);
	}
	return NULL;
}

static int write_sum(struct memory *memory)
{
	pthread_t writer, summer;
	int rc = -pthread_create(&summer, NULL, summer_run, memory);

	if (rc < 0)
		return rc;
	rc = -pthread_create(&writer, NULL, writer_run, memory);
	if (rc < 0) {
		/* Nobody will write: let it end. */
		atomic_store(&memory->written, UINT64_MAX);
		pthread_join(summer, NULL);
		return rc;
	}
	pthread_join(writer, NULL);
	pthread_join(summer, NULL);
	return memory->sum == words_sum_expected(PIECES) ? 0 : -EILSEQ;
}

static void copy(struct memory *memory)
{
	for (uint64_t piece = 0; piece < PIECES; piece++) {
		uint8_t *to = (uint8_t *)piece_at(memory, piece);

		memcpy(to, memory->from + (to - memory->to), WORDS_PIECE_BYTES);
	}
}

int peer_memory(enum peer_memory_work work, double *gbit_per_s, char *error, size_t error_bytes)
{
	struct memory memory = {.to = rotation_map()};
	uint64_t start_ns;
	int rc = 0;

	memory.from = work == PEER_MEMORY_COPY ? rotation_map() : NULL;
	if (memory.to == NULL || (work == PEER_MEMORY_COPY && memory.from == NULL)) {
		rc = -ENOMEM;
		goto out;
	}
	start_ns = process_now_ns();
	if (work == PEER_MEMORY_COPY)
		copy(&memory);
	else
		rc = write_sum(&memory);
	*gbit_per_s =
	    (double)(PIECES * WORDS_PIECE_BYTES) * 8 / (double)(process_now_ns() - start_ns);
out:
	if (rc < 0)
		snprintf(error, error_bytes, "memory: %s", strerror(-rc));
	if (memory.to != NULL)
		munmap(memory.to, ROTATION_BYTES);
	if (memory.from != NULL)
		munmap(memory.from, ROTATION_BYTES);
	return rc;
}
