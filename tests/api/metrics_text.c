/*
 * Metrics in the Prometheus text format: strictly well formed, and every counter, gauge, peer and
 * histogram is there with its value. With a file, checks the text in it instead.
 */
#include "metrics_text.h"

#include <inttypes.h>

#include "exposition_check.h"
#include "test.h"

static struct node_metrics metrics;
static uint64_t next;

/* Every field has a value of its own, so that no two can be mixed up. */
static void metrics_fill(void)
{
#define FILL_JOB(name) metrics.jobs.name = ++next;
#define FILL_TRANSPORT(name) metrics.cores[c].transport.name = ++next;
#define FILL_HANDOVER(name) metrics.handover.name = ++next;
#define FILL_LINK(name) metrics.cores[c].link.name = ++next;
#define FILL_PORT(name) metrics.cores[c].port.name = ++next;
#define FILL_SEAL(name) metrics.cores[c].seal.name = ++next;
#define FILL_QUEUE(name) metrics.queues.name = ++next;
#define FILL_PEER(name) metrics.peers[p].counters.name = ++next;
#define FILL_PEER_GAUGE(name) metrics.peers[p].name = ++next;
#define FILL_HANDED(name) metrics.handed[p].name = ++next;
#define FILL_MESSAGES(name) histogram_add(&metrics.messages.name, 1000 * ++next);
#define FILL_NODE(name) histogram_add(&metrics.histograms.name, 1000 * ++next);
	metrics.node = 3;
	metrics.incarnation = UINT64_MAX;
	metrics.uptime_ns = 12345678901;
	strcpy(metrics.port_abilities.driver, "net_ring");
	JOB_COUNTERS(FILL_JOB)
	HANDOVER_COUNTERS(FILL_HANDOVER)
	NODE_QUEUES(FILL_QUEUE)
	metrics.core_count = 2;
	for (uint32_t c = 0; c < metrics.core_count; c++) {
		TRANSPORT_COUNTERS(FILL_TRANSPORT)
		LINK_COUNTERS(FILL_LINK)
		PORT_COUNTERS(FILL_PORT)
		SEAL_COUNTERS(FILL_SEAL)
	}
	metrics.peer_count = 2;
	for (uint32_t p = 0; p < metrics.peer_count; p++) {
		metrics.peers[p].node = 10 * (p + 1);
		TRANSPORT_PEER_COUNTERS(FILL_PEER)
		TRANSPORT_PEER_GAUGES(FILL_PEER_GAUGE)
		HANDOVER_PEER_COUNTERS(FILL_HANDED)
	}
	TRANSPORT_HISTOGRAMS(FILL_MESSAGES)
	NODE_HISTOGRAMS(FILL_NODE)
}

/* "name" as it is written: in base units. */
static double value_of(const char *text, const char *group, const char *name, const char *suffix,
		       const char *labels, double *scale)
{
	size_t length = strlen(name);
	bool ns = length > 3 && strcmp(name + length - 3, "_ns") == 0;
	char series[256];

	*scale = ns && strcmp(suffix, "_count") != 0 ? 1e-9 : 1;
	snprintf(series, sizeof(series), "millrace_%s%.*s%s%s{node=\"3\"%s}", group,
		 (int)(ns ? length - 3 : length), name, ns ? "_seconds" : "", suffix, labels);
	return exposition_value(text, series);
}

static void expect(const char *text, const char *group, const char *name, const char *suffix,
		   const char *labels, uint64_t wanted)
{
	double scale;
	double found = value_of(text, group, name, suffix, labels, &scale);
	double difference = found - (double)wanted * scale;

	CHECK(difference < 1e-9 && difference > -1e-9, "%s%s%s: %f, wanted %" PRIu64, group, name,
	      labels, found, wanted);
}

static void expect_histogram(const char *text, const char *name, const struct histogram *histogram)
{
	expect(text, "", name, "_count", "", histogram->count);
	expect(text, "", name, "_sum", "", histogram->sum);
}

static void values_check(const char *text)
{
	static const char *const peer_labels[] = {",peer=\"10\"", ",peer=\"20\""};
	static const char *const core_labels[] = {",core=\"0\"", ",core=\"1\""};

#define WANT_JOB(name) expect(text, "job_", #name, "_total", "", metrics.jobs.name);
#define WANT_TRANSPORT(name)                                        \
	expect(text, "transport_", #name, "_total", core_labels[c], \
	       metrics.cores[c].transport.name);
#define WANT_HANDOVER(name) expect(text, "handover_", #name, "_total", "", metrics.handover.name);
#define WANT_LINK(name) \
	expect(text, "link_", #name, "_total", core_labels[c], metrics.cores[c].link.name);
#define WANT_PORT(name) \
	expect(text, "port_", #name, "_total", core_labels[c], metrics.cores[c].port.name);
#define WANT_SEAL(name) \
	expect(text, "seal_", #name, "_total", core_labels[c], metrics.cores[c].seal.name);
#define WANT_QUEUE(name) expect(text, "queue_", #name, "", "", metrics.queues.name);
#define WANT_PEER(name) \
	expect(text, "peer_", #name, "_total", peer_labels[p], metrics.peers[p].counters.name);
#define WANT_PEER_GAUGE(name) \
	expect(text, "peer_", #name, "", peer_labels[p], metrics.peers[p].name);
#define WANT_HANDED(name) \
	expect(text, "peer_", #name, "_total", peer_labels[p], metrics.handed[p].name);
#define WANT_MESSAGES(name) expect_histogram(text, #name, &metrics.messages.name);
#define WANT_NODE(name) expect_histogram(text, #name, &metrics.histograms.name);
	JOB_COUNTERS(WANT_JOB)
	HANDOVER_COUNTERS(WANT_HANDOVER)
	NODE_QUEUES(WANT_QUEUE)
	for (uint32_t c = 0; c < metrics.core_count; c++) {
		TRANSPORT_COUNTERS(WANT_TRANSPORT)
		LINK_COUNTERS(WANT_LINK)
		PORT_COUNTERS(WANT_PORT)
		SEAL_COUNTERS(WANT_SEAL)
	}
	for (uint32_t p = 0; p < metrics.peer_count; p++) {
		TRANSPORT_PEER_COUNTERS(WANT_PEER)
		TRANSPORT_PEER_GAUGES(WANT_PEER_GAUGE)
		HANDOVER_PEER_COUNTERS(WANT_HANDED)
	}
	TRANSPORT_HISTOGRAMS(WANT_MESSAGES)
	NODE_HISTOGRAMS(WANT_NODE)
	expect(text, "node_", "uptime_ns", "", "", metrics.uptime_ns);
}

static char *file_read(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t bytes = 0;

	CHECK(file != NULL, "%s cannot be read", path);
	CHECK(getdelim(&text, &bytes, '\0', file) > 0, "%s is empty", path);
	fclose(file);
	return text;
}

int main(int argc, char **argv)
{
	size_t bytes;
	char *text;

	if (argc > 1) {
		text = file_read(argv[1]);
	} else {
		metrics_fill();
		text = metrics_text(&metrics, &bytes);
		CHECK(text != NULL && strlen(text) == bytes);
		values_check(text);
	}
	printf("%u samples\n", exposition_check(text));
	free(text);
	return 0;
}
