/*
 * Calls: one function of this node, on items from this process's memory, and its outputs back in
 * this process's memory. No job, no source, no sink.
 *
 * A call goes from its caller's thread straight to a worker, which takes a region, lays the items
 * out in it, runs the function and checks what it left: the same steps, sandboxes, limits and
 * checks as of a job's invocation. The I/O thread, frames and other nodes have no part in it.
 * Workers take calls and invocations of jobs in the order of their arrival.
 */
#ifndef CALL_H
#define CALL_H

#include <millrace/call.h>

#include "compose.h"
#include "node.h"
#include "task.h"

struct node_function;
struct node_call;

/* Prepares code for calls: it may compile. declared is the function in a plan, and says its sets,
 * memory and time limit; its retries are not for calls. sandbox NULL: the node's own; an
 * operator needs none. declared and code are copied. 0, or -errno with error text. */
int node_function_open(struct node *node, const struct plan_function *declared,
		       const struct job_code *code, const struct sandbox_ops *sandbox,
		       struct node_function **function, char *error, size_t error_bytes);
/* None of its calls may be unfinished. Nulls *function, which may be NULL. Before
 * node_destroy(). */
void node_function_close(struct node_function **function);

struct call_set {
	const struct mr_call_item *items;
	uint32_t item_count;
};

/* Made by the caller, who keeps it, and all that it points to, as it is until done(). */
struct node_call {
	const struct call_set *inputs; /* as many as the function declares, in its order */
	/* On a worker: everything below is set. The call may be started again or freed inside. It
	 * is not to block: the worker does nothing else meanwhile. */
	void (*done)(struct node_call *call);
	void *opaque; /* the caller's */

	/* 0; -EIO: the function failed, as result says; -E2BIG, -EINVAL, -ENOMEM with
	 * result.text. */
	int rc;
	struct sandbox_result result;
	/* With rc 0: where the outputs lie, and its sets, checked; the caller unrefs it. */
	struct region *region;
	struct mr_set outputs[MR_SETS_MAX];

	/* The node's. */
	struct task task;
	struct node_function *function;
};

/* Any thread. 0; -EAGAIN when MR_CALLS_MAX are unfinished (counted as calls_refused): nothing has
 * happened then. In simulation done() is called before this returns. */
int node_call_start(struct node_function *function, struct node_call *call);
/* The same, and waits until it is done: call->rc, or -EAGAIN. done and opaque are not the
 * caller's then. */
int node_call_run(struct node_function *function, struct node_call *call);

#endif
