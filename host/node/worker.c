/* Worker threads: each runs one task at a time to completion; spare ones beside them when cores are
 * shared (slices.c). */
#include "node_internal.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <unistd.h>

void node_wake(struct node *node)
{
	uint64_t one = 1;

	/* Full means that it is readable already. */
	if (write(node->wake_fd, &one, sizeof(one)) < 0)
		assert(errno == EAGAIN);
}

void worker_breathe(unsigned look)
{
	for (int i = 0; i < 8; i++)
#ifdef __x86_64__
		__builtin_ia32_pause();
#else
		__asm__ volatile("" ::: "memory");
#endif
	/* What is looked for may be made by a thread that waits for this very core. */
	if (look % 4 == 3)
		sched_yield();
}

/* More work mostly comes soon, and waking a sleeper takes longer than many functions. Not where
 * there are more threads than cores. */
static void look_hot(struct workers *workers)
{
	uint64_t until_ns;

	if (workers->node->poll.mode == PORT_POLL_INTERRUPT)
		return;
	until_ns = node_clock_ns() + MR_WORKER_HOT_US * 1000ull;
	for (unsigned look = 0;
	     atomic_load_explicit(&workers->todo_count, memory_order_relaxed) == 0 &&
	     !atomic_load_explicit(&workers->stopping, memory_order_relaxed) &&
	     node_clock_ns() < until_ns;
	     look++)
		worker_breathe(look);
}

static bool is_spare(const struct workers *workers, uint32_t index)
{
	return index >= workers->count;
}

static bool parked(const struct workers *workers, uint32_t index)
{
	if (is_spare(workers, index))
		return index - workers->count >=
		       atomic_load_explicit(&workers->spares, memory_order_relaxed);
	return index >= atomic_load_explicit(&workers->active, memory_order_relaxed);
}

/* With the lock, when a task waits: true when the I/O thread is to be rung, as all who could take
 * it have another one. */
static bool crowd_notice(struct workers *workers)
{
	if (workers->spares_max == 0 ||
	    atomic_load_explicit(&workers->crowded, memory_order_relaxed) ||
	    atomic_load_explicit(&workers->busy, memory_order_relaxed) < workers_active(workers))
		return false;
	atomic_store_explicit(&workers->crowded, true, memory_order_relaxed);
	return true;
}

/* With the lock: until there is a task that it may take, which is then returned, or the workers
 * stop. */
static struct task *task_await(struct workers *workers, uint32_t index)
{
	const bool spare = is_spare(workers, index);
	pthread_cond_t *wake = spare ? &workers->spare_wake : &workers->wake;
	uint32_t *sleeping = spare ? &workers->spares_sleeping : &workers->sleeping;

	while (!workers->stopping) {
		struct task *task = worker_pick(workers, spare);

		if (parked(workers, index)) {
			/* It may have been woken for a task, which another is to take then. */
			if (task != NULL)
				pthread_cond_signal(wake);
			pthread_cond_wait(&workers->unpark, &workers->lock);
		} else if (task == NULL) {
			(*sleeping)++;
			pthread_cond_wait(wake, &workers->lock);
			(*sleeping)--;
		} else {
			return task;
		}
	}
	return STAILQ_FIRST(&workers->todo);
}

/* With the lock: it leaves the queue. True when the I/O thread is to be rung. */
static bool task_begin(struct workers *workers, uint32_t index, struct task *task)
{
	workers->taken += task == STAILQ_FIRST(&workers->todo);
	STAILQ_REMOVE(&workers->todo, task, task, link);
	atomic_fetch_sub_explicit(&workers->todo_count, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&workers->busy, 1, memory_order_relaxed);
	workers->at[index] = (struct worker_at){.busy = true, .kind = task->kind};
	if (STAILQ_EMPTY(&workers->todo))
		return false;
	if (workers->spares_sleeping > 0) /* nobody may be at what this thread was at before */
		pthread_cond_signal(&workers->spare_wake);
	return crowd_notice(workers);
}

/* The next task; NULL when the workers are to stop. Called and left without the lock. */
static struct task *task_take(struct workers *workers, uint32_t index)
{
	bool crowded = false;
	struct task *task;

	pthread_mutex_lock(&workers->lock);
	workers->at[index].busy = false;
	if (STAILQ_EMPTY(&workers->todo) && !parked(workers, index) && !is_spare(workers, index)) {
		pthread_mutex_unlock(&workers->lock);
		look_hot(workers);
		pthread_mutex_lock(&workers->lock);
	}
	task = task_await(workers, index);
	if (task != NULL)
		crowded = task_begin(workers, index, task);
	pthread_mutex_unlock(&workers->lock);
	if (crowded)
		node_wake(workers->node);
	return task;
}

/* A spare could not get memory for its task: it is for another thread, or for later, and the spare
 * parks, as do those after it. */
static void task_return(struct workers *workers, uint32_t index, struct task *task)
{
	bool crowded;

	pthread_mutex_lock(&workers->lock);
	STAILQ_INSERT_HEAD(&workers->todo, task, link);
	atomic_fetch_add_explicit(&workers->todo_count, 1, memory_order_relaxed);
	workers->returned++;
	if (!parked(workers, index))
		atomic_store_explicit(&workers->spares, index - workers->count,
				      memory_order_relaxed);
	workers->at[index].busy = false;
	pthread_cond_signal(workers->sleeping > 0 ? &workers->wake : &workers->spare_wake);
	crowded = workers->sleeping == 0 && crowd_notice(workers);
	pthread_mutex_unlock(&workers->lock);
	if (crowded)
		node_wake(workers->node);
}

static void task_add(struct workers *workers, struct task *task)
{
	bool asleep, spare_asleep, crowded;

	task->node = workers->node;
	pthread_mutex_lock(&workers->lock);
	STAILQ_INSERT_TAIL(&workers->todo, task, link);
	atomic_fetch_add_explicit(&workers->todo_count, 1, memory_order_relaxed);
	asleep = workers->sleeping > 0;
	spare_asleep = !asleep && workers->spares_sleeping > 0;
	crowded = !asleep && crowd_notice(workers);
	pthread_mutex_unlock(&workers->lock);
	if (asleep)
		pthread_cond_signal(&workers->wake);
	if (spare_asleep)
		pthread_cond_signal(&workers->spare_wake);
	if (crowded)
		node_wake(workers->node);
}

/* *index: its number among the workers. A spare that fails takes none: the others' have no gaps. */
static int worker_enter(struct workers *workers, uint32_t *index)
{
	int rc = sandbox_thread_enter();

	pthread_mutex_lock(&workers->lock);
	*index = workers->entered;
	if (rc != 0 && is_spare(workers, *index)) {
		workers->spare_failures++;
		workers->ended++;
	} else {
		workers->entered++;
		if (rc != 0)
			workers->enter_error = rc;
	}
	pthread_cond_broadcast(&workers->wake);
	pthread_mutex_unlock(&workers->lock);
	return rc;
}

static void task_work(struct workers *workers, struct task *task, struct worker_time *time)
{
	const uint64_t since_ns = node_clock_ns();

	atomic_store_explicit(&time->since_ns, since_ns, memory_order_relaxed);
	task->work(task);
	atomic_fetch_sub_explicit(&workers->busy, 1, memory_order_relaxed);
	atomic_store_explicit(&time->since_ns, 0, memory_order_relaxed);
	atomic_fetch_add_explicit(&time->busy_ns, node_clock_ns() - since_ns, memory_order_relaxed);
}

static void task_end(struct workers *workers, struct task *task)
{
	pthread_mutex_lock(&workers->lock);
	STAILQ_INSERT_TAIL(&workers->finished, task, link);
	node_wake(workers->node);
	pthread_mutex_unlock(&workers->lock);
}

static void *worker_main(void *argument)
{
	struct workers *workers = argument;
	struct task *task;
	uint32_t index;

	if (worker_enter(workers, &index) != 0)
		return NULL;
	while ((task = task_take(workers, index)) != NULL) {
		const bool ends = task->done != NULL; /* else it may be gone after work() */
		bool returned = false;

		task->returned = is_spare(workers, index) ? &returned : NULL;
		task_work(workers, task, &workers->times[index]);
		if (returned)
			task_return(workers, index, task);
		else if (ends)
			task_end(workers, task);
	}
	sandbox_thread_leave();
	return NULL;
}

bool task_give_back(struct task *task)
{
	if (task->returned == NULL ||
	    atomic_load_explicit(&task->node->workers.stopping, memory_order_relaxed))
		return false;
	*task->returned = true;
	return true;
}

void workers_activate(struct workers *workers, uint32_t active)
{
	pthread_mutex_lock(&workers->lock);
	atomic_store_explicit(&workers->active, active, memory_order_relaxed);
	pthread_cond_broadcast(&workers->unpark);
	pthread_cond_broadcast(
	    &workers->wake); /* who is parked now is not to be woken for a task */
	pthread_mutex_unlock(&workers->lock);
}

uint32_t workers_active(const struct workers *workers)
{
	const uint32_t active = atomic_load_explicit(&workers->active, memory_order_relaxed);

	return active < workers->count ? active : workers->count;
}

static int thread_add(struct workers *workers)
{
	int rc = pthread_create(&workers->threads[workers->made], NULL, worker_main, workers);

	workers->made += rc == 0;
	return -rc;
}

void workers_bury(struct workers *workers)
{
	uint32_t i = workers->count;

	pthread_mutex_lock(&workers->lock);
	while (i < workers->made && workers->ended > 0) {
		if (pthread_tryjoin_np(workers->threads[i], NULL) == 0) {
			workers->threads[i] = workers->threads[--workers->made];
			workers->ended--;
		} else {
			i++;
		}
	}
	if (workers->spares > workers->made - workers->count)
		atomic_store_explicit(&workers->spares, workers->made - workers->count,
				      memory_order_relaxed);
	pthread_mutex_unlock(&workers->lock);
}

void workers_spare(struct workers *workers, uint32_t spares, bool alike)
{
	bool failed = false;

	while (workers->made < workers->count + spares && !failed)
		failed = thread_add(workers) != 0;
	if (failed)
		spares = workers->made - workers->count;
	pthread_mutex_lock(&workers->lock);
	workers->spare_failures += failed;
	atomic_store_explicit(&workers->spares, spares, memory_order_relaxed);
	workers->alike = alike;
	pthread_cond_broadcast(&workers->unpark);
	pthread_cond_broadcast(&workers->spare_wake);
	pthread_mutex_unlock(&workers->lock);
}

uint64_t workers_busy_ns(const struct workers *workers, uint64_t now_ns)
{
	uint64_t busy_ns = 0;

	for (uint32_t i = 0; i < workers->made; i++) {
		const struct worker_time *time = &workers->times[i];
		const uint64_t since_ns =
		    atomic_load_explicit(&time->since_ns, memory_order_relaxed);

		busy_ns += atomic_load_explicit(&time->busy_ns, memory_order_relaxed);
		if (since_ns != 0 && since_ns < now_ns)
			busy_ns += now_ns - since_ns;
	}
	return busy_ns;
}

void workers_init(struct workers *workers, struct node *node)
{
	workers->node = node;
	STAILQ_INIT(&workers->todo);
	STAILQ_INIT(&workers->finished);
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->wake, NULL);
	pthread_cond_init(&workers->spare_wake, NULL);
	pthread_cond_init(&workers->unpark, NULL);
	atomic_store(&workers->active, MR_WORKERS_MAX);
}

int workers_start(struct workers *workers, uint32_t count)
{
	workers->count = count; /* threads look at it */
	while (workers->made < count) {
		int rc = thread_add(workers);

		if (rc != 0)
			return rc;
	}
	pthread_mutex_lock(&workers->lock);
	while (workers->entered < workers->count)
		pthread_cond_wait(&workers->wake, &workers->lock);
	pthread_mutex_unlock(&workers->lock);
	return workers->enter_error;
}

void workers_stop(struct workers *workers)
{
	pthread_mutex_lock(&workers->lock);
	workers->stopping = true;
	pthread_cond_broadcast(&workers->wake);
	pthread_cond_broadcast(&workers->spare_wake);
	pthread_cond_broadcast(&workers->unpark);
	pthread_mutex_unlock(&workers->lock);
	for (uint32_t i = 0; i < workers->made; i++)
		pthread_join(workers->threads[i], NULL);
	workers->count = workers->made = 0;
	pthread_cond_destroy(&workers->wake);
	pthread_cond_destroy(&workers->spare_wake);
	pthread_cond_destroy(&workers->unpark);
	pthread_mutex_destroy(&workers->lock);
}

void workers_push(struct workers *workers, struct task *task)
{
	workers->outstanding++;
	if (workers->count > 0) {
		task_add(workers, task);
		return;
	}
	task->node = workers->node; /* in simulation: here and now */
	task->returned = NULL;
	task->work(task);
	STAILQ_INSERT_TAIL(&workers->finished, task, link);
}

void workers_call(struct workers *workers, struct task *task)
{
	if (workers->count > 0) {
		task_add(workers, task);
		return;
	}
	task->node = workers->node;
	task->returned = NULL;
	task->work(task);
}

uint32_t workers_reap(struct workers *workers)
{
	struct task_queue finished = STAILQ_HEAD_INITIALIZER(finished);
	struct task *task;
	uint32_t count = 0;

	if (workers->outstanding == 0)
		return 0;
	pthread_mutex_lock(&workers->lock);
	STAILQ_CONCAT(&finished, &workers->finished);
	pthread_mutex_unlock(&workers->lock);
	while ((task = STAILQ_FIRST(&finished)) != NULL) {
		STAILQ_REMOVE_HEAD(&finished, link);
		workers->outstanding--;
		task->done(task);
		count++;
	}
	return count;
}
