/* A node's metrics in the Prometheus text format: every counter there is. */
#include "metrics_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void counter_print(FILE *out, uint32_t node, const char *group, const char *name,
			  uint64_t value)
{
	fprintf(out,
		"# TYPE millrace_%s_%s_total counter\n"
		"millrace_%s_%s_total{node=\"%" PRIu32 "\"} %" PRIu64 "\n",
		group, name, group, name, node, value);
}

static void gauge_print(FILE *out, uint32_t node, const char *name, uint64_t value)
{
	fprintf(out,
		"# TYPE millrace_%s gauge\n"
		"millrace_%s{node=\"%" PRIu32 "\"} %" PRIu64 "\n",
		name, name, node, value);
}

static void counters_print(FILE *out, const struct node_metrics *metrics)
{
	uint32_t node = metrics->node;

#define JOB(name) counter_print(out, node, "job", #name, metrics->jobs.name);
#define TRANSPORT(name) counter_print(out, node, "transport", #name, metrics->transport.name);
#define PORT(name) counter_print(out, node, "port", #name, metrics->port.name);
	JOB_COUNTERS(JOB)
	TRANSPORT_COUNTERS(TRANSPORT)
#define HANDOVER(name) counter_print(out, node, "handover", #name, metrics->handover.name);
	PORT_COUNTERS(PORT)
	HANDOVER_COUNTERS(HANDOVER)
#undef HANDOVER
#undef JOB
#undef TRANSPORT
#undef PORT
	counter_print(out, node, "node", "jobs_done", metrics->jobs_done);
	counter_print(out, node, "node", "jobs_failed", metrics->jobs_failed);
	counter_print(out, node, "node", "fault_drops", metrics->fault_drops);
	counter_print(out, node, "pool", "failures", metrics->pool.failures);
}

char *metrics_text(const struct node_metrics *metrics, size_t *bytes)
{
	uint32_t node = metrics->node;
	char *text = NULL;
	FILE *out = open_memstream(&text, bytes);

	if (out == NULL)
		return NULL;
	counters_print(out, metrics);
	gauge_print(out, node, "node_uptime_seconds", metrics->uptime_ns / 1000000000u);
	gauge_print(out, node, "node_jobs_running", metrics->jobs_running);
	gauge_print(out, node, "node_workers", metrics->workers);
	gauge_print(out, node, "node_workers_busy", metrics->workers_busy);
	gauge_print(out, node, "pool_bytes", metrics->pool.bytes);
	gauge_print(out, node, "pool_used_bytes", metrics->pool.used_bytes);
	gauge_print(out, node, "pool_peak_bytes", metrics->pool.peak_bytes);
	gauge_print(out, node, "pool_regions", metrics->pool.regions);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
