/* `millrace top`: a live view of nodes, their peers, queues, drops and jobs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command_line.h"
#include "commands.h"
#include "terminal.h"
#include "top_view.h"

#define INTERVAL_S_MIN 0.1 /* nodes publish ten times a second */
#define INTERVAL_S_MAX 3600
#define TIMEOUT_MS 2000 /* then a node is silent */

static const char help[] =
    "Usage: millrace top [options]\n"
    "Shows what nodes do: their rates, peers, queues, jobs and drops, again and again.\n"
    "\n"
    "  --connect HOST:PORT,...  HTTP interfaces of the nodes to watch; default 127.0.0.1:7410\n"
    "  --interval SECONDS       between looks, 0.1 to 3600; default 1\n"
    "  --once                   look twice, one interval apart, print that, and end; so it is\n"
    "                           without a terminal\n"
    "  --json                   the same as one JSON object, with every counter and its rate\n"
    "  --help                   this text\n"
    "\n"
    "On the terminal, q quits and any other key looks at once. A node that is silent is asked\n"
    "again each time. Rates are per second; those with bytes are of Ethernet frames.\n"
    "\n"
    "Exit codes: 0 done, 2 wrong usage, 5 no node answered.\n"
    "\n"
    "Example:\n"
    "  millrace top --connect 127.0.0.1:7410,10.0.0.2:7410 --interval 2\n";

struct top_options {
	double interval_s;
	bool once;
	bool json;
};

static bool interval_set(struct top_options *options, const char *text)
{
	char *end;

	options->interval_s = strtod(text, &end);
	return end != text && *end == '\0' && options->interval_s >= INTERVAL_S_MIN &&
	       options->interval_s <= INTERVAL_S_MAX;
}

/* --- Once ------------------------------------------------------------------------------------- */

static int answers_await(struct watch *watch)
{
	int rc = 0;

	watch_ask(watch);
	while (rc == 0 && watch_busy(watch))
		rc = watch_wait(watch, NULL, 0, TIMEOUT_MS);
	return rc;
}

static bool any_answered(const struct watch *watch)
{
	for (uint32_t i = 0; i < watch_count(watch); i++)
		if (watch_node(watch, i)->now != NULL)
			return true;
	return false;
}

static void headings_unmark(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++)
		if (*text != '\001')
			*to++ = *text == '\n' || (*text >= ' ' && *text <= '~') ? *text : '?';
	*to = '\0';
}

static enum run_outcome top_once(struct watch *watch, const struct top_options *options)
{
	struct timespec interval = {
	    (time_t)options->interval_s,
	    (long)((options->interval_s - (double)(time_t)options->interval_s) * 1e9)};
	char *text;

	if (answers_await(watch) < 0)
		return RUN_CANNOT_START;
	if (any_answered(watch)) {
		nanosleep(&interval, NULL);
		if (answers_await(watch) < 0)
			return RUN_CANNOT_START;
	}
	text = options->json ? top_view_json(watch) : top_view_text(watch, options->interval_s);
	if (text == NULL)
		return RUN_CANNOT_START;
	if (!options->json)
		headings_unmark(text);
	printf("%s%s", text, options->json ? "\n" : "");
	free(text);
	if (any_answered(watch))
		return RUN_OK;
	for (uint32_t i = 0; i < watch_count(watch); i++)
		fprintf(stderr, "millrace top: %s: %s\n", watch_node(watch, i)->url,
			watch_node(watch, i)->error);
	return RUN_UNREACHABLE;
}

/* --- Live ------------------------------------------------------------------------------------- */

/* Keys that were pressed; true when one of them quits. */
static bool keys_take(struct terminal *terminal, bool *look)
{
	int key;

	while ((key = terminal_key(terminal)) >= 0) {
		if (key == 'q' || key == 'Q')
			return true;
		*look = true;
	}
	return false;
}

static int screen_show(const struct terminal *terminal, const struct watch *watch,
		       const struct top_options *options)
{
	char *text = top_view_text(watch, options->interval_s);

	if (text == NULL)
		return -ENOMEM;
	terminal_draw(terminal, text);
	free(text);
	return 0;
}

static int top_loop(struct watch *watch, struct terminal *terminal,
		    const struct top_options *options)
{
	uint64_t interval_ns = (uint64_t)(options->interval_s * 1e9);
	uint64_t ask_ns = 0;
	int rc = 0;

	while (rc == 0) {
		struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
				       {.fd = terminal->signal_fd, .events = POLLIN}};
		uint64_t now_ns = run_clock_ns();
		bool look = false;

		if (now_ns >= ask_ns) {
			watch_ask(watch);
			ask_ns = now_ns + interval_ns;
		}
		rc = watch_wait(watch, fds, 2, (uint32_t)((ask_ns - now_ns) / 1000000 + 1));
		if (terminal_signals(terminal) || keys_take(terminal, &look))
			break;
		if (look)
			ask_ns = 0;
		if (rc == 0)
			rc = screen_show(terminal, watch, options);
	}
	return rc;
}

static enum run_outcome top_live(struct watch *watch, const struct top_options *options)
{
	struct terminal terminal;
	int rc = terminal_open(&terminal);

	if (rc == 0)
		rc = top_loop(watch, &terminal, options);
	terminal_close(&terminal);
	if (rc == 0)
		return RUN_OK;
	fprintf(stderr, "millrace top: %s\n", strerror(-rc));
	return RUN_CANNOT_START;
}

int command_top(int argc, char **argv)
{
	const char *urls = "127.0.0.1", *interval = "1";
	struct top_options options = {0};
	const struct command_option allowed[] = {
	    {"connect", &urls, NULL},
	    {"interval", &interval, NULL},
	    {"once", NULL, &options.once},
	    {"json", NULL, &options.json},
	    {0},
	};
	const struct command_line line = {"top", help, NULL, 0, 0, allowed};
	struct command_operands none;
	char error[MR_URI_BYTES_MAX + MR_ERROR_BYTES_MAX];
	struct watch *watch = NULL;
	enum run_outcome outcome;
	int code, rc;

	if (!command_line_read(&line, argc, argv, &none, &code))
		return code;
	if (!interval_set(&options, interval))
		return command_line_wrong(&line, "--interval is seconds from 0.1 to 3600, not ",
					  interval);
	rc = watch_open(&watch, urls, TIMEOUT_MS, error, sizeof(error));
	if (rc == -EINVAL)
		return command_line_wrong(&line, error, "");
	if (rc < 0)
		return command_line_failed(&line, error, RUN_CANNOT_START);
	if (options.once || options.json || !terminal_present())
		outcome = top_once(watch, &options);
	else
		outcome = top_live(watch, &options);
	watch_close(&watch);
	return (int)outcome;
}
