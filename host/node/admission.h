/*
 * Which offers of batches a further I/O core may accept by itself, at once: those of jobs that run
 * here, while nobody waits for memory. Everything else is the node's thread's to answer, which
 * takes a while: meanwhile what a message may send before it has credit finds little room.
 *
 * Written by the node's thread when jobs come and go, and read by the cores. A job may end between
 * the two: the node's thread looks again when the batch is whole.
 */
#ifndef ADMISSION_H
#define ADMISSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <millrace/limits.h>

struct node;
struct incoming;
struct transport_event;

struct admission {
	atomic_ullong jobs[MR_JOBS_MAX]; // by slot; 0: none
	atomic_uint edges[MR_JOBS_MAX];  // of that job's plan
	atomic_bool closed;              // offers wait for memory: each in its turn
};

/* The node's thread, once a turn. */
void admission_update(struct node *node);
/* A core: memory for what is offered to core number core, or NULL: ask the node's thread. */
struct incoming *admission_take(struct node *node, uint32_t core,
				const struct transport_event *event);

#endif
