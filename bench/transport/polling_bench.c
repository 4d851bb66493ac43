/* `millrace bench polling`: CPU use and first-frame delay, idle and hot, per polling mode and port.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "scene.h"

#define MESSAGE_BYTES 32
#define SPARSE_GAP_MS 20 /* far beyond MR_POLL_HOT_US: back-off is at its longest */
#define IDLE_CPU_PERCENT_MAX 1

static void add_mode(struct scene *scene, enum scene_side side, const char *mode)
{
	struct pair_order order = {.pattern = PAIR_SPARSE, .message_bytes = MESSAGE_BYTES};
	struct scene_measure *hot;
	char name[REPORT_NAME_BYTES];

	snprintf(name, sizeof(name), "%s.idle", mode);
	measure_figure(scene_add(scene, side, name, &order), FIGURE_CPU);
	order.window = 1;
	order.gap_ms = SPARSE_GAP_MS;
	snprintf(name, sizeof(name), "%s.idle", mode);
	measure_figure(scene_add(scene, side, name, &order), FIGURE_FIRST);
	order.pattern = PAIR_PINGPONG;
	snprintf(name, sizeof(name), "%s.hot", mode);
	hot = scene_add(scene, side, name, &order);
	measure_figure(hot, FIGURE_CPU);
	measure_figure(hot, FIGURE_FIRST);
}

int bench_polling(struct bench *bench)
{
	enum wiring_kind first, last;
	int rc = bench_ports(bench, &first, &last);

	for (uint32_t kind = first; rc == 0 && kind <= last; kind++) {
		struct scene *scene = calloc(1, sizeof(*scene));

		if (scene == NULL)
			return -ENOMEM;
		scene->bench = bench;
		scene->kind = kind;
		scene->mtu = MR_MTU_DEFAULT;
		add_mode(scene, SCENE_OURS, "always");
		add_mode(scene, SCENE_ADAPTIVE, "adaptive");
		scene_run(scene);
		scene_bar(scene, "adaptive.idle.cpu", NULL, REPORT_AT_MOST, IDLE_CPU_PERCENT_MAX,
			  "10: percent of a core, idle and adaptive");
		free(scene);
	}
	return rc;
}
