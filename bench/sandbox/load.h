/*
 * A node under load: calls as fast as it can take them, or at times drawn beforehand, whatever
 * becomes of earlier ones (open loop): a latency counts from when its call was to come, so that
 * none is hidden by a caller that waits (coordinated omission).
 */
#ifndef LOAD_H
#define LOAD_H

#include "platform.h"
#include "samples.h"

struct load {
	struct platform platform;
	struct subject *subjects[PLATFORM_FUNCTIONS_MAX]; /* whose matrices are multiplied */
	uint32_t subject_count;
	uint32_t workers;
	/* Nanoseconds inside each function as of the last load_peak() or load_offer(). */
	double inside_ns[PLATFORM_FUNCTIONS_MAX]; /* median */
	double inside_mean_ns[PLATFORM_FUNCTIONS_MAX];
};

/* A node with as many workers, and the functions of these subjects. 0, or -errno with
 * load->platform.error. */
int load_open(struct load *load, struct subject *const *subjects, uint32_t count, uint32_t workers);
void load_close(struct load *load);

/* Calls a second for run_ms, or 100 ms, with more waiting than workers can take; functions in
 * turns. NAN with subjects[0]->error when one failed. */
double load_peak(struct load *load, uint32_t run_ms);

/* What came of calls at drawn times. */
struct load_result {
	uint32_t count;
	uint64_t *arrival_ns; /* from the first, as drawn: a Poisson process */
	uint32_t *function;   /* of the platform, drawn too */
	uint64_t *latency_ns; /* from the time drawn to done() */
	double rate;          /* of calls done, until the last arrival */
};

/* rate calls a second for run_ms, drawn from seed. 0, or -errno with subjects[0]->error. */
int load_offer(struct load *load, double rate, uint32_t run_ms, uint64_t seed,
	       struct load_result *result);
void load_result_free(struct load_result *result);

#endif
