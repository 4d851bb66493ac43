/*
 * What the host and a wasm worker process say to each other: in a page that both map, in front of
 * the window, which is the memory of the function that runs there.
 *
 * Whose turn it is stands in one word, on which either side looks for a while and then sleeps. All
 * else in the page belongs to the side whose turn it is. The host believes none of it.
 */
#ifndef WASM_WORKER_PROTOCOL_H
#define WASM_WORKER_PROTOCOL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <millrace/limits.h>
#include <millrace/region.h>

#define WASM_WORKER_MEMORY 3 /* its descriptors from the start: slot and window, */
#define WASM_WORKER_OBJECT 4 /* the module's code, */
#define WASM_WORKER_LIFE 5   /* and what ends with the host: the only one it keeps */
#define WASM_WORKER_FREE 6

#define WASM_SLOT_BYTES MR_PAGE_BYTES
/* Address space; memory is there only as far as the host says. */
#define WASM_WINDOW_BYTES (1ull << 32)
_Static_assert(WASM_WINDOW_BYTES > MR_REGION_BYTES_MAX, "any region fits");

enum wasm_turn {
	WASM_STARTING, /* the worker's: it loads and confines itself */
	WASM_UNFIT,    /* it could not, and ends: error, text */
	WASM_IDLE,     /* the host's; the worker looks */
	WASM_ASLEEP,   /* the host's; the worker waits for a wake-up */
	WASM_GONE,     /* nobody's: it has had nothing to do for long, and ended */
	WASM_RUN,      /* the worker's; the host looks */
	WASM_AWAITED,  /* the worker's; the host waits for a wake-up */
	WASM_LOST,     /* a signal has ended the function, and the worker with it */
};

enum wasm_end { WASM_RETURNED, WASM_TRAPPED };

/* What confines a worker, beside its filter, as far as this machine has it. */
enum wasm_worker_wall { WASM_WORKER_LANDLOCK = 1 };

struct wasm_request {
	uint64_t bytes;      // of the function's memory
	uint32_t header_off; // of the region's image in it
	uint32_t stack_top;  // of the stack that clang keeps in it, 0: none
};

struct wasm_reply {
	uint32_t end;        // enum wasm_end
	int32_t status;      // what it returned
	uint32_t trap;       // enum mr_trap
	uint32_t overflowed; // the trap or the signal came of a stack that was used up
	uint32_t signal;     // WASM_LOST: which
	uint32_t call;       // SIGSYS: the system call's number
	uint64_t address;    // that the signal is about
};

struct wasm_slot {
	_Atomic uint32_t turn;            // enum wasm_turn: both
	int32_t error;                    // worker, WASM_UNFIT: -errno
	struct wasm_request request;      // host
	struct wasm_reply reply;          // worker
	_Alignas(64) uint32_t namespaces; // host, before the start: it has its own
	uint32_t walls;                   // worker, at its start: of enum wasm_worker_wall
	char text[256];                   // worker, WASM_UNFIT: what it is about
};
_Static_assert(sizeof(struct wasm_slot) <= WASM_SLOT_BYTES, "one page");
/* Each line that goes from core to core costs as much as a short function. */
_Static_assert(offsetof(struct wasm_slot, namespaces) == 64, "a run's words are one line");

#endif
