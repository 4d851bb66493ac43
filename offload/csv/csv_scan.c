/* Fields of one record of CSV. */
#include "csv_scan.h"

#include <string.h>

struct scan {
	const char *at;
	const char *end;
	bool last;
	char delimiter;
	struct csv_record *record;
};

enum found { FOUND_FIELD, FOUND_RECORD, FOUND_MORE, FOUND_WRONG };

static void field_add(struct scan *scan, const char *text, const char *end, bool quoted,
		      bool doubled)
{
	struct csv_record *record = scan->record;

	if (record->count < record->field_max)
		record->fields[record->count] =
		    (struct csv_field){text, (size_t)(end - text), quoted, doubled};
	record->count++;
}

static enum found wrong(struct scan *scan, const char *what)
{
	scan->record->count++;
	scan->record->wrong = what;
	return FOUND_WRONG;
}

/* What follows a field: moves over it. */
static enum found field_end(struct scan *scan)
{
	if (scan->at == scan->end)
		return scan->last ? FOUND_RECORD : FOUND_MORE;
	if (*scan->at == scan->delimiter) {
		scan->at++;
		return FOUND_FIELD;
	}
	if (*scan->at == '\r') {
		if (scan->at + 1 == scan->end && !scan->last)
			return FOUND_MORE;
		scan->at += scan->at + 1 < scan->end && scan->at[1] == '\n';
	}
	scan->at++;
	scan->record->lines++;
	return FOUND_RECORD;
}

/* Up to the quote that ends it; a quote that is doubled does not. */
static enum found quoted_field(struct scan *scan)
{
	const char *text = ++scan->at;
	bool doubled = false;

	for (;;) {
		const char *quote = memchr(scan->at, '"', (size_t)(scan->end - scan->at));

		if (quote == NULL) {
			if (!scan->last)
				return FOUND_MORE;
			return wrong(scan, "a quote that nothing ends: is one \" to be doubled?");
		}
		if (quote + 1 == scan->end && !scan->last)
			return FOUND_MORE;
		scan->at = quote + 1;
		if (scan->at < scan->end && *scan->at == '"') {
			doubled = true;
			scan->at++;
			continue;
		}
		for (const char *c = text; (c = memchr(c, '\n', (size_t)(quote - c))) != NULL; c++)
			scan->record->lines++;
		if (scan->at < scan->end && *scan->at != scan->delimiter && *scan->at != '\n' &&
		    *scan->at != '\r')
			return wrong(scan,
				     "text behind a closing quote: quotes within are doubled");
		field_add(scan, text, quote, true, doubled);
		return field_end(scan);
	}
}

/* Up to a delimiter or the end of the line; a CR alone is text. */
static enum found plain_field(struct scan *scan)
{
	const char *text = scan->at;
	char delimiter = scan->delimiter;
	const char *c = text;

	for (; c < scan->end && *c != delimiter && *c != '\n'; c++)
		if (*c == '"')
			return wrong(
			    scan, "a quote within a field: put the field in quotes, and double it");
	if (c == scan->end && !scan->last)
		return FOUND_MORE;
	if (c < scan->end && *c == '\n' && c > text && c[-1] == '\r')
		c--;
	scan->at = c;
	field_add(scan, text, c, false, false);
	return field_end(scan);
}

bool csv_scan(const char *text, size_t bytes, bool last, char delimiter, struct csv_record *record)
{
	struct scan scan = {text, text + bytes, last, delimiter, record};
	enum found found;

	record->count = 0;
	record->lines = 0;
	record->wrong = NULL;
	do {
		found = scan.at < scan.end && *scan.at == '"' ? quoted_field(&scan)
							      : plain_field(&scan);
	} while (found == FOUND_FIELD);
	record->end = scan.at;
	return found != FOUND_MORE;
}

size_t csv_halve(const struct csv_field *field, char *to)
{
	size_t count = 0;

	for (size_t i = 0; i < field->bytes; i++) {
		to[count++] = field->text[i];
		i += field->text[i] == '"';
	}
	return count;
}
