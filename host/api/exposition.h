/*
 * Writes the Prometheus text format, version 0.0.4: families of samples, each with its type and
 * help.
 *
 * A name that ends in _ns is written as _seconds, as Prometheus wants base units, and its values
 * are divided without rounding. Counters get their _total. Names are [a-z0-9_], label values must
 * not need escapes.
 *
 * Source: prometheus.io/docs/instrumenting/exposition_formats.
 */
#ifndef EXPOSITION_H
#define EXPOSITION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "histogram.h"

enum exposition_type { EXPOSITION_COUNTER, EXPOSITION_GAUGE, EXPOSITION_HISTOGRAM };

struct exposition {
	FILE *out;
	const char *labels; /* of every sample: a="b",c="d" */
	/* Of the family that was begun last. */
	enum exposition_type type;
	bool nanoseconds; /* its values are, and are written as seconds */
	char name[128];   /* whole */
};

/* Begins the family millrace_GROUP_NAME (millrace_NAME without a group); all its samples follow.
 * Its help is its name in words, behind what. */
void exposition_family(struct exposition *exposition, enum exposition_type type, const char *group,
		       const char *name, const char *what);
/* more_labels: beside the common ones; empty for none. */
void exposition_sample(struct exposition *exposition, const char *more_labels, uint64_t value);
/* A whole family of one histogram, with buckets that end at each power of 2 from bits_first to
 * bits_last, bits_step apart. */
void exposition_histogram(struct exposition *exposition, const char *name, const char *what,
			  const struct histogram *histogram, uint32_t bits_first,
			  uint32_t bits_last, uint32_t bits_step);

#endif
