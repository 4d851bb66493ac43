/* The product: bulk, ping-pong, requests, small beside bulk, loss. */
#include <stdio.h>

#include "measures.h"

#define BULK_BYTES (1u << 20)
#define BULK_WINDOW 4
#define REQUEST_BYTES 64
#define REQUEST_WINDOW 64
#define LOSS_PPM 10000 /* 1 % */

static void add_bulk(struct scene *scene)
{
	struct pair_order order = {
	    .pattern = PAIR_FLOOD, .message_bytes = BULK_BYTES, .window = BULK_WINDOW};
	struct scene_measure *measure;
	char name[REPORT_NAME_BYTES];

	snprintf(name, sizeof(name), "bulk.%u", scene->mtu);
	measure = scene_add(scene, SCENE_OURS, name, &order);
	measure_figure(measure, FIGURE_GBIT);
	measure_figure(measure, FIGURE_RETRANSMITS);
	measure_figure(measure, FIGURE_DROPS);
}

void measures_ours(struct scene *scene)
{
	static const uint32_t sizes[] = {32, 256, 1024, 4096, 16384, 65536};
	struct pair_order order = {.pattern = PAIR_PINGPONG, .window = 1};
	char name[REPORT_NAME_BYTES];

	add_bulk(scene);
	if (scene->mtu != MR_MTU_DEFAULT)
		return;
	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct scene_measure *measure;

		order.message_bytes = sizes[i];
		snprintf(name, sizeof(name), "pingpong.%u", sizes[i]);
		measure = scene_add(scene, SCENE_OURS, name, &order);
		measure_figure(measure, FIGURE_P50_US);
		measure_figure(measure, FIGURE_P99_US);
		measure_figure(measure, FIGURE_P999_US);
	}
	order = (struct pair_order){.pattern = PAIR_REQUESTS,
				    .message_bytes = REQUEST_BYTES,
				    .window = REQUEST_WINDOW};
	measure_figure(scene_add(scene, SCENE_OURS, "requests.64", &order), FIGURE_MRPS);
}
