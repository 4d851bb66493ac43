/* The limits: raw bursts and one raw frame to and fro. */
#include <stdio.h>

#include "measures.h"

#define ETHERNET_HEAD_BYTES 14
#define SMALL_FRAME_BYTES 64
#define MTU_SMALL_FRAMES 1500 /* the scene that small frames are measured in: once a port */

static void add(struct scene *scene, const char *name, const struct pair_order *order,
		enum scene_figure figure)
{
	measure_figure(scene_add(scene, SCENE_RAW, name, order), figure);
}

/* Frames as a transport sends them: what is copied is the payload that a packet of ours has. */
static void add_frames(struct scene *scene)
{
	struct pair_order order = {
	    .pattern = PAIR_FLOOD,
	    .frame_bytes = ETHERNET_HEAD_BYTES + scene->mtu,
	    .head_bytes = ETHERNET_HEAD_BYTES + MEASURE_PACKET_HEAD_BYTES,
	};
	char name[REPORT_NAME_BYTES];

	snprintf(name, sizeof(name), "raw.%u", scene->mtu);
	add(scene, name, &order, FIGURE_GBIT);
	order.copies = true;
	snprintf(name, sizeof(name), "raw.%u.copied", scene->mtu);
	add(scene, name, &order, FIGURE_GBIT);
}

static void add_small(struct scene *scene)
{
	struct pair_order order = {.pattern = PAIR_FLOOD, .frame_bytes = SMALL_FRAME_BYTES};
	struct scene_measure *pingpong;

	add(scene, "raw.64", &order, FIGURE_MPPS);
	order.pattern = PAIR_PINGPONG;
	order.frame_bytes =
	    ETHERNET_HEAD_BYTES + MEASURE_PACKET_HEAD_BYTES + MEASURE_PINGPONG_BYTES;
	pingpong = scene_add(scene, SCENE_RAW, "raw.pingpong", &order);
	measure_figure(pingpong, FIGURE_P50_US);
	measure_figure(pingpong, FIGURE_P99_US);
}

void measures_raw(struct scene *scene)
{
	if (scene->mtu == MTU_SMALL_FRAMES)
		add_small(scene);
	add_frames(scene);
}

void relations_raw(struct scene *scene)
{
	char name[REPORT_NAME_BYTES];
	char other[REPORT_NAME_BYTES];

	snprintf(name, sizeof(name), "raw.%u.copied", scene->mtu);
	snprintf(other, sizeof(other), "raw.%u", scene->mtu);
	scene_relate(scene, name, other, "untouched");
}
