/*
 * Wasm worker processes as the host sees them: started, asked for runs, stopped.
 *
 * A worker has one module's code and serves one run at a time; who has it may call
 * wasm_worker_run(). It dies with this process, and any thread may interrupt its run.
 */
#ifndef WASM_WORKER_H
#define WASM_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "wasm_worker_protocol.h"

struct wasm_worker {
	pid_t pid;
	int life;      // closed at our end, which ends it
	int memory_fd; // of slot and window
	struct wasm_slot *slot;
	uint8_t *window; // of WASM_WINDOW_BYTES, of which so many are there:
	uint64_t window_bytes;
	uint64_t runs;              // begun: the number of the current one
	_Atomic uint64_t running;   // number of the run under way, 0: none. owner wo, interrupt ro
	_Atomic uint64_t condemned; // the run that is to end: interrupt wo, owner ro
	struct wasm_worker *next_idle;   // of its code
	struct wasm_worker *next, *prev; // of all
};

enum wasm_worker_end {
	WASM_WORKER_REPLIED,     // the reply is valid, the worker good for more
	WASM_WORKER_SIGNAL,      // the reply's signal, call and address are; the worker is over,
	WASM_WORKER_OUT_OF_TIME, // as it is in all of these: it can only be stopped
	WASM_WORKER_KILLED,      // from outside
	WASM_WORKER_NOT_BEGUN,   // it was over before
};

/* Starts a worker for a module's native code, which is a shared object in that file. 0, or -errno
 * with error text. */
int wasm_worker_start(int object_fd, struct wasm_worker **started, char *error, size_t error_bytes);
/* Ends it, whatever it does; nulls *worker. */
void wasm_worker_stop(struct wasm_worker **worker);
/* Can it be asked for a run? Not when it has ended after a while without one. */
bool wasm_worker_ready(struct wasm_worker *worker);
/* One run, on what is in the window. Whatever is in *reply are the worker's words. */
enum wasm_worker_end wasm_worker_run(struct wasm_worker *worker, const struct wasm_request *request,
				     uint32_t time_limit_ms, struct wasm_reply *reply);
/* Ends the runs under way, as if out of time. */
void wasm_workers_interrupt(void);

#endif
