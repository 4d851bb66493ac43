/*
 * Tasks on shared cores in virtual time: a queue, threads that take from it first in, first out,
 * spare ones that take what no thread has the like of, and a kernel that gives each thread with a
 * task an equal part of the cores, one core at most.
 */
#ifndef SIM_SLICES_H
#define SIM_SLICES_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_SLICES_THREADS_MAX 512
#define SIM_SLICES_QUEUE_MAX 4096

struct sim_task {
	uint64_t work_ns; /* that it needs of a core */
	uint32_t kind;
	uint64_t came_ns;
	void (*done)(const struct sim_task *task, uint64_t now_ns, void *opaque);
	void *opaque;
};

struct sim_slices_thread {
	struct sim_task task;
	double left_ns; /* of its work; 0: it has no task */
	uint64_t since_ns;
};

struct sim_slices {
	uint32_t cores;
	uint32_t spares; /* threads beside the one of each core that may take tasks */
	bool alike;      /* any: else spares take only kinds that no thread is at */
	struct sim_slices_thread threads[SIM_SLICES_THREADS_MAX];
	struct sim_task queue[SIM_SLICES_QUEUE_MAX];
	uint32_t waiting;
	uint64_t taken; /* from the head of the queue */
	uint64_t now_ns;
};

void sim_slices_init(struct sim_slices *sim, uint32_t cores);
/* At this moment; there is to be room in the queue. */
void sim_slices_add(struct sim_slices *sim, const struct sim_task *task);
void sim_slices_run(struct sim_slices *sim, uint64_t until_ns);
/* From now on; those that are more finish their tasks. */
void sim_slices_spare(struct sim_slices *sim, uint32_t spares, bool alike);
/* Tasks that wait, of kinds that no thread is at. */
uint32_t sim_slices_others(const struct sim_slices *sim);
/* Threads that have been at their task for so long. */
uint32_t sim_slices_held(const struct sim_slices *sim, uint64_t ns);

#endif
