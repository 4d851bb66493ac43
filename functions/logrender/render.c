/*
 * render: the sections of log services as one page, by the services' names, below a table of all
 * that were allowed. One that did not answer is told there.
 *
 * Inputs allowed and sections; output page, one item logs.html.
 */
#include "html.h"
#include "text.h"

/* Which of two comes first by their names' bytes. */
static bool name_before(struct mr_bytes a, struct mr_bytes b)
{
	const uint32_t common = a.len < b.len ? a.len : b.len;
	const int order = common > 0 ? __builtin_memcmp(a.data, b.data, common) : 0;

	return order != 0 ? order < 0 : a.len < b.len;
}

/* The items of a set in the order of their names. There are as many as services: few. */
static const struct mr_item **items_sort(struct mr_call *call, const struct mr_set *set)
{
	const struct mr_item **items =
	    (const struct mr_item **)mr_alloc(call, set->item_count * sizeof(*items), 8);

	for (uint32_t i = 0; items != NULL && i < set->item_count; i++) {
		const struct mr_item *item = mr_in_item(call, set, i);
		uint32_t at = i;

		for (; at > 0 &&
		       name_before(mr_item_name(call, item), mr_item_name(call, items[at - 1]));
		     at--)
			items[at] = items[at - 1];
		items[at] = item;
	}
	return items;
}

/* The section of that service, or NULL. */
static const struct mr_item *section_find(struct mr_call *call, const struct mr_set *sections,
					  struct mr_bytes service)
{
	for (uint32_t i = 0; i < sections->item_count; i++)
		if (mr_equal(mr_item_name(call, mr_in_item(call, sections, i)), service))
			return mr_in_item(call, sections, i);
	return NULL;
}

static void row_write(struct mr_call *call, struct html *html, const struct mr_set *sections,
		      struct mr_bytes service)
{
	const struct mr_item *section = section_find(call, sections, service);
	struct mr_bytes text, counts, count;

	html_raw(html, "<tr><td>");
	html_text(html, service);
	if (section == NULL) {
		html_raw(html, "</td><td colspan=\"3\">no answer</td></tr>\n");
		return;
	}
	text = mr_item_bytes(call, section);
	text_next(&text, '\n', &counts);
	while (text_next(&counts, ' ', &count)) {
		html_raw(html, "</td><td>");
		html_text(html, count);
	}
	html_raw(html, "</td></tr>\n");
}

static int page_write(struct mr_call *call, struct mr_set *page, const struct mr_set *allowed,
		      const struct mr_set *sections)
{
	const struct mr_item **services = items_sort(call, allowed);
	const struct mr_item **answers = items_sort(call, sections);
	struct html html;

	if (services == NULL || answers == NULL || html_begin(call, page, &html) != 0)
		return MR_FAILED;
	html_raw(&html,
		 "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
		 "<title>Logs</title>\n<h1>Logs</h1>\n<table>\n"
		 "<tr><th>service</th><th>lines</th><th>warnings</th><th>errors</th></tr>\n");
	for (uint32_t i = 0; i < allowed->item_count; i++)
		row_write(call, &html, sections, mr_item_name(call, services[i]));
	html_raw(&html, "</table>\n");
	for (uint32_t i = 0; i < sections->item_count; i++) {
		struct mr_bytes section = mr_item_bytes(call, answers[i]), counts;

		text_next(&section, '\n', &counts);
		html_bytes(&html, section);
	}
	html_raw(&html, "</html>\n");
	return html_end(call, page, mr_text("logs.html"), &html);
}

static int render(struct mr_call *call)
{
	const struct mr_set *allowed = mr_in(call, "allowed"), *sections = mr_in(call, "sections");
	struct mr_set *page = mr_out(call, "page");

	if (allowed == NULL || sections == NULL || page == NULL)
		return MR_FAILED;
	return page_write(call, page, allowed, sections);
}

MR_ENTRY(render)
