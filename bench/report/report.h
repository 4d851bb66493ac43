/*
 * The figures of one benchmark: cases with one sample for each run, each beside the limits and
 * peers that were measured in the same run, and the bars that some of their ratios are held to.
 *
 * Not thread-safe. Names and units are copied; a report is bounded by MR_BENCH_*_MAX.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <millrace/limits.h>

#define REPORT_NAME_BYTES 64
#define REPORT_REASON_BYTES 512

struct report_series {
	char name[REPORT_NAME_BYTES];
	double samples[MR_BENCH_RUNS_MAX]; /* in the unit of the case, in the order of runs */
	uint32_t sample_count;
};

struct report_case {
	char name[REPORT_NAME_BYTES];
	char unit[REPORT_NAME_BYTES];
	char note[REPORT_REASON_BYTES]; /* what a reader must know of it; empty: nothing */
	struct report_series own;
	struct report_series against[MR_BENCH_AGAINST_MAX];
	uint32_t against_count;
};

enum report_sense { REPORT_AT_LEAST, REPORT_AT_MOST };

/* A figure asked for: own median over against's (or own median itself), and where it must lie. */
struct report_bar {
	char text[REPORT_REASON_BYTES];
	char name[REPORT_NAME_BYTES];    /* of the case */
	char against[REPORT_NAME_BYTES]; /* empty: the median itself is held to the bar */
	enum report_sense sense;
	double bar;
};

struct report_skip {
	char name[REPORT_NAME_BYTES];
	char reason[REPORT_REASON_BYTES];
};

struct report {
	char bench[REPORT_NAME_BYTES];
	struct report_case cases[MR_BENCH_CASES_MAX];
	uint32_t case_count;
	struct report_bar bars[MR_BENCH_CASES_MAX];
	uint32_t bar_count;
	struct report_skip skips[MR_BENCH_CASES_MAX];
	uint32_t skip_count;
};

/* 0 or -ENOMEM. */
int report_create(struct report **report, const char *bench);
void report_destroy(struct report **report);

/* The case of that name, made when it is new. Never NULL: too many is a bug of the benchmark. */
struct report_case *report_case(struct report *report, const char *name, const char *unit);
/* NULL when nothing of that name was measured. */
const struct report_case *report_find(const struct report *report, const char *name);
void case_sample(struct report_case *c, double value);
/* One more sample of a limit or peer, in the unit of the case. */
void case_against(struct report_case *c, const char *name, double value);
/* Added to what is noted already; the same again says nothing. */
void case_note(struct report_case *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A case that cannot be measured here, and why. The first reason given for a name stays. */
void report_skip(struct report *report, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const struct report_skip *report_skip_find(const struct report *report, const char *name);

void report_bar(struct report *report, const char *text, const char *name, const char *against,
		enum report_sense sense, double bar);

double series_median(const struct report_series *series);
double series_min(const struct report_series *series);
double series_max(const struct report_series *series);
/* Own median over that of against; NAN when either is missing. */
double case_ratio(const struct report_case *c, const char *against);

/* The whole report as one JSON object and a newline. 0 or -ENOMEM. */
int report_print_json(const struct report *report, FILE *file);
/* For people: one line a case, then what was skipped. */
void report_print_text(const struct report *report, FILE *file);
/* What a bar holds: NAN when it was not measured. */
double bar_figure(const struct report *report, const struct report_bar *bar);
bool bar_met(const struct report_bar *bar, double figure);
/* Each bar and its figure. Returns how many figures fall short; *measured: how many there were. */
uint32_t report_check(const struct report *report, FILE *file, uint32_t *measured);

#endif
