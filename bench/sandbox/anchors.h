/* What a sandbox is compared with: a call, a thread, a process, a program. */
#ifndef ANCHORS_H
#define ANCHORS_H

#include "samples.h"

/* Run number run of each: anchor.call, anchor.thread, anchor.fork, anchor.spawn. floor_program is
 * started by the last. */
void anchors_run(struct bench *bench, uint32_t run, struct samples *samples,
		 const char *floor_program);

#endif
