/* What a benchmark gets: the options of `millrace bench NAME`, and the report to fill. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"

#define BENCH_SIZES_MAX 16
#define BENCH_MESSAGE_BYTES_MAX (64u << 20) /* what a receiver has room for */

struct bench_options {
	uint32_t runs;
	uint32_t run_ms;
	const char *pattern;             /* of case names, as the shell's; NULL: all */
	const char *port;                /* NULL: all */
	uint32_t mib;                    /* of text */
	const char *poll;                /* the polling mode; NULL: all */
	uint64_t sizes[BENCH_SIZES_MAX]; /* bytes of messages; size_count 0: the usual ones */
	uint32_t size_count;
	bool json;
	bool check;
	bool quick; /* what was disturbed is not measured again */
};

struct bench_plan;

struct bench {
	const struct bench_options *options;
	struct report *report;
	struct bench_plan *plan; /* of what is being measured: bench.c's */
};

/* Is that case asked for: by --case, or by a bar where there is only --check? */
bool bench_wants(const struct bench *bench, const char *name);
/*
 * A benchmark is run twice: first only to learn what there is to measure, so that a terminal can be
 * told how far it is. Before each step it asks; false: it is being planned, do nothing. name is
 * what is measured, run counts from 0, expected_ms is about how long it takes.
 */
bool bench_step(struct bench *bench, const char *name, uint32_t run, uint32_t expected_ms);
/* A step that was disturbed: may it be done again, which takes expected_ms? All of these together
 * take at most as long again as the benchmark. */
bool bench_again(struct bench *bench, uint32_t expected_ms);
bool bench_planning(const struct bench *bench);

/* Puts the samples of case `other` beside `name` as `label`, when both were measured: what a bar of
 * `name` over `label` needs. */
void bench_beside(struct bench *bench, const char *name, const char *other, const char *label);

/* Runs a benchmark: plans, measures, keeps the line of progress. Its result. */
int bench_measure(struct bench *bench, int (*run)(struct bench *bench));

/* Fills the report; 0 or -errno with the error printed. Called by bench_measure(). */
int bench_transport(struct bench *bench);
int bench_polling(struct bench *bench);
int bench_wordcount(struct bench *bench);
int bench_sandbox(struct bench *bench);
int bench_operators(struct bench *bench);

#endif
