/* HTML that is written into the rest of a call's memory and becomes an item. */
#ifndef HTML_H
#define HTML_H

#include <millrace_function.h>

struct html {
	uint8_t *start, *at, *end;
	bool full; /* not everything fitted */
};

/* Nothing else may be allocated until html_end(). */
static int html_begin(struct mr_call *call, struct mr_set *set, struct html *html)
{
	uint32_t room;

	/* The item's entry first: what is written then takes the rest of the heap. */
	if (mr_out_reserve(call, set, 1) != 0)
		return MR_FAILED;
	html->start = (uint8_t *)mr_alloc_rest(call, MR_ALIGN, &room);
	html->at = html->start;
	html->end = html->start + room;
	html->full = false;
	return html->start != NULL ? 0 : MR_FAILED;
}

static void html_bytes(struct html *html, struct mr_bytes bytes)
{
	if ((uint32_t)(html->end - html->at) < bytes.len) {
		html->full = true;
		return;
	}
	if (bytes.len > 0)
		__builtin_memcpy(html->at, bytes.data, bytes.len);
	html->at += bytes.len;
}

/* What is HTML already. */
static void html_raw(struct html *html, const char *text)
{
	html_bytes(html, mr_text(text));
}

/* What somebody else wrote: none of it is taken for HTML. */
static void html_text(struct html *html, struct mr_bytes text)
{
	for (uint32_t i = 0; i < text.len; i++) {
		const struct mr_bytes byte = {text.data + i, 1};

		switch (text.data[i]) {
		case '&':
			html_raw(html, "&amp;");
			break;
		case '<':
			html_raw(html, "&lt;");
			break;
		case '>':
			html_raw(html, "&gt;");
			break;
		case '"':
			html_raw(html, "&quot;");
			break;
		default:
			html_bytes(html, byte);
		}
	}
}

static int html_end(struct mr_call *call, struct mr_set *set, struct mr_bytes name,
		    const struct html *html)
{
	const struct mr_bytes bytes = {html->start, (uint32_t)(html->at - html->start)};

	if (html->full)
		return mr_fail(call,
			       "more HTML than memory; raise `memory` in the function's block");
	mr_trim(call, html->at);
	return mr_out_add(call, set, name, mr_none(), bytes);
}

#endif
