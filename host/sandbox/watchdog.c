/*
 * The watchdog: one thread that stops guests which are out of time.
 *
 * A guest's start stores its deadline and reads when the watchdog wakes next; only a deadline
 * before that costs a wake-up. The two orders (store deadline, load wake; store wake, load
 * deadlines) are sequentially consistent, so that at least one side sees the other.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "time_limit.h"

static struct {
	pthread_mutex_t lock; // of everything but wake_ns
	pthread_cond_t changed;
	pthread_t thread;
	bool stop;
	struct guest_thread *threads;
	_Atomic uint64_t wake_ns; // watchdog: wo; guests' threads: ro
} watchdog = {.lock = PTHREAD_MUTEX_INITIALIZER};

void watchdog_add(struct guest_thread *thread)
{
	pthread_mutex_lock(&watchdog.lock);
	thread->next = watchdog.threads;
	if (thread->next != NULL)
		thread->next->prev = thread;
	watchdog.threads = thread;
	pthread_mutex_unlock(&watchdog.lock);
}

void watchdog_remove(struct guest_thread *thread)
{
	pthread_mutex_lock(&watchdog.lock);
	if (thread->prev != NULL)
		thread->prev->next = thread->next;
	else
		watchdog.threads = thread->next;
	if (thread->next != NULL)
		thread->next->prev = thread->prev;
	pthread_mutex_unlock(&watchdog.lock);
}

void watchdog_expect(uint64_t deadline_ns)
{
	if (deadline_ns >= atomic_load(&watchdog.wake_ns))
		return;
	pthread_mutex_lock(&watchdog.lock);
	pthread_cond_signal(&watchdog.changed);
	pthread_mutex_unlock(&watchdog.lock);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* True when there have been runs since the last look, or there is one. */
static bool time_update(struct guest_thread *thread, uint32_t run)
{
	struct guest_time *time = &thread->time;
	const bool ran = run != time->run || (run & 1) != 0;

	if (run != time->run) {
		time->run = run;
		time->base_ns = time->cpu_ns;
		time->until_ns = 0;
	}
	time->cpu_ns = clock_ns(thread->cpu_clock);
	return ran;
}

/* When to look at this thread again; stops its guest if it is out of time. */
static uint64_t thread_check(struct guest_thread *thread, uint64_t now_ns)
{
	const uint32_t run = atomic_load(&thread->run);
	const uint64_t start_ns = atomic_load(&thread->start_ns);
	const uint64_t deadline_ns = atomic_load(&thread->deadline_ns);
	struct guest_time *time = &thread->time;
	uint64_t left_ns;

	if (!time_update(thread, run))
		return UINT64_MAX;
	if ((run & 1) == 0 || atomic_load(&thread->run) != run)
		return now_ns + SANDBOX_TIME_LOOK_MS * 1000000ull;
	if (deadline_ns > now_ns || time->until_ns > now_ns) {
		const uint64_t until_ns =
		    deadline_ns > time->until_ns ? deadline_ns : time->until_ns;
		const uint64_t look_ns = now_ns + SANDBOX_TIME_LOOK_MS * 1000000ull;

		return until_ns < look_ns ? until_ns : look_ns;
	}
	left_ns =
	    time_left_ns(deadline_ns - start_ns, time->cpu_ns - time->base_ns, now_ns - start_ns);
	if (left_ns > 0) {
		time->until_ns = now_ns + left_ns;
		return time->until_ns;
	}
	atomic_store(&thread->condemned, run);
	syscall(SYS_tgkill, getpid(), thread->tid, GUEST_SIGNAL);
	return now_ns + SANDBOX_RESEND_MS * 1000000ull;
}

static _Atomic uint64_t interrupts;

uint64_t watchdog_interrupts(void)
{
	return atomic_load_explicit(&interrupts, memory_order_relaxed);
}

void watchdog_interrupt(void)
{
	atomic_fetch_add_explicit(&interrupts, 1, memory_order_relaxed);
	pthread_mutex_lock(&watchdog.lock);
	for (struct guest_thread *t = watchdog.threads; t != NULL; t = t->next) {
		const uint32_t run = atomic_load(&t->run);

		if ((run & 1) == 0)
			continue;
		atomic_store(&t->condemned, run);
		syscall(SYS_tgkill, getpid(), t->tid, GUEST_SIGNAL);
	}
	pthread_mutex_unlock(&watchdog.lock);
}

static void *watchdog_main(void *unused)
{
	pthread_mutex_lock(&watchdog.lock);
	while (!watchdog.stop) {
		const uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
		uint64_t wake_ns = now_ns + SANDBOX_TIME_SLACK_MS * 1000000ull;
		struct timespec ts;

		atomic_store(&watchdog.wake_ns, wake_ns);
		for (struct guest_thread *t = watchdog.threads; t != NULL; t = t->next) {
			const uint64_t next_ns = thread_check(t, now_ns);

			wake_ns = next_ns < wake_ns ? next_ns : wake_ns;
		}
		atomic_store(&watchdog.wake_ns, wake_ns);
		ts.tv_sec = (time_t)(wake_ns / 1000000000u);
		ts.tv_nsec = (long)(wake_ns % 1000000000u);
		pthread_cond_timedwait(&watchdog.changed, &watchdog.lock, &ts);
	}
	pthread_mutex_unlock(&watchdog.lock);
	return NULL;
}

int watchdog_start(void)
{
	pthread_condattr_t attr;
	sigset_t all, earlier;
	int rc;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&watchdog.changed, &attr);
	pthread_condattr_destroy(&attr);
	watchdog.stop = false;
	/* Signals meant for the process are for other threads to take. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &earlier);
	rc = -pthread_create(&watchdog.thread, NULL, watchdog_main, NULL);
	pthread_sigmask(SIG_SETMASK, &earlier, NULL);
	if (rc < 0)
		pthread_cond_destroy(&watchdog.changed);
	else
		pthread_setname_np(watchdog.thread, "mr-watchdog");
	return rc;
}

void watchdog_stop(void)
{
	pthread_mutex_lock(&watchdog.lock);
	watchdog.stop = true;
	pthread_cond_signal(&watchdog.changed);
	pthread_mutex_unlock(&watchdog.lock);
	pthread_join(watchdog.thread, NULL);
	pthread_cond_destroy(&watchdog.changed);
	atomic_store(&watchdog.wake_ns, 0);
}
