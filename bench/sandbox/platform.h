/* One node of this process, whose functions are called as a program that embeds it would: what a
 * run costs through all of Millrace but the network and the files. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include "call.h"
#include "cluster.h"
#include "subject.h"

#define PLATFORM_FUNCTIONS_MAX 3

struct platform {
	struct cluster *cluster;
	struct plan *plan;
	struct node_function *functions[PLATFORM_FUNCTIONS_MAX]; /* matmul_timed, by backend */
	uint32_t function_count;
	char error[MR_ERROR_BYTES_MAX];
};

/* A node with so many workers, and the same function for each of these backends. 0, or -errno with
 * platform->error. */
int platform_open(struct platform *platform, const struct sandbox_ops *const *backends,
		  uint32_t count, uint32_t workers);
void platform_close(struct platform *platform);

/* A matmul of a subject's side: what a caller keeps while it is under way. */
struct platform_call {
	struct node_call call;
	struct mr_call_item items[2];
	struct call_set sets[2];
};

void platform_call_init(struct platform_call *call, const struct subject *subject);
/* A call that is done: drops its region. False with subject->error: no product, or a wrong one. */
bool platform_call_right(struct platform_call *call, struct subject *subject);

#endif
