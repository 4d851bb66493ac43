/* A worker process: takes orders from its socket, runs them, answers; ends with the socket. */
#include "worker.h"

#include <errno.h>
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define CALIBRATION_NS 20000000 /* of the counter: exact to some parts in a million */
#define SHARED_FD 3
#define SOCKET_FD 4 /* of threads: the sender's; the receiver's is the next */

struct post {
	const struct worker_kind *kind;
	struct worker worker;
	int socket;
};

const struct worker_kind *worker_kind_find(const char *name)
{
	for (uint32_t i = 0; worker_kinds[i] != NULL; i++) {
		if (strcmp(worker_kinds[i]->name, name) == 0)
			return worker_kinds[i];
	}
	return NULL;
}

void worker_meet(const struct worker *worker, const struct pair_order *order)
{
	struct pair_shared *shared = worker->shared;
	enum pair_role other = worker->role == PAIR_SENDER ? PAIR_RECEIVER : PAIR_SENDER;

	atomic_store(&shared->arrived[worker->role], order->number);
	while (atomic_load(&shared->arrived[other]) < order->number)
		_mm_pause();
}

void worker_stop(const struct worker *worker, const struct pair_order *order)
{
	atomic_store(&worker->shared->stopped, order->number);
}

static int tick_order(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a;
	uint64_t right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

uint64_t worker_ticks_per_s(void)
{
	static _Thread_local uint64_t per_s;
	uint64_t start = worker_ticks();
	uint64_t start_ns = process_now_ns();
	uint64_t now_ns = start_ns;

	if (per_s != 0)
		return per_s;
	while (now_ns - start_ns < CALIBRATION_NS)
		now_ns = process_now_ns();
	per_s = (uint64_t)((double)(worker_ticks() - start) * 1e9 / (double)(now_ns - start_ns));
	return per_s;
}

void worker_percentiles(struct pair_answer *answer, uint64_t *ticks, uint32_t count)
{
	double half = 1e9 / (double)worker_ticks_per_s() / 2;

	if (count == 0)
		return;
	qsort(ticks, count, sizeof(ticks[0]), tick_order);
	answer->p50_ns = (double)ticks[count / 2] * half;
	answer->p99_ns = (double)ticks[(uint64_t)count * 99 / 100] * half;
	answer->p999_ns = (double)ticks[(uint64_t)count * 999 / 1000] * half;
}

static bool answer_give(const struct post *post, struct pair_answer *answer)
{
	return send(post->socket, answer, sizeof(*answer), MSG_NOSIGNAL) == sizeof(*answer);
}

static int post_open(struct post *post)
{
	struct pair_answer answer = {0};
	struct pair_setup setup;

	if (recv(post->socket, &setup, sizeof(setup), 0) != sizeof(setup))
		return -EPIPE;
	answer.rc = post->kind->open(&post->worker, &setup, answer.text, sizeof(answer.text));
	return answer_give(post, &answer) ? answer.rc : -EPIPE;
}

static void *post_serve(void *opaque)
{
	struct post *post = opaque;
	struct pair_order order;
	int rc = post_open(post);

	if (rc < 0)
		return NULL;
	while (rc == 0 && recv(post->socket, &order, sizeof(order), 0) == sizeof(order)) {
		struct pair_answer answer = {0};

		answer.rc = post->kind->run(&post->worker, &order, &answer);
		rc = answer_give(post, &answer) ? 0 : -EPIPE;
	}
	post->kind->close(&post->worker);
	return NULL;
}

void worker_core_take(uint32_t index)
{
	int core = process_core(index);
	cpu_set_t cpus;

	if (core < 0)
		return;
	CPU_ZERO(&cpus);
	CPU_SET(core, &cpus);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
}

static void *post_thread(void *opaque)
{
	worker_core_take(PAIR_RECEIVER);
	return post_serve(opaque);
}

/* The receiver gets a thread, the sender is us. */
static int threads_serve(struct post posts[PAIR_ROLES])
{
	pthread_t receiver;
	int rc = -pthread_create(&receiver, NULL, post_thread, &posts[PAIR_RECEIVER]);

	if (rc < 0)
		return 1;
	worker_core_take(PAIR_SENDER);
	post_serve(&posts[PAIR_SENDER]);
	pthread_join(receiver, NULL);
	return 0;
}

int worker_main(const char *name, const char *role)
{
	const struct worker_kind *kind = worker_kind_find(name);
	struct post posts[PAIR_ROLES] = {0};
	void *shared =
	    mmap(NULL, PAIR_SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, SHARED_FD, 0);

	if (kind == NULL || shared == MAP_FAILED) {
		fprintf(stderr, "millrace-bench: workers are started by the benchmark only\n");
		return 2;
	}
	for (uint32_t i = 0; i < PAIR_ROLES; i++) {
		posts[i].kind = kind;
		posts[i].worker.role = i;
		posts[i].worker.shared = shared;
		posts[i].socket = SOCKET_FD + (kind->threads ? (int)i : 0);
	}
	if (kind->threads)
		return threads_serve(posts);
	post_serve(&posts[role[0] == '0' ? PAIR_SENDER : PAIR_RECEIVER]);
	return 0;
}
