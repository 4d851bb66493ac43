/* One function run once on items in memory: what a node does with an invocation, on its own. */
#ifndef FUNCTION_CALL_H
#define FUNCTION_CALL_H

#include "compose.h"
#include "item_folder.h"
#include "sandbox.h"

struct function_call {
	const struct plan_function *function;
	struct sandbox_code *code;
	const struct folder_set *in; /* function->in_count of them, in their order */
};

struct function_answer {
	struct sandbox_result result;
	uint64_t region_bytes;
	struct folder_set out[MR_SETS_MAX]; /* when the outcome is SANDBOX_OK; without file names */
};

/* The calling thread has called sandbox_thread_enter(). Whatever the function does is told in
 * answer->result. 0, or -errno with error text when it cannot be run at all; then *answer holds
 * nothing. */
int function_call(const struct function_call *call, struct function_answer *answer, char *error,
		  size_t error_bytes);
/* Zeroes *answer, which may be zero already. */
void function_answer_free(struct function_answer *answer);

#endif
