/* Errors that show the place in the text they are about. */
#include "expression.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_COLUMNS_MAX 100 /* of the line that is shown: longer ones would wrap */

/* The line that holds at, without its end. */
static size_t line_find(const struct expression_source *source, uint32_t at, uint32_t *line,
			uint32_t *start)
{
	uint32_t end;

	*line = 1;
	*start = 0;
	for (uint32_t i = 0; i < at; i++) {
		if (source->text[i] == '\n') {
			*line += 1;
			*start = i + 1;
		}
	}
	for (end = *start; end < source->bytes && source->text[end] != '\n'; end++)
		;
	return end - *start;
}

/* A mark below the place, as wide as it: tabs stay tabs, what follows a character's first byte
 * takes no room. */
static size_t mark_write(char *to, size_t room, const char *line, uint32_t from, uint32_t bytes)
{
	size_t n = 0;

	for (uint32_t i = 0; i < from && n + 2 < room; i++)
		if ((line[i] & 0xc0) != 0x80)
			to[n++] = line[i] == '\t' ? '\t' : ' ';
	for (uint32_t i = 0; (i < bytes || i == 0) && n + 1 < room; i++)
		if (i == 0 || (line[from + i] & 0xc0) != 0x80)
			to[n++] = '^';
	to[n] = '\0';
	return n;
}

int expression_fail(const struct expression_source *source, struct expression_place place,
		    struct table_error *error, int rc, const char *format, ...)
{
	char what[MR_ERROR_BYTES_MAX / 2], mark[LINE_COLUMNS_MAX + 2] = "";
	uint32_t line, start, column, shown;
	va_list arguments;
	size_t bytes;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	if (place.at > source->bytes)
		place.at = (uint32_t)source->bytes;
	bytes = line_find(source, place.at, &line, &start);
	column = place.at - start;
	shown = bytes < LINE_COLUMNS_MAX ? (uint32_t)bytes : LINE_COLUMNS_MAX;
	if (column <= shown)
		mark_write(mark, sizeof(mark), source->text + start, column,
			   place.bytes < shown - column ? place.bytes : shown - column);
	return table_fail(error, rc, "%.100s%sline %u, column %u: %s\n  %.*s\n  %s",
			  source->name != NULL ? source->name : "",
			  source->name != NULL ? ": " : "", line, column + 1, what, (int)shown,
			  source->text + start, mark);
}
