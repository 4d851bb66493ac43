/* The Prometheus text format. */
#include "exposition.h"

#include <inttypes.h>
#include <string.h>

#define NS_PER_S 1000000000u

static bool unit_is_ns(const char *name)
{
	size_t length = strlen(name);

	return length > 3 && strcmp(name + length - 3, "_ns") == 0;
}

static void help_write(FILE *out, const char *name, size_t length, const char *what)
{
	fprintf(out, "%s: ", what);
	for (size_t i = 0; i < length; i++)
		fputc(name[i] == '_' ? ' ' : name[i], out);
	fputs(".\n", out);
}

void exposition_family(struct exposition *exposition, enum exposition_type type, const char *group,
		       const char *name, const char *what)
{
	static const char *const types[] = {"counter", "gauge", "histogram"};
	size_t length = strlen(name);

	exposition->type = type;
	exposition->nanoseconds = unit_is_ns(name);
	if (exposition->nanoseconds)
		length -= strlen("_ns");
	snprintf(exposition->name, sizeof(exposition->name), "millrace_%s%s%.*s%s%s", group,
		 group[0] != '\0' ? "_" : "", (int)length, name,
		 exposition->nanoseconds ? "_seconds" : "",
		 type == EXPOSITION_COUNTER ? "_total" : "");
	fprintf(exposition->out, "# HELP %s ", exposition->name);
	help_write(exposition->out, name, length, what);
	fprintf(exposition->out, "# TYPE %s %s\n", exposition->name, types[type]);
}

static void value_write(const struct exposition *exposition, uint64_t value)
{
	if (exposition->nanoseconds)
		fprintf(exposition->out, "%" PRIu64 ".%09" PRIu64, value / NS_PER_S,
			value % NS_PER_S);
	else
		fprintf(exposition->out, "%" PRIu64, value);
}

static void labels_write(const struct exposition *exposition, const char *more_labels)
{
	fprintf(exposition->out, "{%s%s%s", exposition->labels,
		exposition->labels[0] != '\0' && more_labels[0] != '\0' ? "," : "", more_labels);
}

void exposition_sample(struct exposition *exposition, const char *more_labels, uint64_t value)
{
	fputs(exposition->name, exposition->out);
	labels_write(exposition, more_labels);
	fputs("} ", exposition->out);
	value_write(exposition, value);
	fputc('\n', exposition->out);
}

/* Bounds include what equals them: 2^bits - 1 is the end of a bucket of ours. */
static void bucket_write(const struct exposition *exposition, const struct histogram *histogram,
			 uint32_t bits)
{
	fprintf(exposition->out, "%s_bucket{%s,le=\"", exposition->name, exposition->labels);
	value_write(exposition, (1ull << bits) - 1);
	fprintf(exposition->out, "\"} %" PRIu64 "\n", histogram_count_below(histogram, bits));
}

void exposition_histogram(struct exposition *exposition, const char *name, const char *what,
			  const struct histogram *histogram, uint32_t bits_first,
			  uint32_t bits_last, uint32_t bits_step)
{
	exposition_family(exposition, EXPOSITION_HISTOGRAM, "", name, what);
	for (uint32_t bits = bits_first; bits <= bits_last; bits += bits_step)
		bucket_write(exposition, histogram, bits);
	fprintf(exposition->out, "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n", exposition->name,
		exposition->labels, histogram->count);
	fprintf(exposition->out, "%s_sum{%s} ", exposition->name, exposition->labels);
	value_write(exposition, histogram->sum);
	fprintf(exposition->out, "\n%s_count{%s} %" PRIu64 "\n", exposition->name,
		exposition->labels, histogram->count);
}
