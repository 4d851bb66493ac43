/*
 * When cores are shared by time slices: whether tasks run to completion, one on each core, or more
 * of them are under way than there are cores and the kernel slices time between them.
 *
 * Pure: what was seen in, how many spare threads may take tasks out. Run to completion is best
 * while the queue moves: a task that ends makes room for the next. It does not when every thread
 * has been at one task for longer than a slice and the head of the queue has stood for as long.
 * Among tasks of one kind (a function of a job) nothing is won by sharing, as all take about as
 * long; so spares join in at once only when a task waits of which no thread has the like, and take
 * those, one of a kind, passing others over. When the head has stood for MR_SLICES_ALIKE_MS they
 * take any. There are as many more as there are threads each time, up to a limit. They are there
 * until fewer tasks than cores have been long ones for a while, so that a short task that comes
 * meanwhile finds a thread at once.
 */
#ifndef SLICE_CONTROL_H
#define SLICE_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include <millrace/limits.h>

#define SLICE_NS (MR_SLICE_MS * UINT64_C(1000000))

struct slice_control {
	uint32_t spares_max;
	uint32_t spares;    /* that may take tasks now, */
	bool alike;         /* any; else only what no thread has the like of */
	uint64_t taken;     /* from the queue's head, when that last changed or nothing waited: */
	uint64_t moved_ns;  /* then */
	uint64_t grown_ns;  /* when there were last more spares allowed, or fewer than that there */
	uint64_t needed_ns; /* when cores were last held by long tasks */
	uint64_t entered;   /* times that slicing has begun */
};

struct slice_sample {
	uint32_t cores; /* threads that are not spares, and take tasks */
	uint32_t
	    spares;    /* of those allowed, that can: less than that when one was refused memory */
	uint32_t held; /* threads, spares too, that have been at one task for SLICE_NS */
	uint32_t waiting; /* tasks in the queue */
	uint32_t others;  /* of them, of kinds that no thread is at */
	uint64_t taken;   /* so far, from the head of the queue */
};

void slice_control_init(struct slice_control *control, uint32_t spares_max);
/* How many spares may take tasks from now on. To be called each SLICE_NS while tasks wait or there
 * are spares; it may miss any number of times. */
uint32_t slice_control_step(struct slice_control *control, uint64_t now_ns,
			    const struct slice_sample *sample);

#endif
