/* `millrace run`: from the command line to the result and the report. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "report.h"
#include "run_options.h"

/* timeout(1) and its like send the same signal twice at once. */
#define SECOND_SIGNAL_NS 1000000000u

static atomic_bool interrupted; // signal handler: wo, runs: ro
static volatile uint64_t interrupted_ns;

/* The first signal cancels the job; another, a second later or more, ends the process. */
static void interrupt(int number)
{
	if (!atomic_exchange(&interrupted, true)) {
		interrupted_ns = run_clock_ns();
	} else if (run_clock_ns() - interrupted_ns > SECOND_SIGNAL_NS) {
		signal(number, SIG_DFL);
		raise(number); /* taken when this handler returns */
	}
}

static void signals_watch(void)
{
	struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGINT);
	sigaddset(&action.sa_mask, SIGTERM);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN); /* a reader that leaves is an error of the write */
}

static void outputs_list(const struct plan *plan, char *text, size_t text_bytes)
{
	text[0] = '\0';
	for (uint32_t i = 0; i < plan->vertex_count; i++) {
		size_t used = strlen(text);

		if (plan->vertices[i].kind == VERTEX_SINK)
			snprintf(text + used, text_bytes - used, "%s%s", used ? ", " : "",
				 plan->vertices[i].name);
	}
}

/* Where results go when --out does not say: a single set to standard output, unless that is taken
 * by JSON. 0 or -EINVAL with error text. */
static int outputs_resolve(struct run_options *options, const struct plan *plan, char *error,
			   size_t error_bytes)
{
	const char *only = NULL;
	char names[512];
	uint32_t count = 0;

	if (options->request.options.output_count > 0 || options->json)
		return 0;
	for (uint32_t i = 0; i < plan->vertex_count; i++) {
		if (plan->vertices[i].kind == VERTEX_SINK) {
			only = plan->vertices[i].name;
			count++;
		}
	}
	if (count == 1) {
		options->outputs[options->request.options.output_count++] =
		    (struct mr_binding){only, "-"};
		return 0;
	}
	outputs_list(plan, names, sizeof(names));
	snprintf(error, error_bytes,
		 "%s has several output sets (%s): say where they go with --out SET=FILE",
		 plan->name, names);
	return -EINVAL;
}

static void run(struct run_options *options, struct run_result *result)
{
	struct run_request *request = &options->request;
	const struct mr_options *run = &request->options;
	const struct locate_places places = {run->file, run->function_dirs,
					     run->function_dir_count};
	struct bundle bundle;
	int rc =
	    bundle_load(&bundle, &places, run->composition, run->sandbox ? run->sandbox : "wasm",
			result->error, sizeof(result->error));

	if (rc < 0) {
		run_result_fail(result, RUN_COMPOSITION, rc);
		return;
	}
	rc = outputs_resolve(options, bundle.plan, result->error, sizeof(result->error));
	if (rc < 0)
		run_result_fail(result, RUN_USAGE, rc);
	else if (request->connect != NULL)
		remote_run(request, &bundle, result);
	else if (request->sim != NULL)
		simulated_run(request, &bundle, result);
	else
		embedded_run(request, &bundle, result);
	bundle_free(&bundle);
}

static void report(const struct run_options *options, const struct run_result *result)
{
	if (result->outcome == RUN_USAGE)
		fprintf(stderr, "millrace run: %s\nTry 'millrace run --help'.\n", result->error);
	else if (result->outcome != RUN_OK)
		fprintf(stderr, "millrace run: %s\n", result->error);
	else if (!options->quiet && !options->json)
		report_summary(result);
	if (options->json)
		report_json(&options->request, result);
}

int command_run(int argc, char **argv)
{
	struct run_options *options = calloc(1, sizeof(*options));
	struct run_result *result = calloc(1, sizeof(*result));
	enum run_outcome outcome = RUN_CANNOT_START;
	bool terminal;

	if (options == NULL || result == NULL)
		goto out;
	if (run_options_parse(options, argc, argv, result->error, sizeof(result->error)) < 0) {
		run_result_fail(result, RUN_USAGE, -EINVAL);
	} else if (options->help) {
		fputs(run_help, stdout);
	} else {
		terminal = isatty(STDERR_FILENO) && !options->quiet;
		options->request.cancel = &interrupted;
		if (terminal)
			options->request.options.progress = report_progress;
		signals_watch();
		run(options, result);
		if (terminal)
			report_progress_end();
	}
	if (!options->help || result->outcome != RUN_OK)
		report(options, result);
	outcome = result->outcome;
out:
	free(result);
	free(options);
	return (int)outcome;
}
