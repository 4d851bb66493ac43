/* Reads line by line, with the families and series met before at hand. */
#include "exposition_check.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>

#include "test.h"

#define NAME_BYTES 128
#define SERIES_BYTES 256
#define SERIES_MAX 8192
#define FAMILIES_MAX 1024

struct reader {
	unsigned line;
	char family[NAME_BYTES]; /* that was begun last */
	bool typed;
	bool histogram;
	bool counter;
	double bound;  /* le of the last bucket */
	double bucket; /* and its value */
	bool closed;   /* +Inf was met */
	unsigned family_count;
	unsigned series_count;
	char families[FAMILIES_MAX][NAME_BYTES];
	char series[SERIES_MAX][SERIES_BYTES];
};

static size_t name_length(const char *text)
{
	size_t length = 0;

	while (isalnum((unsigned char)text[length]) || text[length] == '_' || text[length] == ':')
		length++;
	return isdigit((unsigned char)text[0]) ? 0 : length;
}

static void family_end(const struct reader *reader)
{
	CHECK(!reader->histogram || reader->closed, "line %u: %s has no bucket for +Inf",
	      reader->line, reader->family);
}

static void help_read(struct reader *reader, const char *rest)
{
	size_t length = name_length(rest);

	family_end(reader);
	CHECK(length > 0 && length < NAME_BYTES && rest[length] == ' ' && rest[length + 1] != '\0',
	      "line %u: \"%s\" is no name and help", reader->line, rest);
	snprintf(reader->family, NAME_BYTES, "%.*s", (int)length, rest);
	for (unsigned i = 0; i < reader->family_count; i++)
		CHECK(strcmp(reader->families[i], reader->family) != 0,
		      "line %u: %s is here a second time", reader->line, reader->family);
	CHECK(reader->family_count < FAMILIES_MAX);
	strcpy(reader->families[reader->family_count++], reader->family);
	reader->typed = false;
	reader->histogram = false;
	reader->counter = false;
	reader->closed = false;
	reader->bound = -INFINITY;
	reader->bucket = 0;
}

static void type_read(struct reader *reader, const char *rest)
{
	size_t length = strlen(reader->family);
	size_t tail = length >= 6 ? length - 6 : 0;

	CHECK(strncmp(rest, reader->family, length) == 0 && rest[length] == ' ',
	      "line %u: the type of another family than %s", reader->line, reader->family);
	CHECK(!reader->typed, "line %u: a second type", reader->line);
	reader->typed = true;
	reader->histogram = strcmp(rest + length + 1, "histogram") == 0;
	reader->counter = strcmp(rest + length + 1, "counter") == 0;
	CHECK(reader->histogram || reader->counter || strcmp(rest + length + 1, "gauge") == 0,
	      "line %u: unknown type \"%s\"", reader->line, rest + length + 1);
	CHECK((strcmp(reader->family + tail, "_total") == 0) == reader->counter,
	      "line %u: %s: counters alone end in _total", reader->line, reader->family);
}

/* Behind "{": returns what follows "}". le receives the value of that label. */
static const char *labels_read(const struct reader *reader, const char *at, char *le)
{
	for (;;) {
		size_t length = name_length(at);
		size_t value;

		CHECK(length > 0 && at[length] == '=' && at[length + 1] == '"',
		      "line %u: no label at \"%s\"", reader->line, at);
		value = strcspn(at + length + 2, "\"\\\n");
		CHECK(at[length + 2 + value] == '"' && value < NAME_BYTES,
		      "line %u: no end of the label's value at \"%s\"", reader->line, at);
		if (length == 2 && strncmp(at, "le", 2) == 0)
			snprintf(le, NAME_BYTES, "%.*s", (int)value, at + length + 2);
		at += length + 2 + value + 1;
		if (*at == '}')
			return at + 1;
		CHECK(*at++ == ',', "line %u: labels are separated by commas", reader->line);
	}
}

static void bucket_check(struct reader *reader, const char *le, double value)
{
	char *end;
	double bound = strtod(le, &end);

	CHECK(le[0] != '\0' && *end == '\0', "line %u: le=\"%s\"", reader->line, le);
	CHECK(bound > reader->bound, "line %u: bounds do not ascend", reader->line);
	CHECK(value >= reader->bucket, "line %u: buckets shrink", reader->line);
	reader->bound = bound;
	reader->bucket = value;
	reader->closed = isinf(bound);
}

static void sample_check(struct reader *reader, const char *suffix, const char *le, double value)
{
	CHECK(reader->typed, "line %u: a sample before its type", reader->line);
	CHECK(isfinite(value) && value >= 0, "line %u: value %f", reader->line, value);
	if (!reader->histogram) {
		CHECK(suffix[0] == '\0', "line %u: not of the family %s", reader->line,
		      reader->family);
		return;
	}
	if (strcmp(suffix, "_bucket") == 0)
		bucket_check(reader, le, value);
	else if (strcmp(suffix, "_count") == 0)
		CHECK(reader->closed && value == reader->bucket,
		      "line %u: the count differs from the last bucket", reader->line);
	else
		CHECK(strcmp(suffix, "_sum") == 0, "line %u: not of %s", reader->line,
		      reader->family);
}

static void sample_read(struct reader *reader, const char *line)
{
	size_t length = name_length(line), family = strlen(reader->family);
	const char *at = line + length;
	char le[NAME_BYTES] = "", suffix[NAME_BYTES];
	double value;
	char *end;

	CHECK(length >= family && length < NAME_BYTES && family > 0 &&
		  strncmp(line, reader->family, family) == 0,
	      "line %u: \"%s\" is not of the family %s", reader->line, line, reader->family);
	snprintf(suffix, sizeof(suffix), "%.*s", (int)(length - family), line + family);
	if (*at == '{')
		at = labels_read(reader, at + 1, le);
	CHECK(*at == ' ' && at - line < SERIES_BYTES, "line %u: no value", reader->line);
	CHECK(reader->series_count < SERIES_MAX);
	snprintf(reader->series[reader->series_count], SERIES_BYTES, "%.*s", (int)(at - line),
		 line);
	for (unsigned i = 0; i < reader->series_count; i++)
		CHECK(strcmp(reader->series[i], reader->series[reader->series_count]) != 0,
		      "line %u: a series for the second time", reader->line);
	reader->series_count++;
	value = strtod(at + 1, &end);
	CHECK(end > at + 1 && *end == '\0', "line %u: value \"%s\"", reader->line, at + 1);
	sample_check(reader, suffix, le, value);
}

unsigned exposition_check(const char *text)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	unsigned samples;
	char line[1024];

	CHECK(reader != NULL);
	for (const char *at = text; *at != '\0'; at += strlen(line) + 1) {
		size_t length = strcspn(at, "\n");

		reader->line++;
		CHECK(at[length] == '\n' && length < sizeof(line), "line %u has no end",
		      reader->line);
		snprintf(line, sizeof(line), "%.*s", (int)length, at);
		if (strncmp(line, "# HELP ", 7) == 0)
			help_read(reader, line + 7);
		else if (strncmp(line, "# TYPE ", 7) == 0)
			type_read(reader, line + 7);
		else
			sample_read(reader, line);
	}
	family_end(reader);
	samples = reader->series_count;
	free(reader);
	return samples;
}

double exposition_value(const char *text, const char *series)
{
	size_t length = strlen(series);

	for (const char *at = text; at != NULL; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, series, length) == 0 && at[length] == ' ')
			return strtod(at + length + 1, NULL);
	}
	CHECK(false, "there is no %s", series);
	return 0;
}
