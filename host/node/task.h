/* A piece of work for a worker thread. */
#ifndef TASK_H
#define TASK_H

#include <stdbool.h>
#include <sys/queue.h>

struct node;

struct task {
	void (*work)(struct task *task); /* on a worker */
	/* Back on the I/O thread; may free the task's container. NULL: work() was all, and the task
	 * may be gone when it returns. */
	void (*done)(struct task *task);
	/* Tasks of one kind take about as long: a vertex of a job, a function that is called. NULL
	 * is one too, of what is no function. */
	const void *kind;
	struct node *node;
	bool *returned; /* a spare worker's: see task_give_back(); else NULL */
	STAILQ_ENTRY(task) link;
};
STAILQ_HEAD(task_queue, task);

/* In work(), for a task that found no memory: true when it goes back to the head of the queue, and
 * has happened not at all. Only from spare workers, which hold memory beyond what was reckoned. */
bool task_give_back(struct task *task);

#endif
