/* `millrace bench transport`: which scenes there are and what is measured on each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "measures.h"
#include "peers.h"
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
	scene_run(scene);
	relations_raw(scene);
	peers_testpmd(bench, kind, mtu);
	free(scene);
}

int bench_transport(struct bench *bench)
{
	static const uint32_t mtus[] = {1500, 9000};
	const char *port = bench->options->port;
	enum wiring_kind only = WIRING_KINDS;
	int rc;

	if (port != NULL && wiring_find(port, &only) < 0) {
		fprintf(stderr,
			"millrace bench: no port \"%s\": memif, virtio_user, af_xdp, af_packet, ring "
			"or all\n",
			port);
		return -EINVAL;
	}
	rc = wiring_isolate();
	if (rc < 0)
		fprintf(stderr,
			"millrace bench: no network namespace (%s): what needs one is skipped\n",
			strerror(-rc));
	peers_run(bench);
	for (uint32_t kind = 0; kind < WIRING_KINDS; kind++) {
		for (uint32_t i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
			if (only == WIRING_KINDS || only == kind)
				scene_play(bench, kind, mtus[i]);
		}
	}
	return 0;
}
