/* A node's metrics in the Prometheus text format: every counter, gauge and histogram there is. */
#include "metrics_text.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exposition.h"

/* Bounds of the buckets shown, as powers of 2: a kilobyte more or less says little of a message,
 * a factor of two much of a wait. */
#define BYTES_BITS_FIRST 6 /* 64 bytes */
#define BYTES_BITS_LAST 32 /* 4 GiB: the largest message */
#define BYTES_BITS_STEP 2
#define NS_BITS_FIRST 10 /* 1 us */
#define NS_BITS_LAST 36  /* 69 s */
#define NS_BITS_STEP 1

static void counter_write(struct exposition *to, const char *group, const char *name,
			  const char *what, uint64_t value)
{
	exposition_family(to, EXPOSITION_COUNTER, group, name, what);
	exposition_sample(to, "", value);
}

static void gauge_write(struct exposition *to, const char *group, const char *name,
			const char *what, uint64_t value)
{
	exposition_family(to, EXPOSITION_GAUGE, group, name, what);
	exposition_sample(to, "", value);
}

static void info_write(struct exposition *to, const struct node_metrics *metrics)
{
	char labels[128];

	exposition_family(to, EXPOSITION_GAUGE, "build", "info", "What runs, always 1");
	exposition_sample(to, "version=\"" MR_VERSION "\"", 1);
	exposition_family(to, EXPOSITION_GAUGE, "node", "info",
			  "Which life of the node this is, and its port, always 1");
	snprintf(labels, sizeof(labels), "incarnation=\"%" PRIu64 "\",driver=\"%s\",mtu=\"%u\"",
		 metrics->incarnation, metrics->port_abilities.driver, metrics->port_abilities.mtu);
	exposition_sample(to, labels, 1);
}

static void counters_write(struct exposition *to, const struct node_metrics *metrics)
{
#define JOB(name) \
	counter_write(to, "job", #name, "This node's share of all jobs", metrics->jobs.name);
#define HANDOVER(name)                                                         \
	counter_write(to, "handover", #name, "To and from peers on this host", \
		      metrics->handover.name);
#define SANDBOX(name)                                                           \
	counter_write(to, "sandbox", #name, "Sandboxes, in the node's process", \
		      metrics->sandbox.name);
#define CALL(name)                                                                 \
	counter_write(to, "node", #name, "Functions called by the node's process", \
		      metrics->calls.name);
	JOB_COUNTERS(JOB)
	NODE_CALL_COUNTERS(CALL)
	HANDOVER_COUNTERS(HANDOVER)
	SANDBOX_COUNTERS(SANDBOX)
#undef CALL
#undef SANDBOX
#undef HANDOVER
#undef JOB
	counter_write(to, "node", "cores_moved", "Between I/O and workers, by the controller",
		      metrics->cores_moved);
	counter_write(to, "node", "slices_entered", "Times that tasks began to share cores",
		      metrics->slices_entered);
	counter_write(to, "node", "spare_returns", "Calls put back: no memory for a spare worker",
		      metrics->spare_returns);
	counter_write(to, "node", "spare_failures",
		      "Spare workers not made: no thread, or no memory for one",
		      metrics->spare_failures);
	counter_write(to, "node", "jobs_done", "Jobs led here", metrics->jobs_done);
	counter_write(to, "node", "jobs_failed", "Jobs led here", metrics->jobs_failed);
	counter_write(to, "pool", "failures", "Regions refused for want of memory",
		      metrics->pool.failures);
}

/* --- Each I/O core is a label ------------------------------------------------------------------
 */

static void core_counter_write(struct exposition *to, const struct node_metrics *metrics,
			       const char *group, const char *name, const char *what, size_t offset)
{
	exposition_family(to, EXPOSITION_COUNTER, group, name, what);
	for (uint32_t i = 0; i < metrics->core_count; i++) {
		const char *core = (const char *)&metrics->cores[i];
		char label[32];
		uint64_t value;

		memcpy(&value, core + offset, sizeof(value));
		snprintf(label, sizeof(label), "core=\"%u\"", i);
		exposition_sample(to, label, value);
	}
}

static void cores_write(struct exposition *to, const struct node_metrics *metrics)
{
#define CORE(group, name, what)                              \
	core_counter_write(to, metrics, #group, #name, what, \
			   offsetof(struct node_core_metrics, group.name));
#define TRANSPORT(name) CORE(transport, name, "The transport")
#define LINK(name) CORE(link, name, "Between transport and port")
#define PORT(name) CORE(port, name, "The network port")
#define SEAL(name) CORE(seal, name, "Sealing of frames")
	TRANSPORT_COUNTERS(TRANSPORT)
	LINK_COUNTERS(LINK)
	PORT_COUNTERS(PORT)
	SEAL_COUNTERS(SEAL)
#undef SEAL
#undef PORT
#undef LINK
#undef TRANSPORT
#undef CORE
}

static void gauges_write(struct exposition *to, const struct node_metrics *metrics)
{
	gauge_write(to, "node", "uptime_ns", "The node", metrics->uptime_ns);
	gauge_write(to, "node", "sealed", "Whether frames are sealed: 1, or clear: 0",
		    metrics->sealed);
	gauge_write(to, "node", "jobs_running", "The node", metrics->jobs_running);
	gauge_write(to, "node", "io_cores", "The node", metrics->core_count);
	gauge_write(to, "node", "io_cores_active", "Of them; the controller parks the others",
		    metrics->io_cores_active);
	gauge_write(to, "node", "workers", "The node", metrics->workers);
	gauge_write(to, "node", "workers_active", "Of them; the controller parks the others",
		    metrics->workers_active);
	gauge_write(to, "node", "spare_workers", "Threads made to share cores by time slices",
		    metrics->spare_workers);
	gauge_write(to, "node", "spare_workers_active", "Of them; the others are parked",
		    metrics->spare_workers_active);
	gauge_write(to, "node", "workers_busy", "The node", metrics->workers_busy);
	gauge_write(to, "pool", "bytes", "Data memory", metrics->pool.bytes);
	gauge_write(to, "pool", "used_bytes", "Data memory", metrics->pool.used_bytes);
	gauge_write(to, "pool", "peak_bytes", "Data memory", metrics->pool.peak_bytes);
	gauge_write(to, "pool", "regions", "Data memory", metrics->pool.regions);
#define QUEUE(name) gauge_write(to, "queue", #name, "Waiting now", metrics->queues.name);
	NODE_QUEUES(QUEUE)
#undef QUEUE
}

/* --- Each peer is a label ---------------------------------------------------------------------
 */

struct peer_field {
	const char *name;
	enum exposition_type type;
	uint64_t (*value)(const struct node_metrics *metrics, uint32_t p); /* of peers[p] */
};

static uint64_t peer_up(const struct node_metrics *metrics, uint32_t p)
{
	return metrics->peers[p].contact;
}
#define VALUE(name, member)                                                         \
	static uint64_t peer_##name(const struct node_metrics *metrics, uint32_t p) \
	{                                                                           \
		return metrics->member.name;                                        \
	}
#define COUNTER(name) VALUE(name, peers[p].counters)
#define GAUGE(name) VALUE(name, peers[p])
#define HANDED(name) VALUE(name, handed[p])
TRANSPORT_PEER_COUNTERS(COUNTER)
TRANSPORT_PEER_GAUGES(GAUGE)
HANDOVER_PEER_COUNTERS(HANDED)
#undef VALUE
#undef COUNTER
#undef GAUGE
#undef HANDED

#define COUNTER(name) {#name, EXPOSITION_COUNTER, peer_##name},
#define GAUGE(name) {#name, EXPOSITION_GAUGE, peer_##name},
static const struct peer_field peer_fields[] = {
    {"up", EXPOSITION_GAUGE, peer_up},
    TRANSPORT_PEER_COUNTERS(COUNTER) TRANSPORT_PEER_GAUGES(GAUGE) HANDOVER_PEER_COUNTERS(COUNTER)};
#undef COUNTER
#undef GAUGE

static void peers_write(struct exposition *to, const struct node_metrics *metrics)
{
	size_t fields = metrics->peer_count > 0 ? sizeof(peer_fields) / sizeof(peer_fields[0]) : 0;

	for (size_t i = 0; i < fields; i++) {
		const struct peer_field *field = &peer_fields[i];

		exposition_family(to, field->type, "peer", field->name, "Between node and peer");
		for (uint32_t p = 0; p < metrics->peer_count; p++) {
			char label[32];

			snprintf(label, sizeof(label), "peer=\"%u\"", metrics->peers[p].node);
			exposition_sample(to, label, field->value(metrics, p));
		}
	}
}

/* --- Histograms --------------------------------------------------------------------------------
 */

static void histogram_write(struct exposition *to, const char *name, const char *what,
			    const struct histogram *histogram)
{
	size_t length = strlen(name);

	if (length > 3 && strcmp(name + length - 3, "_ns") == 0)
		exposition_histogram(to, name, what, histogram, NS_BITS_FIRST, NS_BITS_LAST,
				     NS_BITS_STEP);
	else
		exposition_histogram(to, name, what, histogram, BYTES_BITS_FIRST, BYTES_BITS_LAST,
				     BYTES_BITS_STEP);
}

static void histograms_write(struct exposition *to, const struct node_metrics *metrics)
{
#define MESSAGES(name) \
	histogram_write(to, #name, "Messages of the transport", &metrics->messages.name);
#define NODE(name) histogram_write(to, #name, "The node", &metrics->histograms.name);
	TRANSPORT_HISTOGRAMS(MESSAGES)
	NODE_HISTOGRAMS(NODE)
#undef MESSAGES
#undef NODE
}

char *metrics_text(const struct node_metrics *metrics, size_t *bytes)
{
	char *text = NULL;
	char labels[32];
	struct exposition to = {.out = open_memstream(&text, bytes), .labels = labels};

	if (to.out == NULL)
		return NULL;
	snprintf(labels, sizeof(labels), "node=\"%" PRIu32 "\"", metrics->node);
	info_write(&to, metrics);
	counters_write(&to, metrics);
	cores_write(&to, metrics);
	gauges_write(&to, metrics);
	peers_write(&to, metrics);
	histograms_write(&to, metrics);
	if (fclose(to.out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
