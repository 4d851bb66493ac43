/* How a zygote gets at a region: by the pool's descriptor, or in a window that it is copied to. */
#ifndef PROCESS_MEMORY_H
#define PROCESS_MEMORY_H

#include "process_zygote.h"
#include "region.h"

struct process_memory {
	int send_fd;     // the zygote lacks it: to go with the request; -1: it has it
	uint64_t offset; // of the region in that descriptor
	uint64_t bytes;  // whole pages
	bool copied;     // to the zygote's window
};

/* Makes the region reachable for that zygote; wipes what lies behind it in its last page. 0 or
 * -errno. */
int process_memory_share(struct zygote *zygote, struct region *region,
			 struct process_memory *memory);
/* The run is over: the region holds what it left. */
void process_memory_collect(struct zygote *zygote, struct region *region,
			    const struct process_memory *memory);

#endif
