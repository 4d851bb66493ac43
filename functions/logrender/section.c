/*
 * section: what one log service answered, as a section of a page; nothing where the token does not
 * open that service.
 *
 * Inputs log (items NAME.log of lines "TIME LEVEL MESSAGE") and allowed (a service each). Output
 * sections, an item for each log: a line "LINES WARNINGS ERRORS", then HTML.
 */
#include "html.h"
#include "text.h"

enum level { LEVEL_OTHER, LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR, LEVELS };

struct counts {
	uint64_t of[LEVELS];
};

/* The service whose answer an item is: its file's name, without folders and ".log". */
static struct mr_bytes service_of(struct mr_bytes name)
{
	struct mr_bytes rest = name, part;

	while (text_next(&rest, '/', &part))
		name = part;
	if (name.len > 4 && __builtin_memcmp(name.data + name.len - 4, ".log", 4) == 0)
		name.len -= 4;
	return name;
}

static bool service_allowed(const struct mr_call *call, const struct mr_set *allowed,
			    struct mr_bytes service)
{
	for (uint32_t i = 0; i < allowed->item_count; i++)
		if (mr_equal(mr_item_bytes(call, mr_in_item(call, allowed, i)), service))
			return true;
	return false;
}

static enum level level_of(struct mr_bytes word)
{
	if (mr_equal(word, mr_text("INFO")))
		return LEVEL_INFO;
	if (mr_equal(word, mr_text("WARN")))
		return LEVEL_WARNING;
	return mr_equal(word, mr_text("ERROR")) ? LEVEL_ERROR : LEVEL_OTHER;
}

static enum level line_level(struct mr_bytes line)
{
	struct mr_bytes time, word;

	text_next(&line, ' ', &time);
	text_next(&line, ' ', &word);
	return level_of(word);
}

static struct counts lines_count(struct mr_bytes log)
{
	struct counts counts = {{0}};
	struct mr_bytes line;

	while (text_next(&log, '\n', &line))
		counts.of[line_level(line)]++;
	return counts;
}

static void number_write(struct html *html, uint64_t number)
{
	uint8_t digits[20];
	struct mr_bytes bytes = {digits, mr_decimal(digits, number)};

	html_bytes(html, bytes);
}

static void counts_write(struct html *html, const struct counts *counts)
{
	number_write(html, counts->of[LEVEL_OTHER] + counts->of[LEVEL_INFO] +
			       counts->of[LEVEL_WARNING] + counts->of[LEVEL_ERROR]);
	html_raw(html, " ");
	number_write(html, counts->of[LEVEL_WARNING]);
	html_raw(html, " ");
	number_write(html, counts->of[LEVEL_ERROR]);
	html_raw(html, "\n");
}

static void line_write(struct html *html, struct mr_bytes line)
{
	static const char *const classes[LEVELS] = {"other", "info", "warning", "error"};
	const enum level level = line_level(line);
	struct mr_bytes part;

	html_raw(html, "<tr class=\"");
	html_raw(html, classes[level]);
	html_raw(html, "\">");
	for (int column = 0; column < 2; column++) {
		text_next(&line, ' ', &part);
		html_raw(html, "<td>");
		html_text(html, part);
		html_raw(html, "</td>");
	}
	html_raw(html, "<td>");
	html_text(html, line);
	html_raw(html, "</td></tr>\n");
}

static int log_write(struct mr_call *call, struct mr_set *sections, struct mr_bytes service,
		     struct mr_bytes log)
{
	const struct counts counts = lines_count(log);
	struct mr_bytes line;
	struct html html;

	if (html_begin(call, sections, &html) != 0)
		return MR_FAILED;
	counts_write(&html, &counts);
	html_raw(&html, "<h2>");
	html_text(&html, service);
	html_raw(&html, "</h2>\n<table>\n");
	while (text_next(&log, '\n', &line))
		line_write(&html, line);
	html_raw(&html, "</table>\n");
	return html_end(call, sections, service, &html);
}

static int section(struct mr_call *call)
{
	const struct mr_set *logs = mr_in(call, "log"), *allowed = mr_in(call, "allowed");
	struct mr_set *sections = mr_out(call, "sections");

	if (logs == NULL || allowed == NULL || sections == NULL)
		return MR_FAILED;
	for (uint32_t i = 0; i < logs->item_count; i++) {
		const struct mr_item *item = mr_in_item(call, logs, i);
		const struct mr_bytes service = service_of(mr_item_name(call, item));

		if (service_allowed(call, allowed, service) &&
		    log_write(call, sections, service, mr_item_bytes(call, item)) != 0)
			return MR_FAILED;
	}
	return 0;
}

MR_ENTRY(section)
