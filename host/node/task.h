/* A piece of work for a worker thread. */
#ifndef TASK_H
#define TASK_H

#include <sys/queue.h>

struct node;

struct task {
	void (*work)(struct task *task); /* on a worker */
	/* Back on the I/O thread; may free the task's container. NULL: work() was all, and the task
	 * may be gone when it returns. */
	void (*done)(struct task *task);
	struct node *node;
	STAILQ_ENTRY(task) link;
};
STAILQ_HEAD(task_queue, task);

#endif
