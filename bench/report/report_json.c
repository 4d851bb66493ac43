/* A report as the one JSON object that every `millrace bench NAME --json` prints. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "machine_facts.h"
#include "report.h"

/* Five digits: more than a figure of a shared machine is worth, and stable to read. */
static bool number_add(cJSON *object, const char *name, double value)
{
	char digits[32];

	if (!isfinite(value))
		return cJSON_AddNullToObject(object, name) != NULL;
	snprintf(digits, sizeof(digits), "%.5g", value);
	return cJSON_AddNumberToObject(object, name, atof(digits)) != NULL;
}

static bool machine_add(cJSON *root)
{
	cJSON *machine = cJSON_AddObjectToObject(root, "machine");
	struct machine_facts facts;

	machine_facts_read(&facts);
	return machine != NULL && cJSON_AddStringToObject(machine, "cpu", facts.cpu) != NULL &&
	       number_add(machine, "cores", facts.cores) &&
	       cJSON_AddStringToObject(machine, "kernel", facts.kernel) != NULL &&
	       number_add(machine, "huge_pages_free", facts.huge_pages_free) &&
	       number_add(machine, "huge_page_kib", facts.huge_page_kib) &&
	       cJSON_AddStringToObject(machine, "dpdk", facts.dpdk) != NULL;
}

static bool against_add(cJSON *object, const struct report_case *c)
{
	cJSON *against = cJSON_AddObjectToObject(object, "against");

	for (uint32_t i = 0; against != NULL && i < c->against_count; i++) {
		const struct report_series *series = &c->against[i];
		cJSON *peer = cJSON_AddObjectToObject(against, series->name);

		if (peer == NULL || !number_add(peer, "median", series_median(series)) ||
		    !number_add(peer, "ratio", case_ratio(c, series->name)))
			return false;
	}
	return against != NULL;
}

static bool case_add(cJSON *cases, const struct report_case *c)
{
	cJSON *object = cJSON_CreateObject();

	if (object == NULL || !cJSON_AddItemToArray(cases, object))
		return false;
	return cJSON_AddStringToObject(object, "case", c->name) != NULL &&
	       cJSON_AddStringToObject(object, "unit", c->unit) != NULL &&
	       number_add(object, "median", series_median(&c->own)) &&
	       number_add(object, "min", series_min(&c->own)) &&
	       number_add(object, "max", series_max(&c->own)) &&
	       number_add(object, "runs", c->own.sample_count) && against_add(object, c) &&
	       (c->note[0] == '\0' || cJSON_AddStringToObject(object, "note", c->note) != NULL);
}

static bool skip_add(cJSON *skips, const struct report_skip *skip)
{
	cJSON *object = cJSON_CreateObject();

	if (object == NULL || !cJSON_AddItemToArray(skips, object))
		return false;
	return cJSON_AddStringToObject(object, "case", skip->name) != NULL &&
	       cJSON_AddStringToObject(object, "reason", skip->reason) != NULL;
}

static bool bar_add(cJSON *bars, const struct report *report, const struct report_bar *bar)
{
	const char *sense = bar->sense == REPORT_AT_LEAST ? "at least" : "at most";
	double figure = bar_figure(report, bar);
	cJSON *object = cJSON_CreateObject();

	if (object == NULL || !cJSON_AddItemToArray(bars, object))
		return false;
	return cJSON_AddStringToObject(object, "text", bar->text) != NULL &&
	       cJSON_AddStringToObject(object, "case", bar->name) != NULL &&
	       cJSON_AddStringToObject(object, "sense", sense) != NULL &&
	       number_add(object, "bar", bar->bar) && number_add(object, "figure", figure) &&
	       cJSON_AddBoolToObject(object, "met", bar_met(bar, figure)) != NULL;
}

static bool report_fill(cJSON *root, const struct report *report)
{
	cJSON *cases;
	cJSON *skips;
	cJSON *bars;

	if (cJSON_AddStringToObject(root, "bench", report->bench) == NULL || !machine_add(root))
		return false;
	cases = cJSON_AddArrayToObject(root, "cases");
	for (uint32_t i = 0; cases != NULL && i < report->case_count; i++) {
		if (!case_add(cases, &report->cases[i]))
			return false;
	}
	skips = cases == NULL ? NULL : cJSON_AddArrayToObject(root, "skipped");
	for (uint32_t i = 0; skips != NULL && i < report->skip_count; i++) {
		if (!skip_add(skips, &report->skips[i]))
			return false;
	}
	bars = skips == NULL ? NULL : cJSON_AddArrayToObject(root, "bars");
	for (uint32_t i = 0; bars != NULL && i < report->bar_count; i++) {
		if (!bar_add(bars, report, &report->bars[i]))
			return false;
	}
	return bars != NULL;
}

int report_print_json(const struct report *report, FILE *file)
{
	cJSON *root = cJSON_CreateObject();
	char *text = NULL;

	if (root != NULL && report_fill(root, report))
		text = cJSON_Print(root);
	cJSON_Delete(root);
	if (text == NULL)
		return -ENOMEM;
	fprintf(file, "%s\n", text);
	cJSON_free(text);
	return 0;
}
