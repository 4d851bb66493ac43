/* Quoting what came from outside (URIs, paths, lines) in messages to a user. */
#ifndef QUOTE_H
#define QUOTE_H

#include <stddef.h>

struct quoted {
	char text[256];
};

/* Control bytes become \xHH; what is too long is cut and ends in "...". Returns quoted->text. */
const char *quote(struct quoted *quoted, const char *text, size_t bytes);
const char *quote_string(struct quoted *quoted, const char *text);

#endif
