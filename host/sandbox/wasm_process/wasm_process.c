/*
 * The wasm-process backend: the native code that is made from a module, as for wasm, but run in
 * confined worker processes, which hold nothing of the host. docs/sandbox.md has the design.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"
#include "sandbox_counters.h"
#include "wasm_object.h"
#include "wasm_window.h"
#include "wasm_worker.h"

#define BEGIN_TRIES 3 /* workers that may end, idle for long, just before a run */

struct wasm_process_code {
	struct sandbox_code base;
	uint32_t stack_top; // of the stack that clang keeps in linear memory, 0: none
	int object_fd;      // the native code, in a file that nobody can change
	pthread_mutex_t lock;
	struct wasm_worker *idle; // under lock; the one used last is first, and warm
};

static int object_file_make(const struct wasm_object *object)
{
	int fd = memfd_create("millrace-wasm-object", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc = 0;

	if (fd < 0)
		return -errno;
	for (size_t done = 0; done < object->byte_count && rc == 0;) {
		const ssize_t n = write(fd, object->bytes + done, object->byte_count - done);

		if (n < 0)
			rc = -errno;
		else
			done += (size_t)n;
	}
	if (rc == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
		rc = -errno;
	if (rc < 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

static struct wasm_worker *worker_take(struct wasm_process_code *code, char *error,
				       size_t error_bytes)
{
	struct wasm_worker *worker;

	do {
		pthread_mutex_lock(&code->lock);
		worker = code->idle;
		if (worker != NULL)
			code->idle = worker->next_idle;
		pthread_mutex_unlock(&code->lock);
		if (worker != NULL && !wasm_worker_ready(worker))
			wasm_worker_stop(&worker);
		else
			break;
	} while (true);
	if (worker == NULL)
		wasm_worker_start(code->object_fd, &worker, error, error_bytes);
	return worker;
}

static void worker_give(struct wasm_process_code *code, struct wasm_worker *worker)
{
	pthread_mutex_lock(&code->lock);
	worker->next_idle = code->idle;
	code->idle = worker;
	pthread_mutex_unlock(&code->lock);
}

static void wasm_process_release(struct sandbox_code *prepared)
{
	struct wasm_process_code *code = (struct wasm_process_code *)prepared;

	while (code->idle != NULL) {
		struct wasm_worker *worker = code->idle;

		code->idle = worker->next_idle;
		wasm_worker_stop(&worker);
	}
	pthread_mutex_destroy(&code->lock);
	if (code->object_fd >= 0)
		close(code->object_fd);
	free(code);
}

static int wasm_process_prepare(const void *bytes, size_t len, const char *cache_dir,
				struct sandbox_code **prepared, char *error, size_t error_bytes)
{
	struct wasm_process_code *code = calloc(1, sizeof(*code));
	struct wasm_worker *worker;
	struct wasm_object object;
	int rc;

	if (code == NULL)
		return backend_error(error, error_bytes, -ENOMEM,
				     "no memory for a function's code");
	code->object_fd = -1;
	pthread_mutex_init(&code->lock, NULL);
	rc = wasm_object_make(bytes, len, cache_dir, &object, error, error_bytes);
	if (rc < 0)
		goto release;
	code->base.ops = &sandbox_wasm_process;
	code->base.hash = object.hash;
	code->base.header_off = object.header_off;
	code->stack_top = object.stack_top;
	code->object_fd = object_file_make(&object);
	wasm_object_free(&object);
	if (code->object_fd < 0) {
		rc = backend_error(error, error_bytes, code->object_fd,
				   "no memory for a function's code: %s",
				   strerror(-code->object_fd));
		goto release;
	}
	/* The first, so that what cannot be confined is known now. */
	rc = wasm_worker_start(code->object_fd, &worker, error, error_bytes);
	if (rc < 0)
		goto release;
	worker_give(code, worker);
	*prepared = &code->base;
	return 0;
release:
	wasm_process_release(&code->base);
	return rc;
}

/* A worker's words are its own: whatever they are, they name one of the ends of this run. */
static void end_describe(const struct wasm_reply *reply, struct guest_report *report)
{
	if (reply->end == WASM_RETURNED) {
		report->outcome = SANDBOX_OK;
		report->status = reply->status;
		return;
	}
	report->outcome = wasm_trap_outcome(reply->trap);
	if (report->outcome == SANDBOX_OUT_OF_BOUNDS && reply->overflowed)
		report->outcome = SANDBOX_STACK_OVERFLOW;
}

static void signal_describe(const struct wasm_reply *reply, struct guest_report *report)
{
	report->outcome = reply->overflowed ? SANDBOX_STACK_OVERFLOW : SANDBOX_CRASHED;
	report->signo = (int)reply->signal;
	report->fault = reply->address;
}

static void run_failed(struct sandbox_result *result, const char *what, int rc)
{
	result->outcome = SANDBOX_FAILED;
	result->run_ns = 0;
	backend_error(result->text, sizeof(result->text), 0, "%s: %s", what, strerror(-rc));
}

/* Is the worker good for more? */
static bool run_in(struct wasm_process_code *code, struct wasm_worker *worker,
		   struct region *region, uint32_t header_off, uint32_t time_limit_ms,
		   struct sandbox_result *result, bool *begun)
{
	const struct wasm_request request = {
	    .bytes = region->bytes, .header_off = header_off, .stack_top = code->stack_top};
	struct poll_clock *clock = &guest_self()->clock;
	struct guest_report report = {.outcome = SANDBOX_TIME_LIMIT};
	enum wasm_worker_end end;
	struct wasm_reply reply;
	uint64_t start_ns;
	int rc = wasm_window_fill(worker, region, header_off);

	*begun = true;
	if (rc < 0) {
		run_failed(result, "no memory for the window of its worker process", rc);
		return false;
	}
	start_ns = poll_clock_now_ns(clock);
	end =
	    wasm_worker_run(worker, &request,
			    time_limit_ms != 0 ? time_limit_ms : MR_TIME_LIMIT_MS_DEFAULT, &reply);
	report.run_ns = poll_clock_now_ns(clock) - start_ns;
	switch (end) {
	case WASM_WORKER_REPLIED:
		end_describe(&reply, &report);
		rc = wasm_window_collect(worker, region);
		if (rc < 0) {
			run_failed(result, "the window of its worker process cannot be read", rc);
			return false;
		}
		break;
	case WASM_WORKER_SIGNAL:
		signal_describe(&reply, &report);
		break;
	case WASM_WORKER_KILLED:
		report.outcome = SANDBOX_CRASHED;
		break;
	case WASM_WORKER_NOT_BEGUN:
		*begun = false;
		return false;
	case WASM_WORKER_OUT_OF_TIME:
		break;
	}
	backend_result(&report, region, header_off, time_limit_ms, result);
	if (end == WASM_WORKER_KILLED)
		backend_error(result->text, sizeof(result->text), 0,
			      "its worker process was killed, by the system or by hand");
	else if (end == WASM_WORKER_SIGNAL && reply.signal == SIGSYS)
		backend_error(result->text, sizeof(result->text), 0,
			      "its worker process made system call %u, which none may", reply.call);
	if (report.outcome == SANDBOX_CRASHED)
		sandbox_count(&sandbox_counts.wasm_workers_lost, 1);
	return end == WASM_WORKER_REPLIED;
}

static void wasm_process_run(struct sandbox_code *prepared, struct region *region,
			     uint32_t header_off, uint32_t time_limit_ms,
			     struct sandbox_result *result)
{
	struct wasm_process_code *code = (struct wasm_process_code *)prepared;
	bool begun = false;

	if (!backend_region_fits(region, header_off, result))
		return;
	for (int i = 0; !begun && i < BEGIN_TRIES; i++) {
		struct wasm_worker *worker = worker_take(code, result->text, sizeof(result->text));

		if (worker == NULL) {
			result->outcome = SANDBOX_FAILED;
			result->run_ns = 0;
			return;
		}
		if (run_in(code, worker, region, header_off, time_limit_ms, result, &begun))
			worker_give(code, worker);
		else
			wasm_worker_stop(&worker);
	}
	if (!begun)
		run_failed(result, "worker processes end before they can run it", -ECHILD);
}

const struct sandbox_ops sandbox_wasm_process = {
    .name = "wasm-process",
    .prepare = wasm_process_prepare,
    .release = wasm_process_release,
    .run = wasm_process_run,
    .code_suffix = ".wasm",
    .per_job = true,
};
