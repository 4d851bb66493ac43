/*
 * Memory of a sandbox: threads that have run a function once, one after the other in the same
 * region, and wait; then all run it at the same time, each in a region of its own. What the first
 * of them costs (code, the pool) comes off, the rest is shared out among the others.
 */
#include "footprint.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "subject.h"
#include "tree_memory.h"

#define SANDBOXES 9 /* of which the first comes off */
#define RUN_MS 1000 /* until one that runs is ended */
#define LOOK_MS 500 /* all are inside by then */

struct keeper {
	struct subject subject; /* a copy: code, pool and matrices are shared */
	pthread_t thread;
	pthread_barrier_t *turn;
	int idle_rc, running_rc;
};

/* Threads enter, and run, one by one: main waits at the barrier with each. */
static void *keeper_main(void *argument)
{
	struct keeper *keeper = argument;

	keeper->idle_rc = sandbox_thread_enter();
	if (keeper->idle_rc == 0)
		keeper->idle_rc = subject_spin(&keeper->subject, 0);
	pthread_barrier_wait(keeper->turn); /* idle now */
	pthread_barrier_wait(keeper->turn); /* all run */
	if (keeper->idle_rc == 0) {
		keeper->running_rc = subject_spin(&keeper->subject, RUN_MS);
		sandbox_thread_leave();
	}
	return NULL;
}

struct footprint {
	double first_kib, idle_kib, running_kib; /* of all, then */
};

static int keepers_run(const struct subject *subject, struct footprint *footprint, char *error,
		       size_t error_bytes)
{
	struct keeper keepers[SANDBOXES];
	pthread_barrier_t turns[SANDBOXES];
	int rc = 0;
	uint32_t i;

	for (i = 0; i < SANDBOXES; i++) {
		keepers[i] = (struct keeper){.subject = *subject, .turn = &turns[i]};
		pthread_barrier_init(&turns[i], NULL, 2);
		if (pthread_create(&keepers[i].thread, NULL, keeper_main, &keepers[i]) != 0)
			break;
		pthread_barrier_wait(&turns[i]);
		if (i == 0)
			footprint->first_kib = tree_memory_kib();
	}
	footprint->idle_kib = tree_memory_kib();
	for (uint32_t k = 0; k < i; k++)
		pthread_barrier_wait(&turns[k]);
	usleep(LOOK_MS * 1000);
	footprint->running_kib = tree_memory_kib();
	for (uint32_t k = 0; k < i; k++) {
		pthread_join(keepers[k].thread, NULL);
		if (rc == 0 && (keepers[k].idle_rc != 0 || keepers[k].running_rc != 0)) {
			rc = -EIO;
			snprintf(error, error_bytes, "%s", keepers[k].subject.error);
		}
	}
	for (uint32_t k = 0; k < SANDBOXES && k <= i; k++)
		pthread_barrier_destroy(&turns[k]);
	if (i < SANDBOXES)
		snprintf(error, error_bytes, "no more threads");
	return i < SANDBOXES ? -EAGAIN : rc;
}

static void footprint_report(struct bench *bench, const char *backend,
			     const struct footprint *footprint)
{
	char name[REPORT_NAME_BYTES];

	snprintf(name, sizeof(name), "%s.memory.idle", backend);
	case_sample(report_case(bench->report, name, "KiB"),
		    (footprint->idle_kib - footprint->first_kib) / (SANDBOXES - 1));
	snprintf(name, sizeof(name), "%s.memory.running", backend);
	case_sample(report_case(bench->report, name, "KiB"),
		    (footprint->running_kib - footprint->first_kib) / (SANDBOXES - 1));
}

void footprint_run(struct bench *bench, uint32_t run, const char *backend, const char *cache_dir)
{
	struct footprint footprint = {0};
	char name[REPORT_NAME_BYTES];
	struct subject subject;
	int rc;

	snprintf(name, sizeof(name), "%s.memory.running", backend);
	if (!bench_wants(bench, name) || !bench_step(bench, name, run, RUN_MS))
		return;
	rc = subject_open(&subject, backend, "spin", SUBJECT_POOL_BYTES, cache_dir);
	if (rc == 0) {
		rc = keepers_run(&subject, &footprint, subject.error, sizeof(subject.error));
		subject_close(&subject);
	}
	if (rc != 0)
		report_skip(bench->report, name, "%s", subject.error);
	else if (footprint.first_kib <= 0)
		report_skip(bench->report, name,
			    "smaps_rollup of a process of ours cannot be read");
	else
		footprint_report(bench, backend, &footprint);
}
