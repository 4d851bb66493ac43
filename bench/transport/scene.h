/*
 * A scene: one kind of port at one MTU, with a pair of workers for each thing measured on it, and
 * what is measured. Runs of all measures take turns, so that what the machine does meanwhile falls
 * on limit and product alike.
 */
#ifndef SCENE_H
#define SCENE_H

#include "bench.h"
#include "wiring.h"
#include "worker_pair.h"

#define SCENE_MEASURES_MAX 64
#define SCENE_FIGURES_MAX 5
#define SCENE_CORES_COUNT 2 /* of each end, of SCENE_CORES and SCENE_RAW_CORES */

enum scene_side {
	SCENE_RAW,
	SCENE_OURS,
	SCENE_SEALED,    /* ours, frames sealed */
	SCENE_RAW_CORES, /* several queues, a core for each on both ends */
	SCENE_CORES,
	SCENE_SIDES
};

enum scene_figure {
	FIGURE_NONE,
	FIGURE_MPPS,
	FIGURE_GBIT,
	FIGURE_MRPS,
	FIGURE_P50_US,
	FIGURE_P99_US,
	FIGURE_P999_US,
	FIGURE_RETRANSMITS,
	FIGURE_DROPS,
	FIGURE_CPU,       /* of the receiver */
	FIGURE_FIRST,     /* a message to who may be asleep, and its answer */
	FIGURE_FIRST_P99, /* the same at its worst */
};

/* One order, and the cases that its answers make: NAME or NAME.SUFFIX for each figure. */
struct scene_measure {
	char name[REPORT_NAME_BYTES];
	enum scene_side side;
	struct pair_order order;
	enum scene_figure figures[SCENE_FIGURES_MAX];
	bool failed;        /* it was skipped in the middle: not asked again */
	uint32_t disturbed; /* runs that count though the cores were taken away meanwhile */
};

struct scene {
	struct bench *bench;
	enum wiring_kind kind;
	uint32_t mtu;
	bool sleeps; /* receivers may; else they poll without end */
	struct scene_measure measures[SCENE_MEASURES_MAX];
	uint32_t measure_count;
	struct pair pairs[SCENE_SIDES];
	struct wiring wirings[SCENE_SIDES];
	bool open[SCENE_SIDES];
};

/* Enters a network namespace where that is allowed, and finds which kinds of port are asked for:
 * first to last. 0, or -EINVAL with the error printed. */
int bench_ports(const struct bench *bench, enum wiring_kind *first, enum wiring_kind *last);

/* Adds a measure unless its name is not asked for; NULL then. The name gets "PORT." before it. */
struct scene_measure *scene_add(struct scene *scene, enum scene_side side, const char *name,
				const struct pair_order *order);
void measure_figure(struct scene_measure *measure, enum scene_figure figure);

/* Opens what the measures need, runs them in turns, closes; what cannot be is skipped, with its
 * reason, in the report. */
void scene_run(struct scene *scene);

/* Puts the samples of case `other` beside `name` as `label`, when both were measured. */
void scene_relate(struct scene *scene, const char *name, const char *other, const char *label);
/* The same with a case that is no port's: a peer's. */
void scene_relate_peer(struct scene *scene, const char *name, const char *peer, const char *label);
/* Holds the ratio of `name` to what it was related to as `label` to a bar. */
void scene_bar(struct scene *scene, const char *name, const char *label, enum report_sense sense,
	       double bar, const char *text);

#endif
