/* Quoting what came from outside in messages to a user. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "quote.h"

const char *quote(struct quoted *quoted, const char *text, size_t bytes)
{
	size_t room = sizeof(quoted->text) - sizeof("\\xHH...");
	size_t at = 0;
	size_t i;

	for (i = 0; i < bytes && at < room; i++) {
		uint8_t byte = (uint8_t)text[i];

		if (byte < 0x20 || byte == 0x7f)
			at += (size_t)sprintf(quoted->text + at, "\\x%02x", byte);
		else
			quoted->text[at++] = text[i];
	}
	strcpy(quoted->text + at, i < bytes ? "..." : "");
	return quoted->text;
}

const char *quote_string(struct quoted *quoted, const char *text)
{
	return quote(quoted, text, strlen(text));
}
