/* `millrace bench transport`: which scenes there are and what is measured on each. */
#include <stdlib.h>

#include "bench.h"
#include "handover_cases.h"
#include "measures.h"
#include "peers.h"
#include "rack_cases.h"
#include "scene.h"

static void scene_play(struct bench *bench, enum wiring_kind kind, uint32_t mtu)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (scene == NULL) {
		report_skip(bench->report, wiring_name(kind), "no memory");
		return;
	}
	scene->bench = bench;
	scene->kind = kind;
	scene->mtu = mtu;
	measures_raw(scene);
	measures_ours(scene);
	measures_cores(scene);
	scene_run(scene);
	relations_raw(scene);
	relations_ours(scene);
	relations_cores(scene);
	peers_testpmd(bench, kind, mtu);
	free(scene);
}

int bench_transport(struct bench *bench)
{
	static const uint32_t mtus[] = {MR_MTU_DEFAULT, 9000};
	enum wiring_kind first, last;
	int rc = bench_ports(bench, &first, &last);

	if (rc < 0)
		return rc;
	peers_run(bench);
	handover_cases(bench);
	rack_run(bench);
	for (uint32_t kind = first; kind <= last; kind++) {
		for (uint32_t i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++)
			scene_play(bench, kind, mtus[i]);
	}
	return 0;
}
