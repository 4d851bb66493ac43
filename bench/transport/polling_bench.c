/* `millrace bench polling`: CPU use and first-frame delay, idle and hot, per polling mode and port.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "port.h"
#include "scene.h"

#define MESSAGE_BYTES 32
#define SPARSE_GAP_MS 20 /* far beyond MR_POLL_HOT_US and the back-off: the receiver is asleep */
#define IDLE_CPU_PERCENT_MAX 1

static void add_mode(struct scene *scene, enum port_poll_mode mode)
{
	struct pair_order order = {
	    .pattern = PAIR_SPARSE, .message_bytes = MESSAGE_BYTES, .poll = mode};
	struct scene_measure *measure;
	char name[REPORT_NAME_BYTES];

	snprintf(name, sizeof(name), "%s.idle", port_poll_name(mode));
	measure_figure(scene_add(scene, SCENE_OURS, name, &order), FIGURE_CPU);
	order.window = 1;
	order.gap_ms = SPARSE_GAP_MS;
	measure = scene_add(scene, SCENE_OURS, name, &order);
	measure_figure(measure, FIGURE_FIRST);
	measure_figure(measure, FIGURE_FIRST_P99);
	measure_figure(measure, FIGURE_RETRANSMITS);
	order.pattern = PAIR_PINGPONG;
	snprintf(name, sizeof(name), "%s.hot", port_poll_name(mode));
	measure = scene_add(scene, SCENE_OURS, name, &order);
	measure_figure(measure, FIGURE_CPU);
	measure_figure(measure, FIGURE_FIRST);
}

static bool mode_wanted(const struct bench *bench, enum port_poll_mode mode)
{
	return bench->options->poll == NULL ||
	       strcmp(bench->options->poll, port_poll_name(mode)) == 0;
}

static int bench_port(struct bench *bench, enum wiring_kind kind)
{
	static const enum port_poll_mode modes[] = {PORT_POLL_ALWAYS, PORT_POLL_ADAPTIVE,
						    PORT_POLL_INTERRUPT};
	struct scene *scene = calloc(1, sizeof(*scene));

	if (scene == NULL)
		return -ENOMEM;
	scene->bench = bench;
	scene->kind = kind;
	scene->mtu = MR_MTU_DEFAULT;
	scene->sleeps = true;
	for (uint32_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (mode_wanted(bench, modes[i]))
			add_mode(scene, modes[i]);
	}
	scene_run(scene);
	if (mode_wanted(bench, PORT_POLL_ADAPTIVE))
		scene_bar(scene, "adaptive.idle.cpu", NULL, REPORT_AT_MOST, IDLE_CPU_PERCENT_MAX,
			  "10: percent of a core, idle and adaptive");
	free(scene);
	return 0;
}

int bench_polling(struct bench *bench)
{
	enum wiring_kind first, last;
	int rc = bench_ports(bench, &first, &last);

	for (uint32_t kind = first; rc == 0 && kind <= last; kind++)
		rc = bench_port(bench, kind);
	return rc;
}
