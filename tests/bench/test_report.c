/* Medians, ratios and bars of a report are what its samples say, in C and in its JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "report.h"
#include "test.h"

static struct report *report_make(void)
{
	static const double own[] = {5, 1, 3};
	static const double limits[] = {8, 2, 4, 6};
	struct report *report;
	struct report_case *c;

	CHECK(report_create(&report, "test") == 0, "report");
	c = report_case(report, "a.b", "Mpps");
	for (size_t i = 0; i < 3; i++)
		case_sample(c, own[i]);
	for (size_t i = 0; i < 4; i++)
		case_against(c, "limit", limits[i]);
	CHECK(report_case(report, "a.b", "Mpps") == c, "the same name is the same case");
	report_skip(report, "a.c", "no %s", "port");
	report_skip(report, "a.c", "another reason");
	return report;
}

static void test_figures(void)
{
	struct report *report = report_make();
	const struct report_case *c = report_find(report, "a.b");

	CHECK(series_median(&c->own) == 3, "odd: the middle one");
	CHECK(series_median(&c->against[0]) == 5, "even: the mean of the middle two");
	CHECK(series_min(&c->own) == 1 && series_max(&c->own) == 5, "least and most");
	CHECK(case_ratio(c, "limit") == 0.6, "ratio");
	CHECK(isnan(case_ratio(c, "nobody")), "a peer that is not there");
	CHECK(report_find(report, "a.c") == NULL, "a skipped case has no figure");
	CHECK(strcmp(report_skip_find(report, "a.c")->reason, "no port") == 0, "first reason");
	report_destroy(&report);
}

/* How many of the bars fall short, and how many could be held to a figure. */
static void test_check(void)
{
	struct report *report = report_make();
	FILE *sink = fopen("/dev/null", "w");
	uint32_t measured;

	CHECK(sink != NULL, "/dev/null");
	report_bar(report, "met", "a.b", "limit", REPORT_AT_LEAST, 0.6);
	CHECK(report_check(report, sink, &measured) == 0 && measured == 1, "at the bar is met");
	report_bar(report, "short", "a.b", "limit", REPORT_AT_LEAST, 0.61);
	CHECK(report_check(report, sink, &measured) == 1 && measured == 2, "below it is not");
	report_bar(report, "itself", "a.b", NULL, REPORT_AT_MOST, 2.9);
	CHECK(report_check(report, sink, &measured) == 2 && measured == 3, "its own median");
	report_bar(report, "skipped", "a.c", "limit", REPORT_AT_LEAST, 1);
	CHECK(report_check(report, sink, &measured) == 2 && measured == 3, "nothing to hold");
	fclose(sink);
	report_destroy(&report);
}

static double number(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItem(object, name);

	CHECK(cJSON_IsNumber(item), "%s is no number", name);
	return item->valuedouble;
}

static const char *string(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

	CHECK(text != NULL, "%s is no string", name);
	return text;
}

static void check_json(const cJSON *root)
{
	const cJSON *c = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "cases"), 0);
	const cJSON *limit = cJSON_GetObjectItem(cJSON_GetObjectItem(c, "against"), "limit");
	const cJSON *skip = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "skipped"), 0);
	const cJSON *bar = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "bars"), 0);
	const cJSON *machine = cJSON_GetObjectItem(root, "machine");

	CHECK(strcmp(string(root, "bench"), "test") == 0, "bench");
	CHECK(strlen(string(machine, "kernel")) > 0 && number(machine, "cores") >= 1, "machine");
	CHECK(strcmp(string(c, "case"), "a.b") == 0, "case");
	CHECK(strcmp(string(c, "unit"), "Mpps") == 0, "unit");
	CHECK(number(c, "median") == 3 && number(c, "min") == 1 && number(c, "max") == 5,
	      "figures");
	CHECK(number(c, "runs") == 3, "runs");
	CHECK(number(limit, "median") == 5 && number(limit, "ratio") == 0.6, "against");
	CHECK(strcmp(string(skip, "reason"), "no port") == 0, "skipped");
	CHECK(cJSON_IsFalse(cJSON_GetObjectItem(bar, "met")), "met");
	CHECK(number(bar, "figure") == 0.6, "figure");
}

static void test_json(void)
{
	struct report *report = report_make();
	char *text = NULL;
	size_t bytes = 0;
	FILE *file = open_memstream(&text, &bytes);
	cJSON *root;

	CHECK(file != NULL, "stream");
	report_bar(report, "short", "a.b", "limit", REPORT_AT_LEAST, 0.7);
	CHECK(report_print_json(report, file) == 0, "print");
	fclose(file);
	root = cJSON_Parse(text);
	CHECK(root != NULL, "not JSON: %s", text);
	check_json(root);
	cJSON_Delete(root);
	free(text);
	report_destroy(&report);
}

int main(void)
{
	test_figures();
	test_check();
	test_json();
	return 0;
}
