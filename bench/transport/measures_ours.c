/* The product: bulk, ping-pong, requests, small beside bulk, loss; and the bars it is held to. */
#include <stdio.h>

#include "measures.h"

#define BULK_BYTES (1u << 20)
#define BULK_WINDOW 4
#define SMALL_BYTES 1024 /* of a message beside bulk */
#define REQUEST_BYTES 64
#define REQUEST_WINDOW 64

/* Of received frames, dropped on purpose by the receiver's link. */
static const struct {
	uint32_t ppm;
	const char *percent;
} losses[] = {{1000, "0.1"}, {10000, "1"}, {50000, "5"}};

#define LOSS_COUNT (sizeof(losses) / sizeof(losses[0]))

static bool at_first_mtu(const struct scene *scene)
{
	return scene->mtu == MR_MTU_DEFAULT;
}

/* --- What is measured ------------------------------------------------------------------------ */

static void bulk_add(struct scene *scene, enum scene_side side, const struct pair_order *order,
		     const char *suffix)
{
	struct scene_measure *measure;
	char name[REPORT_NAME_BYTES];

	snprintf(name, sizeof(name), "bulk.%u%.32s", scene->mtu, suffix);
	measure = scene_add(scene, side, name, order);
	measure_figure(measure, FIGURE_GBIT);
	measure_figure(measure, FIGURE_RETRANSMITS);
	measure_figure(measure, FIGURE_DROPS);
}

static void add_bulk(struct scene *scene)
{
	struct pair_order order = {
	    .pattern = PAIR_FLOOD, .message_bytes = BULK_BYTES, .window = BULK_WINDOW};
	char suffix[32];

	bulk_add(scene, SCENE_OURS, &order, "");
	bulk_add(scene, SCENE_SEALED, &order, ".sealed");
	for (size_t i = 0; i < LOSS_COUNT && at_first_mtu(scene); i++) {
		order.loss_ppm = losses[i].ppm;
		snprintf(suffix, sizeof(suffix), ".loss-%s%%", losses[i].percent);
		bulk_add(scene, SCENE_OURS, &order, suffix);
	}
}

static void add_stream(struct scene *scene, uint32_t bytes)
{
	struct pair_order order = {
	    .pattern = PAIR_FLOOD, .message_bytes = bytes, .window = REQUEST_WINDOW};
	char name[REPORT_NAME_BYTES];

	while (order.window > 1 && (uint64_t)order.window * bytes > BULK_WINDOW * BULK_BYTES)
		order.window /= 2;
	snprintf(name, sizeof(name), "stream.%u", bytes);
	measure_figure(scene_add(scene, SCENE_OURS, name, &order), FIGURE_GBIT);
}

static void add_pingpong(struct scene *scene, uint32_t bytes)
{
	struct pair_order order = {.pattern = PAIR_PINGPONG, .message_bytes = bytes, .window = 1};
	struct scene_measure *measure;
	char name[REPORT_NAME_BYTES];

	snprintf(name, sizeof(name), "pingpong.%u", bytes);
	measure = scene_add(scene, SCENE_OURS, name, &order);
	measure_figure(measure, FIGURE_P50_US);
	measure_figure(measure, FIGURE_P99_US);
	measure_figure(measure, FIGURE_P999_US);
}

static void add_requests(struct scene *scene)
{
	struct pair_order order = {
	    .pattern = PAIR_REQUESTS, .message_bytes = REQUEST_BYTES, .window = REQUEST_WINDOW};

	measure_figure(scene_add(scene, SCENE_OURS, "requests.64", &order), FIGURE_MRPS);
}

static void add_beside(struct scene *scene)
{
	struct pair_order order = {.pattern = PAIR_BESIDE,
				   .message_bytes = BULK_BYTES,
				   .small_bytes = SMALL_BYTES,
				   .window = BULK_WINDOW};
	struct scene_measure *measure = scene_add(scene, SCENE_OURS, "beside", &order);

	measure_figure(measure, FIGURE_P50_US);
	measure_figure(measure, FIGURE_P99_US);
	measure_figure(measure, FIGURE_GBIT);
}

/* What --sizes asks for, or the usual ones. */
static void add_sizes(struct scene *scene)
{
	static const uint64_t usual[] = {32, 256, 1024, 4096, 16384, 65536, 1 << 20};
	const struct bench_options *options = scene->bench->options;
	const uint64_t *sizes = options->size_count > 0 ? options->sizes : usual;
	size_t count =
	    options->size_count > 0 ? options->size_count : sizeof(usual) / sizeof(usual[0]);

	for (size_t i = 0; i < count; i++) {
		if (sizes[i] <= 65536)
			add_pingpong(scene, (uint32_t)sizes[i]);
		add_stream(scene, (uint32_t)sizes[i]);
	}
}

void measures_ours(struct scene *scene)
{
	add_bulk(scene);
	if (!at_first_mtu(scene))
		return;
	add_requests(scene);
	add_beside(scene);
	add_sizes(scene);
}

/* --- What it is held to: the numbers are those of issue 3 --------------------------------------
 */

static void relate_bulk(struct scene *scene)
{
	char name[REPORT_NAME_BYTES];
	char limit[REPORT_NAME_BYTES];

	snprintf(name, sizeof(name), "bulk.%u", scene->mtu);
	snprintf(limit, sizeof(limit), "raw.%u.copied", scene->mtu);
	scene_relate(scene, name, limit, "raw, copied");
	snprintf(limit, sizeof(limit), "raw.%u", scene->mtu);
	scene_relate(scene, name, limit, "raw, untouched");
	if (scene->kind == WIRING_MEMIF || scene->kind == WIRING_VIRTIO_USER)
		scene_bar(scene, name, "raw, copied", REPORT_AT_LEAST, 0.85,
			  "1: bulk over raw bursts that are copied once");
	if (scene->kind != WIRING_AF_XDP || !at_first_mtu(scene))
		return;
	scene_relate_peer(scene, name, "peer.tcp.bulk.no-offloads", "tcp, no offloads");
	scene_relate_peer(scene, name, "peer.tcp.bulk", "tcp");
	scene_bar(scene, name, "raw, copied", REPORT_AT_LEAST, 0.9,
		  "4: bulk over raw bursts that are copied once");
	scene_bar(scene, name, "tcp, no offloads", REPORT_AT_LEAST, 1,
		  "4: bulk over kernel TCP without segmentation offloads");
}

static void relate_sealed(struct scene *scene)
{
	char name[REPORT_NAME_BYTES];
	char clear[REPORT_NAME_BYTES];

	snprintf(name, sizeof(name), "bulk.%u.sealed", scene->mtu);
	snprintf(clear, sizeof(clear), "bulk.%u", scene->mtu);
	scene_relate(scene, name, clear, "clear");
	if (scene->kind == WIRING_MEMIF && at_first_mtu(scene))
		scene_bar(scene, name, "clear", REPORT_AT_LEAST, 0.4,
			  "8: sealed bulk over clear bulk");
}

static void relate_pingpong(struct scene *scene)
{
	scene_relate(scene, "pingpong.32.p50", "raw.pingpong.p50", "raw");
	scene_relate(scene, "pingpong.32.p99", "raw.pingpong.p99", "raw");
	scene_relate(scene, "pingpong.32.p99", "pingpong.32.p50", "p50");
	if (scene->kind == WIRING_MEMIF) {
		scene_bar(scene, "pingpong.32.p50", "raw", REPORT_AT_MOST, 1.5,
			  "2: ping-pong over a raw frame's");
		scene_bar(scene, "pingpong.32.p99", "p50", REPORT_AT_MOST, 3,
			  "2: ping-pong's p99 over its p50");
	}
	if (scene->kind != WIRING_AF_XDP)
		return;
	scene_relate_peer(scene, "pingpong.32.p50", "peer.tcp.pingpong.p50", "tcp");
	scene_relate_peer(scene, "pingpong.32.p50", "peer.udp.pingpong.p50", "udp");
	scene_bar(scene, "pingpong.32.p50", "tcp", REPORT_AT_MOST, 1,
		  "2: ping-pong over kernel TCP's");
	scene_bar(scene, "pingpong.32.p50", "udp", REPORT_AT_MOST, 1,
		  "2: ping-pong over kernel UDP's");
}

static void relate_requests(struct scene *scene)
{
	scene_relate(scene, "requests.64", "raw.64", "raw");
	if (scene->kind != WIRING_RING)
		scene_bar(scene, "requests.64", "raw", REPORT_AT_LEAST, 0.2,
			  "3: requests over raw 64 B frames");
}

static void relate_losses(struct scene *scene)
{
	char name[REPORT_NAME_BYTES];

	for (size_t i = 0; i < LOSS_COUNT; i++) {
		snprintf(name, sizeof(name), "bulk.1500.loss-%s%%", losses[i].percent);
		scene_relate(scene, name, "bulk.1500", "no loss");
	}
	if (scene->kind == WIRING_MEMIF)
		scene_bar(scene, "bulk.1500.loss-1%", "no loss", REPORT_AT_LEAST, 0.6,
			  "7: bulk with 1 % loss over bulk without");
}

void relations_ours(struct scene *scene)
{
	relate_bulk(scene);
	relate_sealed(scene);
	if (!at_first_mtu(scene))
		return;
	relate_pingpong(scene);
	relate_requests(scene);
	scene_relate(scene, "beside.p99", "pingpong.1024.p99", "alone");
	scene_relate(scene, "beside", "bulk.1500", "bulk alone");
	relate_losses(scene);
}
