/* Errors: where in the text, the line shown, and how an error is printed. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "source.h"

bool span_is(const struct source *source, struct span span, const char *word)
{
	return strlen(word) == span.bytes && memcmp(source->text + span.at, word, span.bytes) == 0;
}

bool span_equal(const struct source *source, struct span a, struct span b)
{
	return a.bytes == b.bytes && memcmp(source->text + a.at, source->text + b.at, a.bytes) == 0;
}

uint32_t source_line(const struct source *source, uint32_t at)
{
	uint32_t line = 1;

	for (uint32_t i = 0; i < at; i++)
		line += source->text[i] == '\n';
	return line;
}

/* Shows the line around a place. Of a long line only the part around it; what a terminal would act
 * upon or draw in more than one column per byte becomes '?', so that the caret stands right. */
static void excerpt_set(const struct source *source, uint32_t at)
{
	struct compose_error *error = source->error;
	const uint32_t room = sizeof(error->excerpt) - 1;
	uint32_t start = at;
	uint32_t end = at;

	while (start > 0 && source->text[start - 1] != '\n')
		start--;
	while (end < source->bytes && source->text[end] != '\n')
		end++;
	if (end > start && source->text[end - 1] == '\r')
		end--;
	error->column = at - start + 1;
	if (end - start > room && at - start > room / 2)
		start = at - room / 2;
	if (end > start + room)
		end = start + room;
	error->caret = at - start + 1;
	for (uint32_t i = start; i < end; i++) {
		char c = source->text[i];

		error->excerpt[i - start] = c == '\t' || (c >= ' ' && c <= '~') ? c : '?';
	}
}

static void message_set(const struct source *source, const char *format, va_list args)
{
	struct compose_error *error = source->error;

	memset(error, 0, sizeof(*error));
	snprintf(error->file, sizeof(error->file), "%s", source->file);
	vsnprintf(error->message, sizeof(error->message), format, args);
}

int source_error(const struct source *source, uint32_t at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message_set(source, format, args);
	va_end(args);
	source->error->line = source_line(source, at);
	excerpt_set(source, at);
	return -EINVAL;
}

int source_error_nowhere(const struct source *source, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message_set(source, format, args);
	va_end(args);
	return -EINVAL;
}

int source_hint(const struct source *source, const char *format, ...)
{
	struct compose_error *error = source->error;
	va_list args;

	va_start(args, format);
	vsnprintf(error->hint, sizeof(error->hint), format, args);
	va_end(args);
	return -EINVAL;
}

void compose_error_print(const struct compose_error *error, char *text, size_t text_bytes)
{
	const char *hint_before = error->hint[0] != '\0' ? "\nhint: " : "";
	char caret[sizeof(error->excerpt) + 1];
	uint32_t count = 0;

	if (error->line == 0) {
		snprintf(text, text_bytes, "%s: error: %s%s%s", error->file, error->message,
			 hint_before, error->hint);
		return;
	}
	/* Tabs are repeated, so that the caret stands right whatever their width. */
	while (count + 1 < error->caret && count + 2 < sizeof(caret)) {
		caret[count] = error->excerpt[count] == '\t' ? '\t' : ' ';
		count++;
	}
	caret[count] = '^';
	caret[count + 1] = '\0';
	snprintf(text, text_bytes, "%s:%u:%u: error: %s\n%s\n%s%s%s", error->file, error->line,
		 error->column, error->message, error->excerpt, caret, hint_before, error->hint);
}
