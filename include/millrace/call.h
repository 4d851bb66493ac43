/*
 * libmillrace: functions called from a program, on items in its memory, in a sandbox of its choice.
 *
 * A platform is a node of this process with worker threads; a call goes from its caller's thread
 * straight to a worker, which lays the items out in a region of its own, runs the function there
 * and checks what it left. Limits of memory and time are those that the function declares in its
 * composition file. Thread-safe: any number of threads may call one function at once.
 */
#ifndef MILLRACE_CALL_H
#define MILLRACE_CALL_H

#include <millrace/millrace.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mr_platform;
struct mr_function;
struct mr_result;

struct mr_platform_options {
	const char *sandbox;   /* as `millrace run --sandbox`; NULL: "wasm" */
	uint32_t workers;      /* threads; 0: one for each core */
	uint64_t memory_bytes; /* of all regions together; 0: a quarter of the machine's */
};

/* options may be NULL. 0, or -errno with error text of up to error_bytes saying what was wrong,
 * where, and what to do. The caller closes it. */
MR_PUBLIC int mr_platform_open(struct mr_platform **platform,
			       const struct mr_platform_options *options, char *error,
			       size_t error_bytes);
/* Its functions are closed, its results freed. Nulls *platform, which may be NULL. */
MR_PUBLIC void mr_platform_close(struct mr_platform **platform);

/* Finds the code of a function that the composition file declares and its last composition uses,
 * looks through dirs first, and prepares it, which may compile (kept across restarts). As
 * mr_platform_open(). */
MR_PUBLIC int mr_function_open(struct mr_function **function, struct mr_platform *platform,
			       const char *file, const char *name, const char *const *dirs,
			       size_t dir_count, char *error, size_t error_bytes);
/* None of its calls may be unfinished. Nulls *function, which may be NULL. */
MR_PUBLIC void mr_function_close(struct mr_function **function);

/* Lengths are in bytes; no terminating zero is needed. A key or name of no bytes: none. */
struct mr_call_item {
	const void *name, *key, *bytes;
	uint16_t name_len;
	uint32_t key_len, bytes_len;
};

struct mr_call_set {
	const char *set; /* an input set of the function; one that is not named is empty */
	const struct mr_call_item *items;
	uint32_t item_count;
};

/* On a worker thread, once for each started call; it is not to block. rc as of mr_call(). The
 * result is the receiver's, who frees it. */
typedef void mr_call_done(int rc, struct mr_result *result, void *opaque);

/* Begins a call; sets, items and what they point to stay as they are until done(). 0, and done()
 * will be called; else done() is not: -EAGAIN, when the platform has more unfinished calls than it
 * holds (65,536): do others first; -EINVAL, a set that the function does not have, or one twice;
 * -ENOMEM. */
MR_PUBLIC int mr_call_start(struct mr_function *function, const struct mr_call_set *sets,
			    size_t set_count, mr_call_done *done, void *opaque);
/* The same, and waits. 0; as mr_call_start(); or, with mr_result_error(): -EIO, the function failed
 * or broke a limit; -E2BIG, -ENOMEM, its region is larger than an invocation may be, or than what
 * is free now; -EINVAL, a set that is not optional is empty. *result is NULL if the call has not
 * begun, else the caller frees it. */
MR_PUBLIC int mr_call(struct mr_function *function, const struct mr_call_set *sets,
		      size_t set_count, struct mr_result **result);

/* Items of an output set, in the order in which the function put them out. 0 for a set that the
 * function does not have, and after an error. */
MR_PUBLIC uint32_t mr_result_count(const struct mr_result *result, const char *set);
/* 0, with *item pointing into the result; -ENOENT when there is no such item. */
MR_PUBLIC int mr_result_item(const struct mr_result *result, const char *set, uint32_t index,
			     struct mr_call_item *item);
/* What went wrong, in words; "" when nothing did. */
MR_PUBLIC const char *mr_result_error(const struct mr_result *result);
/* Nanoseconds that the function ran. */
MR_PUBLIC uint64_t mr_result_run_ns(const struct mr_result *result);
/* Gives its memory back to the platform. Nulls *result, which may be NULL. */
MR_PUBLIC void mr_result_free(struct mr_result **result);

#ifdef __cplusplus
}
#endif

#endif
