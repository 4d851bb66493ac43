/* Runs of the product's transport: warm, counted, then until nothing is on its way. */
#include "link_worker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cores.h"
#include "endpoint.h"
#include "patterns.h"

#define END_PATIENCE_NS 10000000000ull /* for what is still on its way at the end */

static int link_open(struct worker *worker, const struct pair_setup *setup, char *error,
		     size_t error_bytes)
{
	return endpoint_open((struct endpoint **)&worker->state, worker, setup, error, error_bytes);
}

static void link_close(struct worker *worker)
{
	endpoint_close((struct endpoint **)&worker->state);
}

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Turns until the counted time is over: the clock's role says so to both. */
static void run_counted(struct endpoint *endpoint)
{
	const struct pair_order *order = endpoint->order;
	bool clock = pattern_clock(order->pattern) == endpoint->worker->role;
	uint64_t warm_end_ns = process_now_ns() + order->warm_ms * 1000000ull;
	uint64_t end_ns = 0;
	uint64_t start_ns = 0;
	uint64_t cpu_before_ns = 0;

	while (!worker_stopped(endpoint->worker, order) && !endpoint->failed) {
		endpoint_turn(endpoint);
		if (!endpoint->counting && endpoint->now_ns >= warm_end_ns) {
			endpoint->counting = true;
			start_ns = endpoint->now_ns;
			end_ns = start_ns + order->run_ms * 1000000ull;
			warm_end_ns = UINT64_MAX;
			cpu_before_ns = cpu_ns();
		}
		if (clock && endpoint->counting && endpoint->now_ns >= end_ns)
			worker_stop(endpoint->worker, order);
	}
	endpoint->answer->elapsed_ns = endpoint->counting ? endpoint->now_ns - start_ns : 0;
	endpoint->answer->cpu_ns = cpu_ns() - cpu_before_ns;
	endpoint->counting = false;
}

/* Is nothing of ours on its way? The receiver waits for the sender, whose last requests it is still
 * to answer; the sender for these answers. */
static bool run_finished(const struct endpoint *endpoint)
{
	const struct worker *worker = endpoint->worker;

	if (endpoint->unsent > 0 || endpoint->unanswered > 0)
		return false;
	return worker->role == PAIR_SENDER ||
	       atomic_load(&worker->shared->finished[PAIR_SENDER]) == endpoint->order->number;
}

/* Turns until nothing of either side is on its way. */
static int run_out(struct endpoint *endpoint)
{
	struct pair_shared *shared = endpoint->worker->shared;
	uint64_t deadline_ns = process_now_ns() + END_PATIENCE_NS;
	uint32_t number = endpoint->order->number;

	while (!endpoint->failed) {
		endpoint_turn(endpoint);
		if (run_finished(endpoint))
			atomic_store(&shared->finished[endpoint->worker->role], number);
		if (atomic_load(&shared->finished[PAIR_RECEIVER]) == number)
			return 0;
		if (endpoint->now_ns > deadline_ns)
			return -ETIMEDOUT;
	}
	return -EIO;
}

static int link_run(struct worker *worker, const struct pair_order *order,
		    struct pair_answer *answer)
{
	struct endpoint *endpoint = worker->state;
	const struct endpoint_pattern *pattern = pattern_of(order->pattern, worker->role);
	const struct transport_counters *counters = transport_counters(endpoint->transport);
	uint64_t drops = endpoint_drops(endpoint);
	uint64_t retransmits = counters->retransmits;
	int rc = pattern == NULL ? -EOPNOTSUPP : endpoint_prepare(endpoint, order, pattern, answer);

	if (rc < 0) {
		worker_stop(worker, order);
		return rc;
	}
	worker_meet(worker, order);
	pattern_begin(endpoint);
	run_counted(endpoint);
	rc = run_out(endpoint);
	answer->drops = endpoint_drops(endpoint) - drops;
	answer->retransmits = counters->retransmits - retransmits;
	worker_percentiles(answer, endpoint->ticks, endpoint->tick_count);
	if (rc == -ETIMEDOUT)
		snprintf(answer->text, sizeof(answer->text),
			 "%u messages did not end; %llu retransmits, %llu drops", endpoint->unsent,
			 (unsigned long long)answer->retransmits,
			 (unsigned long long)answer->drops);
	return rc < 0 ? rc : endpoint_verify(endpoint);
}

const struct worker_kind link_worker_kind = {
    .name = "link",
    .open = link_open,
    .run = link_run,
    .close = link_close,
};

/* --- Several cores, each an end on a queue of its own ------------------------------------------
 */

static int cores_open(struct worker *worker, const struct pair_setup *setup, char *error,
		      size_t error_bytes)
{
	struct endpoint *endpoints[MR_IO_CORES_MAX] = {NULL};
	struct cores *cores;
	int rc = cores_create(&cores, worker, setup->cores);

	if (rc < 0)
		return rc;
	worker->state = cores;
	rc = endpoint_open(endpoints, cores->workers, setup, error, error_bytes);
	for (uint32_t i = 0; i < cores->count; i++)
		cores->workers[i].state = endpoints[i];
	return rc;
}

static int link_cores_run(struct worker *worker, const struct pair_order *order,
			  struct pair_answer *answer)
{
	return cores_run(worker->state, order, answer, link_run);
}

static void cores_close(struct worker *worker)
{
	struct cores *cores = worker->state;

	for (uint32_t i = 0; i < cores->count; i++)
		link_close(&cores->workers[i]);
	cores_destroy(&cores);
}

const struct worker_kind link_cores_worker_kind = {
    .name = "link-cores",
    .cores = true,
    .open = cores_open,
    .run = link_cores_run,
    .close = cores_close,
};

const struct worker_kind link_ring_worker_kind = {
    .name = "link-ring",
    .threads = true,
    .open = link_open,
    .run = link_run,
    .close = link_close,
};
