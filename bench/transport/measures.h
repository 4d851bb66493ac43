/* What is measured on a scene, and what is held beside what. */
#ifndef MEASURES_H
#define MEASURES_H

#include "scene.h"

#define MEASURE_PACKET_HEAD_BYTES 100 /* IP, UDP and ours, of every DATA packet: docs/wire.md */
#define MEASURE_PINGPONG_BYTES 32

void measures_raw(struct scene *scene);
void relations_raw(struct scene *scene);
void measures_ours(struct scene *scene);
void relations_ours(struct scene *scene);
/* measures_cores.c: the same on several queues at once, where a port pairs them by itself. */
void measures_cores(struct scene *scene);
void relations_cores(struct scene *scene);

#endif
