/*
 * Sandboxes: one interface to run a function's code on a region, whatever confines it.
 *
 * Code is prepared once (compiled, cached by content hash) and then run any number of times, by any
 * number of threads at once. A run happens in place: the region is the function's memory. Whatever
 * the function does wrong is an error of that run only.
 *
 * ABI: docs/sandbox.md and functions/sdk/millrace_function.h. A wasm module exports its memory,
 * `__heap_base` (global) and `mr_entry` (i32 header_off) -> i32 status; a native object exports
 * `int32_t mr_entry(void *base, uint32_t header_off)`.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "region.h"

enum sandbox_outcome {
	SANDBOX_OK,
	SANDBOX_FAILED,        /* the function returned non-zero: its own error text */
	SANDBOX_OUT_OF_BOUNDS, /* memory or table access outside its memory */
	SANDBOX_STACK_OVERFLOW,
	SANDBOX_DIVISION,    /* by zero, or INT_MIN / -1 */
	SANDBOX_CONVERSION,  /* float to integer out of range */
	SANDBOX_UNREACHABLE, /* abort(), __builtin_trap(), assert */
	SANDBOX_BAD_CALL,    /* call_indirect: wrong type or no function */
	SANDBOX_TIME_LIMIT,
	/* By sandbox_check_outputs(): */
	SANDBOX_BAD_OUTPUT,   /* the output table it left is not valid */
	SANDBOX_OUTPUT_LIMIT, /* more bytes than it may put out */
	SANDBOX_ITEM_LIMIT,   /* more items */
	SANDBOX_CRASHED,      /* native code: a signal */
};

const char *sandbox_outcome_text(enum sandbox_outcome outcome);

struct sandbox_result {
	enum sandbox_outcome outcome;
	uint64_t run_ns;               /* inside the function */
	char text[MR_ERROR_BYTES_MAX]; /* what happened, for the user; empty when OK */
};

/* What a function may leave, and the sets it was given. */
struct sandbox_outputs {
	uint32_t in_count, out_count;
	const char *const *names; /* of the output sets */
	uint64_t keyed;           /* as region_check_limits has it */
	uint64_t bytes_max;       /* of names, keys and bytes together; 0: what its region holds */
	uint32_t items_max;       /* of all sets together */
};

/* After a run that ended well: region_check_outputs() of what it left, into sets[out_count]. 0, or
 * -EIO with the result's outcome and text. */
int sandbox_check_outputs(const struct region *region, uint32_t sets_off,
			  const struct sandbox_outputs *declared, struct mr_set *sets,
			  struct sandbox_result *result);

struct sandbox_code;

struct sandbox_ops {
	const char *name;
	/* Prepares code bytes (a wasm module, or a native shared object). 0 or -errno with error
	 * text. */
	int (*prepare)(const void *code, size_t bytes, const char *cache_dir,
		       struct sandbox_code **prepared, char *error, size_t error_bytes);
	void (*release)(struct sandbox_code *prepared);
	void (*run)(struct sandbox_code *prepared, struct region *region, uint32_t header_off,
		    uint32_t time_limit_ms, struct sandbox_result *result);
	const char *code_suffix; /* of the files it takes: ".wasm"; NULL: of any backend */
	bool
	    maps_regions; /* into other processes, page by page: region_provider_pages() suits it */
	bool per_job;     /* prepared code has processes of its own, which jobs are not to share */
};

/* Backends embed this as their first member. */
struct sandbox_code {
	const struct sandbox_ops *ops;
	uint64_t hash;       /* of the code bytes: mr_hash64 */
	uint32_t header_off; /* where the region image must be, a multiple of MR_ALIGN */
};

/* One of SANDBOX_NAMES; NULL for another name. "auto" is what the code is for, and the machine has.
 */
#define SANDBOX_NAMES "wasm, wasm-process, process, kvm, native or auto"
const struct sandbox_ops *sandbox_backend(const char *name);

/* Where prepared code is kept unless told otherwise: $XDG_CACHE_HOME/millrace, ~/.cache/millrace,
 * or a folder of this user in /tmp. It need not be there yet. 0 or -ENAMETOOLONG. */
int sandbox_cache_dir(char *path, size_t path_bytes);

/* Once per thread that runs sandboxes, before its first run and after its last: alternate signal
 * stack, trap state. 0 or -errno. */
int sandbox_thread_enter(void);
void sandbox_thread_leave(void);

/* Once per process: signal handlers (chained to what was there) and the watchdog that enforces time
 * limits. Reference-counted. 0 or -errno. */
int sandbox_runtime_start(void);
void sandbox_runtime_stop(void);
/* Ends the runs in progress in this process as if out of time; for a process that is told to end.
 * One that begins or ends at this moment may go unnoticed: repeat it until all have ended. Any
 * thread, between start and stop. */
void sandbox_interrupt(void);

static inline void sandbox_run(struct sandbox_code *code, struct region *region,
			       uint32_t time_limit_ms, struct sandbox_result *result)
{
	code->ops->run(code, region, code->header_off, time_limit_ms, result);
}
/* Nulls *code; *code may be NULL. */
void sandbox_release(struct sandbox_code **code);

/* What the backends did beside running functions, in the whole process. */
#define SANDBOX_COUNTERS(X)                                                                        \
	X(kvm_machines_made)     /* one per thread, and one for each that was replaced */          \
	X(kvm_machines_replaced) /* after an exit that no function should be able to cause */      \
	X(kvm_views_built)       /* page tables for a code and region that had not met */          \
	X(kvm_tables_forgotten)  /* all of a thread's tables, when they were full */               \
	X(kvm_regions_copied)    /* in and out, because they lie in no pool */                     \
	X(process_copied_bytes)  /* in and out, of regions that no process can map on their own */ \
	X(process_zygotes)       /* started: one per code and thread that runs it */               \
	X(process_no_landlock)   /* of them, without this wall: the kernel has it not */           \
	X(process_no_namespaces) /* of them: none for us, or all used up */                        \
	X(process_not_bare)      /* of them: the kernel keeps its vdso mapped */                   \
	X(wasm_workers)          /* processes started for modules: one per code and thread */      \
	X(wasm_workers_lost)     /* of them: killed, or ended by a signal but a stack's end */     \
	X(wasm_workers_no_landlock)   /* of them, without this wall: the kernel has it not */      \
	X(wasm_workers_no_namespaces) /* of them: none for us, or all used up */                   \
	X(wasm_worker_copied_bytes)   /* regions, into their windows and back */                   \
	X(tools)                      /* compilers' programs run on modules */                     \
	X(tools_files_open)           /* of them, with files kept by permissions only */           \
	X(tools_no_namespaces)        /* of them: none for us, or all used up */

struct sandbox_counters {
#define SANDBOX_COUNTER_FIELD(name) uint64_t name;
	SANDBOX_COUNTERS(SANDBOX_COUNTER_FIELD)
#undef SANDBOX_COUNTER_FIELD
};

void sandbox_counters_read(struct sandbox_counters *counters);

#endif
