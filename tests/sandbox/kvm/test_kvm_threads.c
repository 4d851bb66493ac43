/*
 * Each thread has its own machine; all share the store of code and a pool, and none waits for
 * another. What a thread had goes with it.
 *
 *	test_kvm_threads DIR
 */
#include <pthread.h>

#include "harness.h"
#include "kvm_device.h"
#include "sandbox_counters.h"
#include "test.h"

#define THREADS 4
#define ROUNDS 10 /* of threads that come and go */
#define RUNS 40

static const char *dir;
static struct sandbox_code *shared; // prepared once, run by all

static void echo_run(struct sandbox_code *code, uint32_t number)
{
	const struct harness_function echo = {
	    .code = code,
	    .out = "out",
	    .memory_base = 4096 + (uint64_t)(number % 7) * MR_PAGE_BYTES,
	};

	harness_echo(&echo, number);
}

static void *thread_main(void *argument)
{
	const uint32_t seed = *(const uint32_t *)argument;
	struct sandbox_code *own;

	CHECK(sandbox_thread_enter() == 0);
	own = harness_prepare("kvm", dir, "good_echo");
	for (uint32_t i = 0; i < RUNS; i++)
		echo_run(i % 2 == 0 ? shared : own, seed + i);
	sandbox_release(&own);
	sandbox_thread_leave();
	return NULL;
}

int main(int argc, char **argv)
{
	const struct kvm_device *device;
	char error[MR_ERROR_BYTES_MAX];
	long fds;

	CHECK(argc == 2);
	if (kvm_device_open(&device, error, sizeof(error)) < 0)
		SKIP("%s", error);
	dir = argv[1];
	harness_start();
	shared = harness_prepare("kvm", dir, "good_echo");
	fds = harness_descriptors();
	for (uint32_t round = 0; round < ROUNDS; round++) {
		pthread_t threads[THREADS];
		uint32_t seeds[THREADS];

		for (uint32_t i = 0; i < THREADS; i++) {
			seeds[i] = (round * THREADS + i) * RUNS;
			CHECK(pthread_create(&threads[i], NULL, thread_main, &seeds[i]) == 0);
		}
		for (uint32_t i = 0; i < THREADS; i++)
			CHECK(pthread_join(threads[i], NULL) == 0);
		CHECK(harness_descriptors() == fds, "%ld, not %ld", harness_descriptors(), fds);
	}
	CHECK(sandbox_counts.kvm_machines_made == ROUNDS * THREADS);
	CHECK(sandbox_counts.kvm_machines_replaced == 0);
	sandbox_release(&shared);
	harness_stop();
	return 0;
}
