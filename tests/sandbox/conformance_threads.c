/* Many threads run the same code at once, others prepare and release it meanwhile; and nothing of
 * it is left afterwards. */
#include <pthread.h>

#include "conformance.h"

#define THREADS 8

static const struct conformance *conformance;
static struct harness_function shared_echo;

static void *run_main(void *argument)
{
	const uint32_t seed = (uint32_t)(uintptr_t)argument;
	struct harness_run run;
	char text[64];

	CHECK(sandbox_thread_enter() == 0);
	for (int i = 0; i < conformance->runs; i++) {
		const int len = snprintf(text, sizeof(text), "thread %u, run %d", seed, i);

		conformance_run(&shared_echo, text, (uint32_t)len, &run);
		CHECK(run.result.outcome == SANDBOX_OK, "%s", run.result.text);
		CHECK(memcmp(harness_bytes(&run, harness_items(&run)), text, (size_t)len) == 0);
		harness_release(&run);
	}
	sandbox_thread_leave();
	return NULL;
}

static void *prepare_main(void *argument)
{
	struct harness_function own;

	CHECK(sandbox_thread_enter() == 0);
	for (int i = 0; i < conformance->runs / 20 + 1; i++) {
		own = conformance_function(conformance, "good_echo");
		conformance_echo(&own);
		sandbox_release(&own.code);
		own = conformance_function(conformance, "bad_abort"); /* never run */
		sandbox_release(&own.code);
	}
	sandbox_thread_leave();
	return NULL;
}

static void threads_run(void)
{
	pthread_t threads[THREADS + 1];

	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, run_main, (void *)i) == 0);
	CHECK(pthread_create(&threads[THREADS], NULL, prepare_main, NULL) == 0);
	for (int i = 0; i <= THREADS; i++)
		pthread_join(threads[i], NULL);
}

void conformance_threads(const struct conformance *c)
{
	const long descriptors = harness_descriptors();
	struct region_pool_stats stats;

	conformance = c;
	shared_echo = conformance_function(c, "good_echo");
	threads_run();
	conformance_echo(&shared_echo);
	sandbox_release(&shared_echo.code);
	CHECK(shared_echo.code == NULL);
	CHECK(harness_descriptors() == descriptors, "%ld, then %ld", descriptors,
	      harness_descriptors());
	region_pool_stats(harness_pool(), &stats);
	CHECK(stats.regions == 0, "%llu regions are held", (unsigned long long)stats.regions);
}
