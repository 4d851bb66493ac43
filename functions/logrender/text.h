/* Texts taken apart: lines and words. */
#ifndef TEXT_H
#define TEXT_H

#include <millrace_function.h>

/* Takes what comes before the first `stop`, and that, off the text; false at its end. */
static bool text_next(struct mr_bytes *text, uint8_t stop, struct mr_bytes *part)
{
	part->data = text->data;
	part->len = 0;
	if (text->len == 0)
		return false;
	while (part->len < text->len && part->data[part->len] != stop)
		part->len++;
	text->data += part->len;
	text->len -= part->len;
	if (text->len > 0) {
		text->data++;
		text->len--;
	}
	return true;
}

#endif
