/*
 * The least that a run in a worker process costs: memory cleared, copied to where another has it, a
 * turn that goes to a thread that looks for it and comes back, and the copy back.
 *
 * A thread in place of a process: neither makes a system call. Nothing of the wasm-process backend
 * is in it, so that its figure stands beside the backend's.
 */
#ifndef HANDOVER_FLOOR_H
#define HANDOVER_FLOOR_H

#include <stdint.h>

struct handover_floor;

/* For memory of that size. 0 or -errno. */
int handover_floor_create(struct handover_floor **floor, uint64_t bytes);
/* Once there and back. 0. */
int handover_floor_run(struct handover_floor *floor);
/* Nulls *floor, which may be NULL. */
void handover_floor_destroy(struct handover_floor **floor);

#endif
