/* Errors: where in the text, the line shown, and how an error is printed. */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "script.h"

bool span_is(const struct script *script, struct span span, const char *word)
{
	return strlen(word) == span.bytes && memcmp(script->text + span.at, word, span.bytes) == 0;
}

bool span_equal(const struct script *script, struct span a, struct span b)
{
	return a.bytes == b.bytes && memcmp(script->text + a.at, script->text + b.at, a.bytes) == 0;
}

uint32_t script_line(const struct script *script, uint32_t at)
{
	uint32_t line = 1;

	for (uint32_t i = 0; i < at; i++)
		line += script->text[i] == '\n';
	return line;
}

/* Shows the line around a place. Of a long line only the part around it; what a terminal would act
 * upon or draw in more than one column per byte becomes '?', so that the caret stands right. */
static void excerpt_set(const struct script *script, uint32_t at)
{
	struct compose_error *error = script->error;
	const uint32_t room = sizeof(error->excerpt) - 1;
	uint32_t start = at;
	uint32_t end = at;

	while (start > 0 && script->text[start - 1] != '\n')
		start--;
	while (end < script->bytes && script->text[end] != '\n')
		end++;
	if (end < script->bytes && end > at && script->text[end - 1] == '\r')
		end--;
	error->column = at - start + 1;
	if (end - start > room && at - start > room / 2)
		start = at - room / 2;
	if (end > start + room)
		end = start + room;
	error->caret = at - start + 1;
	for (uint32_t i = start; i < end; i++) {
		char c = script->text[i];

		error->excerpt[i - start] = c == '\t' || (c >= ' ' && c <= '~') ? c : '?';
	}
}

static void message_set(const struct script *script, const char *format, va_list args)
{
	struct compose_error *error = script->error;

	memset(error, 0, sizeof(*error));
	snprintf(error->file, sizeof(error->file), "%s", script->file);
	vsnprintf(error->message, sizeof(error->message), format, args);
}

int script_error(const struct script *script, uint32_t at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message_set(script, format, args);
	va_end(args);
	script->error->line = script_line(script, at);
	excerpt_set(script, at);
	return -EINVAL;
}

int script_error_nowhere(const struct script *script, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message_set(script, format, args);
	va_end(args);
	return -EINVAL;
}

int script_hint(const struct script *script, const char *format, ...)
{
	struct compose_error *error = script->error;
	va_list args;

	va_start(args, format);
	vsnprintf(error->hint, sizeof(error->hint), format, args);
	va_end(args);
	return -EINVAL;
}

static_assert(COMPOSE_ERROR_TEXT_BYTES_MAX >=
		  sizeof(struct compose_error) + sizeof(((struct compose_error *)0)->excerpt) +
		      sizeof(":4294967295:4294967295: error: \n\n\nhint: "),
	      "every field once, and the excerpt again as blanks before the caret");

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
