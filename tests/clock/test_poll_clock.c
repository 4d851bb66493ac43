/* The clock of a polling loop beside the system's: never far from it, and never going back. */
#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "poll_clock.h"
#include "test.h"

#define OFF_NS_MAX 20000 /* a few microseconds, and a machine that stalls in between */
#define RUN_NS 300000000ull

static uint64_t system_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/* Between two readings of the system's clock, and not before what it said last. */
static uint64_t check_once(struct poll_clock *clock, uint64_t last_ns)
{
	uint64_t before_ns = system_ns();
	uint64_t now_ns = poll_clock_now_ns(clock);
	uint64_t after_ns = system_ns();

	CHECK(now_ns >= last_ns, "it goes back by %lu ns", last_ns - now_ns);
	CHECK(now_ns + OFF_NS_MAX >= before_ns, "%lu ns behind", before_ns - now_ns);
	CHECK(now_ns <= after_ns + OFF_NS_MAX, "%lu ns ahead", now_ns - after_ns);
	return now_ns;
}

static void core_take(int core)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(core, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

/* All the time, while the thread is moved from core to core, and after it has slept. */
static void test_close(struct poll_clock *clock)
{
	const struct timespec nap = {.tv_nsec = 30000000};
	uint64_t end_ns = system_ns() + RUN_NS;
	uint64_t last_ns = 0;

	for (uint32_t turn = 0; system_ns() < end_ns; turn++) {
		if (turn % 1024 == 0)
			core_take((int)(turn / 1024 % 2));
		last_ns = check_once(clock, last_ns);
	}
	nanosleep(&nap, NULL);
	for (uint32_t turn = 0; turn < 100000; turn++)
		last_ns = check_once(clock, last_ns);
}

/* A counter that is not what it was: the machine was moved to another. */
static void test_jump(struct poll_clock *clock)
{
	uint64_t last_ns = check_once(clock, 0);

	clock->ns_per_tick_q32 -= clock->ns_per_tick_q32 / 8;
	last_ns = clock->ns;
	while (clock->ticks_span != 0)
		last_ns = poll_clock_now_ns(clock);
	for (uint32_t turn = 0; turn < 100000; turn++)
		last_ns = check_once(clock, last_ns);
}

int main(void)
{
	struct poll_clock system = {0};
	struct poll_clock clock;

	poll_clock_init(&clock);
	test_close(&clock);
	test_close(&system);
	CHECK(system.ticks_span == 0, "it asks the system each time");
	if (!clock.counts)
		SKIP("this machine does not keep time by its processor's counter");
	CHECK(clock.ticks_span != 0, "the counter is in use");
	test_jump(&clock);
	return 0;
}
