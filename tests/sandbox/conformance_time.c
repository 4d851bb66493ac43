/*
 * Time limits: a run ends soon after its own, not before, and what ends one never reaches the next;
 * interrupts end all runs under way, and none that begins later. Limits are of processor time: runs
 * that share a core have as long as if they had it alone.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "conformance.h"
#include "processes.h"

/* Of processor time, as limits are. What matters is that it is far from the default of a minute. */
#define LATE_NS_MAX 2000000000ull
#define SHARERS 4
#define SHARED_LIMIT_MS 500
#define SHARED_PERCENT 60 /* of its limit that each needs */
#define TRIES_MAX 1000    /* until a run has taken about as long as its limit */

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static void limits_kept(struct harness_function *loop)
{
	static const uint32_t limits_ms[] = {1, 5, 50, 1200};
	struct harness_run run;

	for (size_t i = 0; i < sizeof(limits_ms) / sizeof(limits_ms[0]); i++) {
		const uint64_t start_ns = now_ns(), start_cpu_ns = process_cpu_ns();
		uint64_t took_ns, cpu_ns;

		loop->time_limit_ms = limits_ms[i];
		conformance_run(loop, "", 0, &run);
		took_ns = now_ns() - start_ns;
		cpu_ns = process_cpu_ns() - start_cpu_ns;
		CHECK(run.result.outcome == SANDBOX_TIME_LIMIT, "%s", run.result.text);
		CHECK(took_ns >= limits_ms[i] * 1000000ull, "%u ms: %llu ns", limits_ms[i],
		      (unsigned long long)took_ns);
		CHECK(cpu_ns < limits_ms[i] * 1000000ull + LATE_NS_MAX, "%u ms: %llu ns of CPU",
		      limits_ms[i], (unsigned long long)cpu_ns);
		harness_release(&run);
	}
}

/* Runs that take about as long as their limit, each followed by one that has time: whatever came of
 * the first, the second is sound. */
static void late_harmless(const struct conformance *c, const struct harness_function *echo)
{
	struct harness_function spin = conformance_function(c, "good_spin");
	uint32_t rounds = 200000, in_time = 0, out_of_time = 0;
	struct harness_run run;

	spin.time_limit_ms = 1;
	for (int i = 0; i < c->runs || ((in_time == 0 || out_of_time == 0) && i < TRIES_MAX); i++) {
		conformance_run(&spin, &rounds, sizeof(rounds), &run);
		if (run.result.outcome == SANDBOX_OK) {
			rounds += rounds / 8;
			in_time++;
		} else {
			CHECK(run.result.outcome == SANDBOX_TIME_LIMIT, "%s", run.result.text);
			rounds -= rounds / 8;
			out_of_time++;
		}
		harness_release(&run);
		conformance_echo(echo);
	}
	CHECK(in_time > 0 && out_of_time > 0, "%u and %u of them", in_time, out_of_time);
	sandbox_release(&spin.code);
}

/* Rounds that take so long; no more, whoever else is at work meanwhile. */
static uint32_t rounds_find(struct harness_function *spin, uint64_t ns)
{
	uint64_t fastest_ns = UINT64_MAX;
	uint32_t rounds = 1000000;
	struct harness_run run;

	for (int i = 0; i < 5; i++) {
		conformance_run(spin, &rounds, sizeof(rounds), &run);
		CHECK(run.result.outcome == SANDBOX_OK, "%s", run.result.text);
		if (run.result.run_ns < fastest_ns)
			fastest_ns = run.result.run_ns;
		harness_release(&run);
	}
	return (uint32_t)((double)rounds * (double)ns / (double)fastest_ns);
}

struct sharer {
	struct harness_function *spin;
	uint32_t rounds;
	uint64_t took_ns;
	pthread_t thread;
};

static void *share_main(void *opaque)
{
	struct sharer *sharer = opaque;
	struct harness_run run;

	CHECK(sandbox_thread_enter() == 0);
	conformance_run(sharer->spin, &sharer->rounds, sizeof(sharer->rounds), &run);
	CHECK(run.result.outcome == SANDBOX_OK, "%u runs on one core: %s", SHARERS,
	      run.result.text);
	sharer->took_ns = run.result.run_ns;
	harness_release(&run);
	sandbox_thread_leave();
	return NULL;
}

static void shared(const struct conformance *c)
{
	const int cpu = sched_getcpu();
	struct sharer sharers[SHARERS];
	struct harness_function spin;
	uint64_t longest_ns = 0;
	cpu_set_t earlier, one;
	uint32_t rounds;

	CHECK(sched_getaffinity(0, sizeof(earlier), &earlier) == 0);
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	CHECK(sched_setaffinity(0, sizeof(one), &one) == 0); /* and what is started from here */
	spin = conformance_function(c, "good_spin");
	rounds = rounds_find(&spin, SHARED_LIMIT_MS * 10000ull * SHARED_PERCENT);
	spin.time_limit_ms = SHARED_LIMIT_MS;
	for (int i = 0; i < SHARERS; i++) {
		sharers[i] = (struct sharer){.spin = &spin, .rounds = rounds};
		CHECK(pthread_create(&sharers[i].thread, NULL, share_main, &sharers[i]) == 0);
	}
	for (int i = 0; i < SHARERS; i++) {
		pthread_join(sharers[i].thread, NULL);
		if (sharers[i].took_ns > longest_ns)
			longest_ns = sharers[i].took_ns;
	}
	CHECK(longest_ns > SHARED_LIMIT_MS * 1000000ull, "the longest took %llu ns",
	      (unsigned long long)longest_ns);
	sandbox_release(&spin.code);
	CHECK(sched_setaffinity(0, sizeof(earlier), &earlier) == 0);
}

static atomic_bool looping;
static struct harness_function *interrupted;

static void *loop_main(void *unused)
{
	struct harness_run run;

	CHECK(sandbox_thread_enter() == 0);
	for (int i = 0; i < 3; i++) {
		atomic_store(&looping, true);
		conformance_run(interrupted, "", 0, &run);
		atomic_store(&looping, false);
		CHECK(run.result.outcome == SANDBOX_TIME_LIMIT, "%s", run.result.text);
		harness_release(&run);
	}
	sandbox_thread_leave();
	return NULL;
}

static void interrupts_end(struct harness_function *loop, const struct harness_function *echo)
{
	const uint64_t start_ns = now_ns();
	pthread_t thread;
	struct timespec rest = {.tv_nsec = 1000000};

	loop->time_limit_ms = 60000;
	interrupted = loop;
	CHECK(pthread_create(&thread, NULL, loop_main, NULL) == 0);
	while (pthread_tryjoin_np(thread, NULL) != 0) {
		if (atomic_load(&looping))
			sandbox_interrupt();
		nanosleep(&rest, NULL);
	}
	CHECK(now_ns() - start_ns < 30000000000ull, "interrupts went unnoticed");
	sandbox_interrupt();
	sandbox_interrupt();
	conformance_echo(echo);
}

void conformance_time(const struct conformance *c)
{
	struct harness_function loop = conformance_function(c, "bad_loop");
	struct harness_function echo = conformance_function(c, "good_echo");

	limits_kept(&loop);
	conformance_echo(&echo);
	late_harmless(c, &echo);
	shared(c);
	interrupts_end(&loop, &echo);
	sandbox_release(&loop.code);
	sandbox_release(&echo.code);
}
