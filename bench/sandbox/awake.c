/* All processors kept awake while latencies are taken. */
#include "awake.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "process.h"

#define AWAKE_MAX 256

static pthread_t threads[AWAKE_MAX];
static uint32_t thread_count;
static atomic_bool stopped;

static void *spin(void *core)
{
	const struct sched_param none = {0};
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET((int)(intptr_t)core, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	/* Whatever else wants to run does so at once: of itself, a kernel that preempts at ticks
	 * only would let it wait for one. */
	if (sched_setscheduler(0, SCHED_IDLE, &none) != 0)
		return NULL;
	while (!atomic_load_explicit(&stopped, memory_order_relaxed))
		sched_yield();
	return NULL;
}

int awake_start(void)
{
	atomic_store(&stopped, false);
	for (thread_count = 0; thread_count < AWAKE_MAX; thread_count++) {
		const int core = process_core(thread_count);
		int rc;

		if (core < 0)
			break;
		rc = pthread_create(&threads[thread_count], NULL, spin, (void *)(intptr_t)core);
		if (rc != 0) {
			awake_stop();
			return -rc;
		}
	}
	return 0;
}

void awake_stop(void)
{
	atomic_store(&stopped, true);
	while (thread_count > 0)
		pthread_join(threads[--thread_count], NULL);
}
