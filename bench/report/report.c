/* Cases, samples and their medians. */
#include "report.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int report_create(struct report **report, const char *bench)
{
	*report = calloc(1, sizeof(**report));
	if (*report == NULL)
		return -ENOMEM;
	snprintf((*report)->bench, sizeof((*report)->bench), "%s", bench);
	return 0;
}

void report_destroy(struct report **report)
{
	free(*report);
	*report = NULL;
}

const struct report_case *report_find(const struct report *report, const char *name)
{
	for (uint32_t i = 0; i < report->case_count; i++) {
		if (strcmp(report->cases[i].name, name) == 0)
			return &report->cases[i];
	}
	return NULL;
}

struct report_case *report_case(struct report *report, const char *name, const char *unit)
{
	struct report_case *c = (struct report_case *)report_find(report, name);

	if (c != NULL)
		return c;
	assert(report->case_count < MR_BENCH_CASES_MAX);
	c = &report->cases[report->case_count++];
	snprintf(c->name, sizeof(c->name), "%s", name);
	snprintf(c->unit, sizeof(c->unit), "%s", unit);
	return c;
}

static void series_sample(struct report_series *series, double value)
{
	assert(series->sample_count < MR_BENCH_RUNS_MAX);
	series->samples[series->sample_count++] = value;
}

void case_sample(struct report_case *c, double value)
{
	series_sample(&c->own, value);
}

static struct report_series *against_find(const struct report_case *c, const char *name)
{
	for (uint32_t i = 0; i < c->against_count; i++) {
		if (strcmp(c->against[i].name, name) == 0)
			return (struct report_series *)&c->against[i];
	}
	return NULL;
}

void case_against(struct report_case *c, const char *name, double value)
{
	struct report_series *series = against_find(c, name);

	if (series == NULL) {
		assert(c->against_count < MR_BENCH_AGAINST_MAX);
		series = &c->against[c->against_count++];
		snprintf(series->name, sizeof(series->name), "%s", name);
	}
	series_sample(series, value);
}

void case_note(struct report_case *c, const char *format, ...)
{
	size_t used = strlen(c->note);
	char note[REPORT_REASON_BYTES];
	va_list ap;

	va_start(ap, format);
	vsnprintf(note, sizeof(note), format, ap);
	va_end(ap);
	if (strstr(c->note, note) != NULL)
		return;
	snprintf(c->note + used, sizeof(c->note) - used, "%s%s", used > 0 ? "; " : "", note);
}

const struct report_skip *report_skip_find(const struct report *report, const char *name)
{
	for (uint32_t i = 0; i < report->skip_count; i++) {
		if (strcmp(report->skips[i].name, name) == 0)
			return &report->skips[i];
	}
	return NULL;
}

void report_skip(struct report *report, const char *name, const char *format, ...)
{
	struct report_skip *skip;
	va_list ap;

	if (report_skip_find(report, name) != NULL)
		return;
	assert(report->skip_count < MR_BENCH_CASES_MAX);
	skip = &report->skips[report->skip_count++];
	snprintf(skip->name, sizeof(skip->name), "%s", name);
	va_start(ap, format);
	vsnprintf(skip->reason, sizeof(skip->reason), format, ap);
	va_end(ap);
}

void report_bar(struct report *report, const char *text, const char *name, const char *against,
		enum report_sense sense, double bar)
{
	struct report_bar *b;

	assert(report->bar_count < MR_BENCH_CASES_MAX);
	b = &report->bars[report->bar_count++];
	snprintf(b->text, sizeof(b->text), "%s", text);
	snprintf(b->name, sizeof(b->name), "%s", name);
	snprintf(b->against, sizeof(b->against), "%s", against == NULL ? "" : against);
	b->sense = sense;
	b->bar = bar;
}

static int double_order(const void *a, const void *b)
{
	double left = *(const double *)a;
	double right = *(const double *)b;

	return (left > right) - (left < right);
}

/* Of an even number, the mean of the middle two. */
double series_median(const struct report_series *series)
{
	double sorted[MR_BENCH_RUNS_MAX];
	uint32_t n = series->sample_count;

	if (n == 0)
		return NAN;
	memcpy(sorted, series->samples, n * sizeof(sorted[0]));
	qsort(sorted, n, sizeof(sorted[0]), double_order);
	return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

double series_min(const struct report_series *series)
{
	double least = series->sample_count == 0 ? NAN : series->samples[0];

	for (uint32_t i = 1; i < series->sample_count; i++)
		least = fmin(least, series->samples[i]);
	return least;
}

double series_max(const struct report_series *series)
{
	double most = series->sample_count == 0 ? NAN : series->samples[0];

	for (uint32_t i = 1; i < series->sample_count; i++)
		most = fmax(most, series->samples[i]);
	return most;
}

double case_ratio(const struct report_case *c, const char *against)
{
	const struct report_series *series = against_find(c, against);
	double under = series == NULL ? NAN : series_median(series);

	return under > 0 ? series_median(&c->own) / under : NAN;
}

double bar_figure(const struct report *report, const struct report_bar *bar)
{
	const struct report_case *c = report_find(report, bar->name);

	if (c == NULL)
		return NAN;
	return bar->against[0] == '\0' ? series_median(&c->own) : case_ratio(c, bar->against);
}

bool bar_met(const struct report_bar *bar, double figure)
{
	return bar->sense == REPORT_AT_LEAST ? figure >= bar->bar : figure <= bar->bar;
}
