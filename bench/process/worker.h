/* The other side of a pair: what runs in a worker process. */
#ifndef WORKER_H
#define WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker_pair.h"

#define WORKER_COMMAND "worker" /* argv[1] of a worker process; then kind and role */

struct worker {
	enum pair_role role;
	struct pair_shared *shared;
	void *state; /* the kind's */
};

struct worker_kind {
	const char *name;
	bool threads; /* both roles are threads of one process */
	bool cores;   /* each role is a process of several threads */
	/* 0 or -errno with error text. */
	int (*open)(struct worker *worker, const struct pair_setup *setup, char *error,
		    size_t error_bytes);
	/* 0 or -errno with answer->text. */
	int (*run)(struct worker *worker, const struct pair_order *order,
		   struct pair_answer *answer);
	void (*close)(struct worker *worker);
};

/* All kinds, the last one without a name (bench/kinds.c). */
extern const struct worker_kind *const worker_kinds[];
const struct worker_kind *worker_kind_find(const char *name);

/* main() of a worker process: returns its exit code. */
int worker_main(const char *kind, const char *role);

/* --- For the kinds --------------------------------------------------------------------------- */

/* Waits, polling, until both workers have come to this run. */
void worker_meet(const struct worker *worker, const struct pair_order *order);
static inline bool worker_stopped(const struct worker *worker, const struct pair_order *order)
{
	return atomic_load_explicit(&worker->shared->stopped, memory_order_relaxed) ==
	       order->number;
}
void worker_stop(const struct worker *worker, const struct pair_order *order);

/* Moves this thread to the index-th CPU this process may run on, if there is one. */
void worker_core_take(uint32_t index);

/* The processor's time stamp counter, and how many of its ticks a second has: measured, as nothing
 * else need be there to ask. */
static inline uint64_t worker_ticks(void)
{
	return __builtin_ia32_rdtsc();
}
uint64_t worker_ticks_per_s(void);

/* p50, p99 and p99.9 of round trips, in ticks, as nanoseconds one way. Sorts. */
void worker_percentiles(struct pair_answer *answer, uint64_t *ticks, uint32_t count);

#endif
