/* A worker of several threads, one for each queue of its port, each meeting the thread of the other
 * worker that has the same queue. */
#ifndef CORES_H
#define CORES_H

#include "worker.h"

struct cores {
	uint32_t count;
	struct worker workers[MR_IO_CORES_MAX]; /* whose state is the kind's */
};

/* 0, -EINVAL for a number there cannot be, or -ENOMEM. */
int cores_create(struct cores **cores, const struct worker *worker, uint32_t count);
void cores_destroy(struct cores **cores);

/* Runs the order on all, each on a core of its own as far as there are; answer is the sum: what
 * counts is counted by all for the longest of their times. 0 or the first -errno with text. */
int cores_run(struct cores *cores, const struct pair_order *order, struct pair_answer *answer,
	      int (*run)(struct worker *worker, const struct pair_order *order,
			 struct pair_answer *answer));

#endif
