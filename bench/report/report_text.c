/* A report for people: the table of cases, and the bars of --check. */
#include <math.h>

#include "report.h"

static void case_print(const struct report_case *c, FILE *file)
{
	fprintf(file, "%-44s %10.4g %-12s (%.4g to %.4g, %u runs)\n", c->name,
		series_median(&c->own), c->unit, series_min(&c->own), series_max(&c->own),
		c->own.sample_count);
	for (uint32_t i = 0; i < c->against_count; i++)
		fprintf(file, "    %-40s %10.4g %-12s ratio %.3f\n", c->against[i].name,
			series_median(&c->against[i]), c->unit, case_ratio(c, c->against[i].name));
	if (c->note[0] != '\0')
		fprintf(file, "    note: %s\n", c->note);
}

void report_print_text(const struct report *report, FILE *file)
{
	for (uint32_t i = 0; i < report->case_count; i++)
		case_print(&report->cases[i], file);
	for (uint32_t i = 0; i < report->skip_count; i++)
		fprintf(file, "%-44s skipped: %s\n", report->skips[i].name,
			report->skips[i].reason);
}

static const char *bar_missing(const struct report *report, const struct report_bar *bar)
{
	const struct report_skip *skip = report_skip_find(report, bar->name);

	if (skip != NULL)
		return skip->reason;
	return report_find(report, bar->name) != NULL ? "nothing to compare with" : "not asked for";
}

uint32_t report_check(const struct report *report, FILE *file, uint32_t *measured)
{
	uint32_t short_count = 0;

	*measured = 0;
	for (uint32_t i = 0; i < report->bar_count; i++) {
		const struct report_bar *bar = &report->bars[i];
		double figure = bar_figure(report, bar);
		bool least = bar->sense == REPORT_AT_LEAST;
		bool met = bar_met(bar, figure);

		if (!isfinite(figure)) {
			fprintf(file, "not measured  %s: %s\n", bar->text,
				bar_missing(report, bar));
			continue;
		}
		(*measured)++;
		short_count += !met;
		fprintf(file, "%-13s %s: %.3f (bar: at %s %.3g)\n", met ? "ok" : "FALLS SHORT",
			bar->text, figure, least ? "least" : "most", bar->bar);
	}
	return short_count;
}
