/* Calls: a worker stages the caller's items, runs the function and checks what it left. */
#include "call.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <millrace/hash.h>

#include "node_internal.h"
#include "run_size.h"

struct node_function {
	struct node *node;
	struct plan_function declared;
	struct sandbox_code *code;
	const char *out[MR_SETS_MAX]; /* names in declared */
};

int node_function_open(struct node *node, const struct plan_function *declared,
		       const struct job_code *code, const struct sandbox_ops *sandbox,
		       struct node_function **opened, char *error, size_t error_bytes)
{
	struct node_function *function = calloc(1, sizeof(*function));
	int rc;

	if (function == NULL) {
		snprintf(error, error_bytes, "no memory for function %s", declared->name);
		return -ENOMEM;
	}
	function->node = node;
	function->declared = *declared;
	for (uint32_t i = 0; i < declared->out_count; i++)
		function->out[i] = function->declared.out[i].name;
	sandbox = operator_or(declared, sandbox != NULL ? sandbox : node->sandbox);
	function->declared.operator_text = NULL; /* the plan's */
	rc = sandbox->prepare(code->bytes, code->byte_count, node->cache_dir, &function->code,
			      error, error_bytes);
	if (rc != 0) {
		free(function);
		return rc;
	}
	*opened = function;
	return 0;
}

void node_function_close(struct node_function **closed)
{
	struct node_function *function = *closed;

	*closed = NULL;
	if (function == NULL)
		return;
	sandbox_release(&function->code);
	free(function);
}

/* --- On a worker
 * ------------------------------------------------------------------------------------- */

static int call_refuse(struct node_call *call, int rc, const char *text)
{
	snprintf(call->result.text, sizeof(call->result.text), "%s", text);
	return rc;
}

/* What the sets need; -EINVAL when one that must have items has none. */
static int specs_make(struct node_call *call, struct region_set_spec *specs)
{
	const struct plan_function *declared = &call->function->declared;

	for (uint32_t s = 0; s < declared->in_count; s++) {
		const struct call_set *set = &call->inputs[s];

		if (set->item_count == 0 && !declared->in[s].optional)
			return call_refuse(call, -EINVAL,
					   "an input set that is not optional is "
					   "empty");
		specs[s] = (struct region_set_spec){.name = declared->in[s].name,
						    .item_count = set->item_count};
		for (uint32_t i = 0; i < set->item_count; i++) {
			const struct mr_call_item *item = &set->items[i];

			specs[s].bytes +=
			    region_item_bytes(item->name_len, item->key_len, item->bytes_len);
		}
	}
	return 0;
}

static int call_alloc(struct node_call *call, const struct region_set_spec *specs)
{
	const struct node_function *function = call->function;
	const struct plan_function *declared = &function->declared;
	uint64_t bytes =
	    region_image_bytes(specs, declared->in_count, function->out, declared->out_count);
	int rc;

	if (bytes != UINT64_MAX)
		bytes = run_region_bytes(declared, function->code->header_off, bytes);
	if (bytes > function->node->run_bytes_max)
		return call_refuse(call, -E2BIG,
				   "its region would be larger than one invocation may have: give "
				   "the node more memory, or the function less");
	rc = region_alloc(function->node->pool, bytes, REGION_ANY, &call->region);
	return rc == 0 ? 0 : call_refuse(call, rc, "the node has no memory for its region now");
}

/* Lays the items out; *end: where the image ends, behind which all is to be zero. */
static int call_stage(struct node_call *call, uint32_t *sets_off, uint32_t *end)
{
	const struct node_function *function = call->function;
	const struct plan_function *declared = &function->declared;
	const struct invocation_name name = {0};
	struct region_set_spec specs[MR_SETS_MAX];
	struct region_image image;
	int rc = specs_make(call, specs);

	if (rc == 0)
		rc = call_alloc(call, specs);
	if (rc != 0)
		return rc;
	rc = region_image_init(call->region, function->code->header_off, specs, declared->in_count,
			       function->out, declared->out_count, &name, &image);
	if (rc != 0)
		return call_refuse(call, rc, "its region is too small");
	for (uint32_t s = 0; s < declared->in_count; s++) {
		uint32_t cursor = image.data_off[s];

		for (uint32_t i = 0; i < call->inputs[s].item_count; i++) {
			const struct mr_call_item *item = &call->inputs[s].items[i];
			const uint64_t hash =
			    item->key_len > 0 ? mr_hash64(item->key, item->key_len) : 0;
			uint8_t *place = region_image_item(&image, call->region, s, i, &cursor,
							   item->name, item->name_len, item->key,
							   item->key_len, hash, 0, item->bytes_len);

			if (item->bytes_len > 0)
				memcpy(place, item->bytes, item->bytes_len);
		}
	}
	*sets_off = image.header->sets_off;
	*end = image.header->heap_off;
	return 0;
}

static int outputs_check(struct node_call *call, uint32_t sets_off)
{
	const struct node_function *function = call->function;
	const struct sandbox_outputs declared = {.in_count = function->declared.in_count,
						 .out_count = function->declared.out_count,
						 .names = function->out,
						 .bytes_max = function->declared.output_bytes_max,
						 .items_max = function->declared.output_items_max};

	return sandbox_check_outputs(call->region, sets_off, &declared, call->outputs,
				     &call->result);
}

static int call_execute(struct node_call *call)
{
	const struct node_function *function = call->function;
	uint32_t sets_off, end;
	int rc = call_stage(call, &sets_off, &end);

	if (rc != 0)
		return rc;
	region_wipe_except(call->region, function->code->header_off,
			   end - function->code->header_off);
	sandbox_run(function->code, call->region, function->declared.time_limit_ms, &call->result);
	return call->result.outcome == SANDBOX_OK ? outputs_check(call, sets_off) : -EIO;
}

static void count(atomic_uint_fast64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void call_work(struct task *task)
{
	struct node_call *call =
	    (struct node_call *)((uint8_t *)task - offsetof(struct node_call, task));
	struct node *node = task->node;

	call->region = NULL;
	call->result.outcome = SANDBOX_OK;
	call->result.run_ns = 0;
	call->result.text[0] = 0;
	call->rc = call_execute(call);
	if (call->rc == -ENOMEM && task_give_back(task))
		return;
	if (call->rc != 0) {
		region_unref(&call->region);
		count(&node->calls.calls_failed);
	}
	count(&node->calls.calls_done);
	atomic_fetch_sub_explicit(&node->calls_unfinished, 1, memory_order_relaxed);
	call->done(call); /* which may free it */
}

/* --- On the caller's thread
 * -------------------------------------------------------------------------- */

int node_call_start(struct node_function *function, struct node_call *call)
{
	struct node *node = function->node;

	if (atomic_fetch_add_explicit(&node->calls_unfinished, 1, memory_order_relaxed) >=
	    MR_CALLS_MAX) {
		atomic_fetch_sub_explicit(&node->calls_unfinished, 1, memory_order_relaxed);
		count(&node->calls.calls_refused);
		return -EAGAIN;
	}
	call->function = function;
	call->task.kind = function;
	call->task.work = call_work;
	call->task.done = NULL;
	workers_call(&node->workers, &call->task);
	return 0;
}

enum wait_state { WAIT_HOT, WAIT_ASLEEP, WAIT_OVER };

struct waiter {
	atomic_uint state; // the caller: HOT to ASLEEP; the worker: to OVER
};

static void waiter_done(struct node_call *call)
{
	struct waiter *waiter = call->opaque;
	atomic_uint *state = &waiter->state;

	/* Once it is over the waiter may be gone; a stray wake-up at its address is harmless. */
	if (atomic_exchange_explicit(state, WAIT_OVER, memory_order_acq_rel) == WAIT_ASLEEP)
		syscall(SYS_futex, state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Looks for a while before it sleeps, as workers do. */
static void waiter_wait(const struct node *node, struct waiter *waiter)
{
	unsigned hot = WAIT_HOT;

	if (node->poll.mode != PORT_POLL_INTERRUPT) {
		const uint64_t until_ns = node_clock_ns() + MR_WORKER_HOT_US * 1000ull;

		for (unsigned look = 0;
		     atomic_load_explicit(&waiter->state, memory_order_acquire) != WAIT_OVER &&
		     node_clock_ns() < until_ns;
		     look++)
			worker_breathe(look);
	}
	if (!atomic_compare_exchange_strong_explicit(&waiter->state, &hot, WAIT_ASLEEP,
						     memory_order_acq_rel, memory_order_acquire))
		return;
	while (atomic_load_explicit(&waiter->state, memory_order_acquire) != WAIT_OVER)
		syscall(SYS_futex, &waiter->state, FUTEX_WAIT_PRIVATE, WAIT_ASLEEP, NULL, NULL, 0);
}

int node_call_run(struct node_function *function, struct node_call *call)
{
	struct waiter waiter = {.state = WAIT_HOT};
	int rc;

	call->done = waiter_done;
	call->opaque = &waiter;
	rc = node_call_start(function, call);
	if (rc != 0)
		return rc;
	waiter_wait(function->node, &waiter);
	return call->rc;
}

void calls_counters(const struct node *node, struct node_call_counters *counters)
{
#define READ(name) counters->name = atomic_load_explicit(&node->calls.name, memory_order_relaxed);
	NODE_CALL_COUNTERS(READ)
#undef READ
}
