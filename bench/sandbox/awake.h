/* All processors kept awake while latencies are taken: what waking one costs is the machine's. */
#ifndef AWAKE_H
#define AWAKE_H

/* Threads that spin at idle priority, one on each processor. 0 or -errno. */
int awake_start(void);
void awake_stop(void);

#endif
