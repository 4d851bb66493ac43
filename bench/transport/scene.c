/* Running the measures of one port in turns. */
#include "scene.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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
};

static const char *const worker_of[SCENE_SIDES] = {
    [SCENE_RAW] = "raw",
    [SCENE_OURS] = "link",
    [SCENE_SEALED] = "link",
};

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

static bool side_needed(const struct scene *scene, enum scene_side side)
{
	for (uint32_t i = 0; i < scene->measure_count; i++) {
		if (scene->measures[i].side == side && !scene->measures[i].failed)
			return true;
	}
	return false;
}

static void side_close(struct scene *scene, enum scene_side side)
{
	if (!scene->open[side])
		return;
	pair_close(&scene->pairs[side]);
	wiring_remove(&scene->wirings[side]);
	scene->open[side] = false;
}

static void side_open(struct scene *scene, enum scene_side side)
{
	struct wiring *wiring = &scene->wirings[side];
	struct pair_setup setups[PAIR_ROLES] = {0};
	char error[REPORT_REASON_BYTES] = "";

	if (!side_needed(scene, side))
		return;
	if (wiring_make(wiring, scene->kind, scene->mtu, error, sizeof(error)) < 0) {
		side_skip(scene, side, error);
		return;
	}
	for (uint32_t i = 0; i < PAIR_ROLES; i++) {
		snprintf(setups[i].kind, sizeof(setups[i].kind), "%s%s", worker_of[side],
			 scene->kind == WIRING_RING ? "-ring" : "");
		snprintf(setups[i].spec, sizeof(setups[i].spec), "%s", wiring->specs[i]);
		setups[i].mtu = scene->mtu;
		setups[i].sealed = side == SCENE_SEALED;
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
	/* Who timed the run says how much there was. */
	const struct pair_answer *counted =
	    answers[PAIR_RECEIVER].elapsed_ns > 0 ? &answers[PAIR_RECEIVER]
						  : &answers[PAIR_SENDER];
	double elapsed_ns = (double)counted->elapsed_ns;

	switch (figure) {
	case FIGURE_MPPS:
	case FIGURE_MRPS:
		return (double)counted->units * 1e3 / elapsed_ns;
	case FIGURE_GBIT:
		return (double)counted->bytes * 8 / elapsed_ns;
	case FIGURE_P50_US:
		return answers[PAIR_SENDER].p50_ns / 1e3;
	case FIGURE_P99_US:
		return answers[PAIR_SENDER].p99_ns / 1e3;
	case FIGURE_P999_US:
		return answers[PAIR_SENDER].p999_ns / 1e3;
	case FIGURE_RETRANSMITS:
		return (double)(answers[0].retransmits + answers[1].retransmits);
	case FIGURE_DROPS:
		return (double)(answers[0].drops + answers[1].drops);
	case FIGURE_NONE:
		break;
	}
	return NAN;
}

static void measure_record(struct scene *scene, const struct scene_measure *measure,
			   const struct pair_answer answers[PAIR_ROLES])
{
	for (uint32_t i = 0; i < SCENE_FIGURES_MAX && measure->figures[i] != FIGURE_NONE; i++) {
		enum scene_figure figure = measure->figures[i];
		char name[REPORT_NAME_BYTES];

		figure_case(measure, figure, name);
		case_sample(report_case(scene->bench->report, name, figures[figure].unit),
			    figure_value(figure, answers));
	}
}

static void measure_run(struct scene *scene, struct scene_measure *measure)
{
	struct pair_answer answers[PAIR_ROLES] = {0};
	char error[REPORT_REASON_BYTES];

	bench_progress("%s", measure->name);
	measure->order.seed++;
	if (pair_run(&scene->pairs[measure->side], &measure->order, answers, error,
		     sizeof(error)) == 0) {
		measure_record(scene, measure, answers);
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

			if (!measure->failed && scene->open[measure->side])
				measure_run(scene, measure);
		}
	}
	for (uint32_t side = 0; side < SCENE_SIDES; side++)
		side_close(scene, side);
}

void scene_relate(struct scene *scene, const char *name, const char *other, const char *label)
{
	const char *port = wiring_name(scene->kind);
	char names[2][REPORT_NAME_BYTES];
	const struct report_case *c, *limit;

	snprintf(names[0], sizeof(names[0]), "%s.%.40s", port, name);
	snprintf(names[1], sizeof(names[1]), "%s.%.40s", port, other);
	c = report_find(scene->bench->report, names[0]);
	limit = report_find(scene->bench->report, names[1]);
	if (c == NULL || limit == NULL)
		return;
	for (uint32_t i = 0; i < limit->own.sample_count; i++)
		case_against((struct report_case *)c, label, limit->own.samples[i]);
}
