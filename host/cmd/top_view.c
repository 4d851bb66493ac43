/* The tables of `millrace top`. */
#include "top_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "human.h"
#include "top_sample.h"

#define HEADING "\001"

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* --- Nodes ------------------------------------------------------------------------------------ */

static void title_write(FILE *out, const struct watch *watch, double interval_s)
{
	time_t now = time(NULL);
	uint32_t silent = 0;
	struct tm local;

	for (uint32_t i = 0; i < watch_count(watch); i++)
		silent += watch_node(watch, i)->error[0] != '\0';
	localtime_r(&now, &local);
	fprintf(out, "millrace top  %02d:%02d:%02d  %u node%s", local.tm_hour, local.tm_min,
		local.tm_sec, watch_count(watch), watch_count(watch) == 1 ? "" : "s");
	if (silent > 0)
		fprintf(out, ", %u silent", silent);
	fprintf(out, "  rates over %g s  q: quit\n\n", interval_s);
}

static void silent_write(FILE *out, const struct watch_node *node)
{
	if (node->error[0] == '\0')
		fprintf(out, "   - %-21s asked, no answer yet\n", node->url);
	else if (node->now == NULL)
		fprintf(out, "   - %-21s SILENT: %s\n", node->url, node->error);
	else
		fprintf(out, "%4.0f %-21s SILENT for %s: %s\n",
			sample_number(sample_group(node->now, NULL), "node"), node->url,
			human_seconds((double)(clock_ns() - node->now_ns) / 1e9).text, node->error);
}

static void node_write(FILE *out, const struct watch_node *node)
{
	const cJSON *metrics = sample_group(node->now, NULL);
	const cJSON *pool = sample_group(node->now, "pool");
	const cJSON *latency =
	    cJSON_GetObjectItemCaseSensitive(sample_group(node->now, "histograms"), "message_ns");
	double pool_bytes = sample_number(pool, "bytes");
	char workers[32], pool_share[16];

	snprintf(workers, sizeof(workers), "%.0f/%.0f", sample_number(metrics, "workers_busy"),
		 sample_number(metrics, "workers") +
		     sample_number(metrics, "spare_workers_active"));
	snprintf(pool_share, sizeof(pool_share), "%.0f %%",
		 pool_bytes > 0 ? 100 * sample_number(pool, "used_bytes") / pool_bytes : 0);
	fprintf(out, "%4.0f %-21s %7s %7s %4.0f %5s %11s %11s %8s %8s %11s %7s %7s %8s\n",
		sample_number(metrics, "node"), node->url,
		human_seconds(sample_number(metrics, "uptime_seconds")).text, workers,
		sample_number(metrics, "jobs_running"), pool_share,
		human_bytes(sample_rate(node, "port", "rx_bytes")).text,
		human_bytes(sample_rate(node, "port", "tx_bytes")).text,
		human_count(sample_rate(node, "port", "rx_frames")).text,
		human_count(sample_rate(node, "port", "tx_frames")).text,
		human_bytes(sample_rate(node, "handover", "batch_bytes_out")).text,
		human_count(sample_drops_rate(node)).text,
		human_count(sample_rate(node, "transport", "retransmits")).text,
		human_seconds(sample_number(latency, "p99") / 1e9).text);
}

static void nodes_write(FILE *out, const struct watch *watch)
{
	fprintf(out, HEADING "%4s %-21s %7s %7s %4s %5s %11s %11s %8s %8s %11s %7s %7s %8s\n",
		"NODE", "HTTP", "UP", "WORKERS", "JOBS", "POOL", "IN/S", "OUT/S", "FR IN/S",
		"OUT/S", "HANDED/S", "DROPS/S", "RETX/S", "MSG P99");
	for (uint32_t i = 0; i < watch_count(watch); i++) {
		const struct watch_node *node = watch_node(watch, i);

		if (node->error[0] != '\0' || node->now == NULL)
			silent_write(out, node);
		else
			node_write(out, node);
	}
}

/* --- Peers, queues, drops --------------------------------------------------------------------- */

static void peer_write(FILE *out, const struct watch_node *node, const cJSON *peer)
{
	double number = sample_number(peer, "node");

	fprintf(out, "%4.0f %4.0f %-21s %4s %11s %11s %8s %11s %8s %9s %9s %9s %6.0f %7s %8.0f\n",
		sample_number(sample_group(node->now, NULL), "node"), number,
		sample_string(peer, "address"),
		cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(peer, "up")) ? "up" : "-",
		human_bytes(sample_peer_rate(node, number, "bytes_in")).text,
		human_bytes(sample_peer_rate(node, number, "bytes_out")).text,
		human_count(sample_peer_rate(node, number, "messages_in") +
			    sample_peer_rate(node, number, "messages_out"))
		    .text,
		human_bytes(sample_peer_rate(node, number, "handed_bytes_in") +
			    sample_peer_rate(node, number, "handed_bytes_out"))
		    .text,
		human_seconds(sample_number(peer, "srtt_ns") / 1e9).text,
		human_bytes(sample_number(peer, "window_bytes")).text,
		human_bytes(sample_number(peer, "flight_bytes")).text,
		human_bytes(sample_number(peer, "credit_bytes")).text,
		sample_number(peer, "messages_queued") + sample_number(peer, "messages_sending"),
		human_count(sample_peer_rate(node, number, "retransmits")).text,
		sample_number(peer, "timeouts"));
}

/* Of nodes with several: the table above has their sum. */
static void cores_write(FILE *out, const struct watch_node *node)
{
	int count = cJSON_GetArraySize(sample_group(node->now, "cores"));

	for (int core = 0; count > 1 && core < count; core++)
		fprintf(out, "%4.0f %4d %11s %11s %9s %9s %11s %11s %9s %9s\n",
			sample_number(sample_group(node->now, NULL), "node"), core,
			human_bytes(sample_core_rate(node, core, "port", "rx_bytes")).text,
			human_bytes(sample_core_rate(node, core, "port", "tx_bytes")).text,
			human_count(sample_core_rate(node, core, "port", "rx_frames")).text,
			human_count(sample_core_rate(node, core, "port", "tx_frames")).text,
			human_bytes(sample_core_rate(node, core, "transport", "bytes_in")).text,
			human_bytes(sample_core_rate(node, core, "transport", "bytes_out")).text,
			human_count(sample_core_rate(node, core, "port", "rx_spread")).text,
			human_count(sample_core_rate(node, core, "transport", "retransmits")).text);
}

static void peers_write(FILE *out, const struct watch_node *node)
{
	const cJSON *peer;

	cJSON_ArrayForEach (peer, sample_group(node->now, "peers")) {
		if (cJSON_IsObject(peer))
			peer_write(out, node, peer);
	}
}

static void queues_write(FILE *out, const struct watch_node *node)
{
	const cJSON *queues = sample_group(node->now, "queues");
	const cJSON *item;

	fprintf(out, "%4.0f", sample_number(sample_group(node->now, NULL), "node"));
	cJSON_ArrayForEach (item, queues) {
		if (item->string != NULL && cJSON_IsNumber(item))
			fprintf(out, "  %s %.0f", item->string, item->valuedouble);
	}
	fputc('\n', out);
}

struct drop_line {
	FILE *out;
	const struct watch_node *node;
};

static void drop_write(const char *group, const char *name, double value, void *opaque)
{
	const struct drop_line *line = opaque;

	if (value > 0)
		fprintf(line->out, "%4.0f %-10s %-21s %12.0f %9s/s\n",
			sample_number(sample_group(line->node->now, NULL), "node"), group, name + 5,
			value, human_count(sample_rate(line->node, group, name)).text);
}

static void drops_write(FILE *out, const struct watch_node *node)
{
	struct drop_line line = {out, node};

	sample_drops_visit(node->now, drop_write, &line);
}

/* --- Jobs ------------------------------------------------------------------------------------- */

static void job_write(FILE *out, const struct watch_node *node, const cJSON *job)
{
	fprintf(out, "%4.0f %-16s %-20.20s %-9s %8s %11s %11s %11s %9.0f %8.0f\n",
		sample_number(sample_group(node->now, NULL), "node"), sample_string(job, "id"),
		sample_string(job, "name"), sample_string(job, "state"),
		human_seconds(sample_number(job, "seconds")).text,
		human_bytes(sample_number(job, "staged_bytes")).text,
		human_bytes(sample_number(job, "shuffled_bytes")).text,
		human_bytes(sample_number(job, "spilled_bytes")).text,
		sample_number(job, "invocations"), sample_number(job, "retries"));
}

/* Running ones first: ended ones are kept for a while. */
static void jobs_write(FILE *out, const struct watch_node *node)
{
	const cJSON *jobs = cJSON_GetObjectItemCaseSensitive(node->now, "jobs");
	const cJSON *job;

	for (int ended = 0; ended < 2; ended++) {
		cJSON_ArrayForEach (job, jobs) {
			const char *state = sample_string(job, "state");
			int is_ended = strcmp(state, "done") == 0 || strcmp(state, "failed") == 0;

			if (is_ended == ended)
				job_write(out, node, job);
		}
	}
}

/* --- All -------------------------------------------------------------------------------------- */

/* A table of lines of all nodes that ever answered; without its heading when there are none. */
static void table_write(FILE *out, const struct watch *watch, const char *heading,
			void (*write)(FILE *out, const struct watch_node *node))
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *lines = open_memstream(&text, &bytes);

	if (lines == NULL)
		return;
	for (uint32_t i = 0; i < watch_count(watch); i++)
		if (watch_node(watch, i)->now != NULL && watch_node(watch, i)->error[0] == '\0')
			write(lines, watch_node(watch, i));
	if (fclose(lines) == 0 && bytes > 0)
		fprintf(out, "\n" HEADING "%s\n%s", heading, text);
	free(text);
}

char *top_view_text(const struct watch *watch, double interval_s)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	if (out == NULL)
		return NULL;
	title_write(out, watch, interval_s);
	nodes_write(out, watch);
	table_write(out, watch,
		    "NODE PEER ADDRESS               LINK        IN/S       OUT/S   MSGS/S    "
		    "HANDED/S      RTT    WINDOW  INFLIGHT    CREDIT QUEUED  RETX/S TIMEOUTS",
		    peers_write);
	table_write(out, watch,
		    "NODE CORE        IN/S       OUT/S   FR IN/S     OUT/S  MSGS IN/S "
		    "      OUT/S  SPREAD/S    RETX/S",
		    cores_write);
	table_write(out, watch, "NODE QUEUES", queues_write);
	table_write(out, watch,
		    "NODE ID               NAME                 STATE         TIME      STAGED    "
		    "SHUFFLED     SPILLED  INVOKED  RETRIES",
		    jobs_write);
	table_write(out, watch, "NODE DROPPED BY FRAMES                        ALL        NOW",
		    drops_write);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
