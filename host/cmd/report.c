/* What `millrace run` tells, in units people read or as JSON. */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "human.h"
#include "job_json.h"

static double rate(double bytes, double seconds)
{
	return seconds > 0 ? bytes / seconds : 0;
}

void report_progress(const struct mr_progress *progress, void *opaque)
{
	struct human staged = human_bytes((double)progress->staged_bytes);
	struct human total = human_bytes((double)progress->total_bytes);
	struct human shuffled = human_bytes((double)progress->shuffled_bytes);
	struct human per_second =
	    human_bytes(rate((double)progress->staged_bytes, progress->seconds));
	double percent = progress->total_bytes > 0 ? 100.0 * (double)progress->staged_bytes /
							 (double)progress->total_bytes
						   : 0;

	/* Return to the first column, erase to the end of the line (ECMA-48 EL). */
	fprintf(stderr,
		"\r\033[K%s of %s staged (%.0f %%), %s shuffled, %" PRIu64 " invocations, %s/s",
		staged.text, total.text, percent, shuffled.text, progress->invocations,
		per_second.text);
	fflush(stderr);
}

void report_progress_end(void)
{
	fputs("\r\033[K", stderr);
}

static double result_seconds(const struct run_result *result)
{
	const struct job_status *status = &result->status;

	if (status->ended_ns <= status->started_ns)
		return 0;
	return (double)(status->ended_ns - status->started_ns) / 1e9;
}

void report_summary(const struct run_result *result)
{
	const struct job_counters *counters = &result->status.counters;
	double seconds = result_seconds(result);

	fprintf(stderr, "%s: %.3f s%s on %u node%s, %s/s\n", result->status.name, seconds,
		result->simulated ? " of virtual time" : "", result->status.nodes,
		result->status.nodes == 1 ? "" : "s",
		human_bytes(rate((double)counters->staged_bytes, seconds)).text);
	fprintf(stderr, "  %s staged, %s shuffled, %s spilled, %s written\n",
		human_bytes((double)counters->staged_bytes).text,
		human_bytes((double)counters->shuffled_bytes).text,
		human_bytes((double)counters->spilled_bytes).text,
		human_bytes((double)counters->result_bytes).text);
	fprintf(stderr,
		"  %" PRIu64 " invocations, %" PRIu64 " retries, %" PRIu64 " drops, %" PRIu64
		" retransmits\n",
		counters->invocations, counters->retries, counters->drops, counters->retransmits);
	if (counters->links_repeated > 0)
		fprintf(stderr, "  %" PRIu64 " files left out: reached a second time by a link\n",
			counters->links_repeated);
	if (result->simulated)
		fprintf(stderr, "  trace %016" PRIx64 "\n", result->trace);
	if (result->note[0] != '\0')
		fprintf(stderr, "  note: %s\n", result->note);
}

static cJSON *result_json(const struct run_request *request, const struct run_result *result)
{
	cJSON *json = cJSON_CreateObject();
	cJSON *outputs;
	char trace[24];

	if (result->outcome != RUN_OK)
		cJSON_AddStringToObject(json, "error", result->error);
	cJSON_AddStringToObject(json, "composition", result->status.name);
	cJSON_AddNumberToObject(json, "seconds", result_seconds(result));
	cJSON_AddNumberToObject(json, "nodes", result->status.nodes);
	job_json_counters(json, &result->status.counters);
	outputs = cJSON_AddObjectToObject(json, "outputs");
	for (size_t i = 0; result->outcome == RUN_OK && i < request->options.output_count; i++)
		cJSON_AddStringToObject(outputs, request->options.outputs[i].set,
					request->options.outputs[i].target);
	if (result->simulated) {
		snprintf(trace, sizeof(trace), "%016" PRIx64, result->trace);
		cJSON_AddStringToObject(json, "trace", trace);
	}
	cJSON_AddStringToObject(json, "note", result->note);
	return json;
}

void report_json(const struct run_request *request, const struct run_result *result)
{
	cJSON *json = result_json(request, result);
	char *text = json ? cJSON_PrintUnformatted(json) : NULL;

	puts(text ? text : "{\"error\":\"out of memory\"}");
	free(text);
	cJSON_Delete(json);
}
