/* Memory that two processes map by a descriptor, which one gives the other. */
#ifndef SHARED_MEMORY_H
#define SHARED_MEMORY_H

#include <stdint.h>

/* A new, sealed memfd, mapped for reading and writing; returns its descriptor or -errno. The caller
 * closes it and unmaps the memory. */
int shared_create(uint64_t bytes, void **mapped);
/* Maps what a peer gave, when it is large enough and can never shrink: then reading it cannot
 * fault. NULL when not. */
void *shared_map(int fd, uint64_t offset, uint64_t bytes, int protection);
/* A descriptor of the same memory through which a peer cannot write, or -errno. */
int shared_reopen_read_only(int fd);

#endif
