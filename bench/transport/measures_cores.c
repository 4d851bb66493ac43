/* Bulk over several queues of one port, a core for each on both ends, beside raw bursts over as
 * many.
 */
#include <stdio.h>

#include "measures.h"

#define ETHERNET_HEAD_BYTES 14
#define BULK_BYTES (1u << 20)
#define BULK_WINDOW 4

/* Elsewhere what a queue brings is not what the other end's same queue sent. */
static bool pairs_queues(const struct scene *scene)
{
	return scene->kind == WIRING_MEMIF || scene->kind == WIRING_VIRTIO_USER;
}

static void name_write(const struct scene *scene, const char *what, const char *how, char *name)
{
	snprintf(name, REPORT_NAME_BYTES, "%s.%u%s.cores-%u", what, scene->mtu, how,
		 SCENE_CORES_COUNT);
}

void measures_cores(struct scene *scene)
{
	const struct pair_order raw = {
	    .pattern = PAIR_FLOOD,
	    .frame_bytes = ETHERNET_HEAD_BYTES + scene->mtu,
	    .head_bytes = ETHERNET_HEAD_BYTES + MEASURE_PACKET_HEAD_BYTES,
	    .copies = true,
	};
	const struct pair_order bulk = {
	    .pattern = PAIR_FLOOD, .message_bytes = BULK_BYTES, .window = BULK_WINDOW};
	struct scene_measure *measure;
	char name[REPORT_NAME_BYTES];

	if (!pairs_queues(scene))
		return;
	name_write(scene, "raw", ".copied", name);
	measure_figure(scene_add(scene, SCENE_RAW_CORES, name, &raw), FIGURE_GBIT);
	name_write(scene, "bulk", "", name);
	measure = scene_add(scene, SCENE_CORES, name, &bulk);
	measure_figure(measure, FIGURE_GBIT);
	measure_figure(measure, FIGURE_RETRANSMITS);
	measure_figure(measure, FIGURE_DROPS);
}

void relations_cores(struct scene *scene)
{
	char name[REPORT_NAME_BYTES], raw[REPORT_NAME_BYTES], one[REPORT_NAME_BYTES];

	if (!pairs_queues(scene))
		return;
	name_write(scene, "bulk", "", name);
	name_write(scene, "raw", ".copied", raw);
	snprintf(one, sizeof(one), "bulk.%u", scene->mtu);
	scene_relate(scene, name, raw, "raw, copied");
	scene_relate(scene, name, one, "one core");
}
