/* Worker threads: each runs one task at a time to completion. */
#include "node_internal.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

void node_wake(struct node *node)
{
	uint64_t one = 1;

	/* Full means that it is readable already. */
	if (write(node->wake_fd, &one, sizeof(one)) < 0)
		assert(errno == EAGAIN);
}

static void *worker_main(void *argument)
{
	struct workers *workers = argument;

	int rc = sandbox_thread_enter();

	pthread_mutex_lock(&workers->lock);
	workers->entered++;
	if (rc != 0)
		workers->enter_error = rc;
	pthread_cond_broadcast(&workers->wake);
	if (rc != 0) {
		pthread_mutex_unlock(&workers->lock);
		return NULL;
	}
	for (;;) {
		struct task *task;

		while (STAILQ_EMPTY(&workers->todo) && !workers->stopping)
			pthread_cond_wait(&workers->wake, &workers->lock);
		task = STAILQ_FIRST(&workers->todo);
		if (task == NULL)
			break;
		STAILQ_REMOVE_HEAD(&workers->todo, link);
		pthread_mutex_unlock(&workers->lock);
		atomic_fetch_add_explicit(&workers->busy, 1, memory_order_relaxed);
		task->work(task);
		atomic_fetch_sub_explicit(&workers->busy, 1, memory_order_relaxed);
		pthread_mutex_lock(&workers->lock);
		STAILQ_INSERT_TAIL(&workers->finished, task, link);
		node_wake(workers->node);
	}
	pthread_mutex_unlock(&workers->lock);
	sandbox_thread_leave();
	return NULL;
}

void workers_init(struct workers *workers, struct node *node)
{
	workers->node = node;
	STAILQ_INIT(&workers->todo);
	STAILQ_INIT(&workers->finished);
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->wake, NULL);
}

int workers_start(struct workers *workers, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		int rc = pthread_create(&workers->threads[i], NULL, worker_main, workers);

		if (rc != 0)
			return -rc;
		workers->count++;
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
	pthread_mutex_unlock(&workers->lock);
	for (uint32_t i = 0; i < workers->count; i++)
		pthread_join(workers->threads[i], NULL);
	workers->count = 0;
	pthread_cond_destroy(&workers->wake);
	pthread_mutex_destroy(&workers->lock);
}

void workers_push(struct workers *workers, struct task *task)
{
	task->node = workers->node;
	workers->outstanding++;
	if (workers->count == 0) { /* in simulation: here and now */
		task->work(task);
		STAILQ_INSERT_TAIL(&workers->finished, task, link);
		return;
	}
	pthread_mutex_lock(&workers->lock);
	STAILQ_INSERT_TAIL(&workers->todo, task, link);
	pthread_cond_signal(&workers->wake);
	pthread_mutex_unlock(&workers->lock);
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
