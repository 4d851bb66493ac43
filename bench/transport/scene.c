/* Running the measures of one port in turns. */
#include "scene.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "steal.h"

#define OPEN_MS 1500  /* two workers, EAL and memory: about */
#define AROUND_MS 120 /* a run's: what still lies where it landed is compared */
/* Of both cores' time in a run, taken by the hypervisor: such a run says nothing of us or of a
 * limit, and is done again. Far above one tick of the kernel's clock. */
#define STOLEN_PERCENT_MAX 10
#define AGAIN_MAX 3 /* times, then it counts and is said to be disturbed */

static const struct {
	const char *suffix;
	const char *unit;
} figures[] = {
    [FIGURE_MPPS] = {"", "Mpps"},
    [FIGURE_GBIT] = {"", "Gbit/s"},
    [FIGURE_MRPS] = {"", "M requests/s"},
    [FIGURE_P50_US] = {".p50", "us one way"},
    [FIGURE_P99_US] = {".p99", "us one way"},
    [FIGURE_P999_US] = {".p99.9", "us one way"},
    [FIGURE_RETRANSMITS] = {".retransmits", "packets"},
    [FIGURE_DROPS] = {".drops", "frames"},
    [FIGURE_CPU] = {".cpu", "% of a core"},
    [FIGURE_FIRST] = {".first", "us there and back"},
    [FIGURE_FIRST_P99] = {".first.p99", "us there and back"},
};

static const char *const worker_of[SCENE_SIDES] = {
    [SCENE_RAW] = "raw",          [SCENE_OURS] = "link",
    [SCENE_SEALED] = "link",      [SCENE_RAW_CORES] = "raw-cores",
    [SCENE_CORES] = "link-cores",
};

int bench_ports(const struct bench *bench, enum wiring_kind *first, enum wiring_kind *last)
{
	const char *port = bench->options->port;
	int rc;

	*first = 0;
	*last = WIRING_KINDS - 1;
	if (port != NULL) {
		if (wiring_find(port, first) < 0) {
			fprintf(stderr,
				"millrace bench: no port \"%s\": memif, virtio_user, af_xdp, "
				"af_packet, ring or all\n",
				port);
			return -EINVAL;
		}
		*last = *first;
	}
	if (bench_planning(bench))
		return 0;
	rc = wiring_isolate();
	if (rc < 0)
		fprintf(stderr,
			"millrace bench: no network namespace (%s): what needs one is skipped\n",
			strerror(-rc));
	return 0;
}

static void figure_case(const struct scene_measure *measure, enum scene_figure figure, char *name)
{
	snprintf(name, REPORT_NAME_BYTES, "%.40s%s", measure->name, figures[figure].suffix);
}

static bool measure_wanted(const struct scene *scene, const struct scene_measure *measure)
{
	char name[REPORT_NAME_BYTES];

	for (uint32_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		if (figures[i].suffix == NULL)
			continue;
		figure_case(measure, i, name);
		if (bench_wants(scene->bench, name))
			return true;
	}
	return false;
}

struct scene_measure *scene_add(struct scene *scene, enum scene_side side, const char *name,
				const struct pair_order *order)
{
	struct scene_measure *measure = &scene->measures[scene->measure_count];

	*measure = (struct scene_measure){.side = side, .order = *order};
	snprintf(measure->name, sizeof(measure->name), "%s.%s", wiring_name(scene->kind), name);
	if (scene->measure_count == SCENE_MEASURES_MAX || !measure_wanted(scene, measure))
		return NULL;
	measure->order.warm_ms = scene->bench->options->run_ms / 3;
	measure->order.run_ms = scene->bench->options->run_ms;
	scene->measure_count++;
	return measure;
}

void measure_figure(struct scene_measure *measure, enum scene_figure figure)
{
	for (uint32_t i = 0; measure != NULL && i < SCENE_FIGURES_MAX; i++) {
		if (measure->figures[i] == FIGURE_NONE) {
			measure->figures[i] = figure;
			return;
		}
	}
}

static void measure_skip(struct scene *scene, struct scene_measure *measure, const char *reason)
{
	char name[REPORT_NAME_BYTES];

	for (uint32_t i = 0; i < SCENE_FIGURES_MAX && measure->figures[i] != FIGURE_NONE; i++) {
		figure_case(measure, measure->figures[i], name);
		report_skip(scene->bench->report, name, "%s", reason);
	}
	measure->failed = true;
}

/* --- Sides ----------------------------------------------------------------------------------- */

static void side_skip(struct scene *scene, enum scene_side side, const char *reason)
{
	for (uint32_t i = 0; i < scene->measure_count; i++) {
		if (scene->measures[i].side == side)
			measure_skip(scene, &scene->measures[i], reason);
	}
}

/* The first that needs this side; NULL: none does. */
static const struct scene_measure *side_first(const struct scene *scene, enum scene_side side)
{
	for (uint32_t i = 0; i < scene->measure_count; i++) {
		if (scene->measures[i].side == side && !scene->measures[i].failed)
			return &scene->measures[i];
	}
	return NULL;
}

static void side_close(struct scene *scene, enum scene_side side)
{
	if (!scene->open[side])
		return;
	pair_close(&scene->pairs[side]);
	wiring_remove(&scene->wirings[side]);
	scene->open[side] = false;
}

/* The product's port is told its MTU; DPDK's drivers have their own ways, or none. */
static void side_spec(const struct scene *scene, enum scene_side side, const char *spec,
		      char full[PAIR_SPEC_BYTES])
{
	bool raw = side == SCENE_RAW || side == SCENE_RAW_CORES;
	bool tell = !raw && scene->kind != WIRING_RING;
	char mtu[32] = "";

	if (tell)
		snprintf(mtu, sizeof(mtu), ",mtu=%u", scene->mtu);
	/* Ours asks for as many queues as it needs by itself; memif needs no word. */
	if (side == SCENE_RAW_CORES && scene->kind == WIRING_VIRTIO_USER)
		snprintf(mtu, sizeof(mtu), ",queues=%u", SCENE_CORES_COUNT);
	snprintf(full, PAIR_SPEC_BYTES, "%.400s%s", spec, mtu);
}

static uint32_t side_cores(enum scene_side side)
{
	return side == SCENE_RAW_CORES || side == SCENE_CORES ? SCENE_CORES_COUNT : 0;
}

static void side_open(struct scene *scene, enum scene_side side)
{
	struct wiring *wiring = &scene->wirings[side];
	struct pair_setup setups[PAIR_ROLES] = {0};
	const struct scene_measure *first;
	char error[REPORT_REASON_BYTES] = "";

	first = side_first(scene, side);
	if (first == NULL || !bench_step(scene->bench, first->name, 0, OPEN_MS))
		return;
	if (side_cores(side) > 0 && process_core(2 * SCENE_CORES_COUNT - 1) < 0) {
		snprintf(error, sizeof(error), "%u cores are needed: one for each queue of an end",
			 2 * SCENE_CORES_COUNT);
		side_skip(scene, side, error);
		return;
	}
	if (wiring_make(wiring, scene->kind, scene->mtu, error, sizeof(error)) < 0) {
		side_skip(scene, side, error);
		return;
	}
	for (uint32_t i = 0; i < PAIR_ROLES; i++) {
		snprintf(setups[i].kind, sizeof(setups[i].kind), "%s%s", worker_of[side],
			 scene->kind == WIRING_RING ? "-ring" : "");
		side_spec(scene, side, wiring->specs[i], setups[i].spec);
		setups[i].mtu = scene->mtu;
		setups[i].sleeps = scene->sleeps;
		setups[i].sealed = side == SCENE_SEALED;
		setups[i].cores = side_cores(side);
	}
	if (pair_open(&scene->pairs[side], setups, error, sizeof(error)) < 0) {
		side_skip(scene, side, error);
		wiring_remove(wiring);
		return;
	}
	scene->open[side] = true;
}

/* --- Runs ------------------------------------------------------------------------------------ */

static double figure_value(enum scene_figure figure, const struct pair_answer answers[PAIR_ROLES])
{
	const struct pair_answer *sender = &answers[PAIR_SENDER];
	const struct pair_answer *receiver = &answers[PAIR_RECEIVER];

	switch (figure) {
	case FIGURE_MPPS:
		return (double)receiver->units * 1e3 / (double)receiver->elapsed_ns;
	case FIGURE_MRPS: /* those that were answered */
		return (double)sender->units * 1e3 / (double)sender->elapsed_ns;
	case FIGURE_GBIT:
		return (double)receiver->bytes * 8 / (double)receiver->elapsed_ns;
	case FIGURE_P50_US:
		return sender->p50_ns / 1e3;
	case FIGURE_P99_US:
		return sender->p99_ns / 1e3;
	case FIGURE_P999_US:
		return sender->p999_ns / 1e3;
	case FIGURE_RETRANSMITS:
		return (double)(sender->retransmits + receiver->retransmits);
	case FIGURE_DROPS:
		return (double)(sender->drops + receiver->drops);
	case FIGURE_CPU:
		return (double)receiver->cpu_ns * 100 / (double)receiver->elapsed_ns;
	case FIGURE_FIRST:
		return sender->p50_ns * 2 / 1e3;
	case FIGURE_FIRST_P99:
		return sender->p99_ns * 2 / 1e3;
	case FIGURE_NONE:
		break;
	}
	return NAN;
}

static void measure_record(struct scene *scene, const struct scene_measure *measure, uint32_t run,
			   const struct pair_answer answers[PAIR_ROLES])
{
	for (uint32_t i = 0; i < SCENE_FIGURES_MAX && measure->figures[i] != FIGURE_NONE; i++) {
		enum scene_figure figure = measure->figures[i];
		struct report_case *c;
		char name[REPORT_NAME_BYTES];

		figure_case(measure, figure, name);
		c = report_case(scene->bench->report, name, figures[figure].unit);
		case_sample(c, figure_value(figure, answers));
		if (measure->disturbed > 0 && run + 1 == scene->bench->options->runs)
			case_note(c, "in %u runs the hypervisor took more than %u %% of the cores",
				  measure->disturbed, STOLEN_PERCENT_MAX);
	}
}

/* One run that had its cores, or the last of several tries. */
static int measure_try(struct scene *scene, struct scene_measure *measure, uint32_t expected_ms,
		       struct pair_answer answers[PAIR_ROLES], char *error, size_t error_bytes)
{
	for (uint32_t again = 0;; again++) {
		uint64_t start_ns = process_now_ns();
		uint64_t stolen_ns = steal_ns();
		int rc;

		memset(answers, 0, PAIR_ROLES * sizeof(answers[0]));
		measure->order.seed++;
		rc = pair_run(&scene->pairs[measure->side], &measure->order, answers, error,
			      error_bytes);
		stolen_ns = (steal_ns() - stolen_ns) * 100 / PAIR_ROLES;
		if (rc < 0 || stolen_ns <= (process_now_ns() - start_ns) * STOLEN_PERCENT_MAX)
			return rc;
		if (again == AGAIN_MAX || !bench_again(scene->bench, expected_ms)) {
			measure->disturbed++;
			return 0;
		}
	}
}

static void measure_run(struct scene *scene, struct scene_measure *measure, uint32_t run)
{
	uint32_t expected_ms = measure->order.warm_ms + measure->order.run_ms + AROUND_MS;
	struct pair_answer answers[PAIR_ROLES];
	char error[REPORT_REASON_BYTES];

	if (!bench_step(scene->bench, measure->name, run, expected_ms))
		return;
	if (!scene->open[measure->side])
		return; /* its side could not be opened again */
	if (measure_try(scene, measure, expected_ms, answers, error, sizeof(error)) == 0) {
		measure_record(scene, measure, run, answers);
		return;
	}
	/* Its workers may be in any state: they are no good for the other measures either. */
	measure_skip(scene, measure, error);
	side_close(scene, measure->side);
	side_open(scene, measure->side);
}

void scene_run(struct scene *scene)
{
	for (uint32_t side = 0; side < SCENE_SIDES; side++)
		side_open(scene, side);
	for (uint32_t run = 0; run < scene->bench->options->runs; run++) {
		for (uint32_t i = 0; i < scene->measure_count; i++) {
			struct scene_measure *measure = &scene->measures[i];

			if (!measure->failed)
				measure_run(scene, measure, run);
		}
	}
	for (uint32_t side = 0; side < SCENE_SIDES; side++)
		side_close(scene, side);
}

static void port_name(const struct scene *scene, const char *name, char *full)
{
	snprintf(full, REPORT_NAME_BYTES, "%s.%.40s", wiring_name(scene->kind), name);
}

void scene_relate(struct scene *scene, const char *name, const char *other, const char *label)
{
	char names[2][REPORT_NAME_BYTES];

	port_name(scene, name, names[0]);
	port_name(scene, other, names[1]);
	bench_beside(scene->bench, names[0], names[1], label);
}

void scene_relate_peer(struct scene *scene, const char *name, const char *peer, const char *label)
{
	char full[REPORT_NAME_BYTES];

	port_name(scene, name, full);
	bench_beside(scene->bench, full, peer, label);
}

void scene_bar(struct scene *scene, const char *name, const char *label, enum report_sense sense,
	       double bar, const char *text)
{
	char full[REPORT_NAME_BYTES];
	char line[REPORT_REASON_BYTES];

	port_name(scene, name, full);
	snprintf(line, sizeof(line), "%s, %s", text, full);
	report_bar(scene->bench->report, line, full, label, sense, bar);
}
